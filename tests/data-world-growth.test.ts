/**
 * What every relation of the world promises, row by row: enough facts and answers, templates that fill, sentences that say the
 * answer, and no quoted question that an evaluation may ask.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { relations, slotsOf } from '../data/world/facts.ts';
import { wording } from '../data/world/questions.ts';
import { fill } from '../data/world/text.ts';

test('a relation has three facts or more, no subject twice, and answers that tell them apart', () => {
  for (const { id, facts } of relations) {
    assert.ok(facts.length >= 3, `${id} has only ${facts.length} facts`);
    const rows = facts.map(({ subject, extra }) => `${subject} ${extra}`);
    assert.is(new Set(rows).size, rows.length, `${id} has a subject twice`);
    const answers = new Set(facts.map(({ answer }) => answer)).size;
    assert.ok(answers >= 3, `${id} has only ${answers} answers`);
  }
});

test('every sentence form says the subject and the answer, and no wrong answer alone', () => {
  for (const { id, facts, tell, reply, wrong } of relations)
    for (const fact of facts)
      for (const form of [...tell, reply]) {
        const sentence = fill(form, slotsOf(fact, wrong.get(fact.id)![0]!));
        assert.ok(
          sentence.includes(fact.answer) && sentence.includes(fact.subject),
          `${id}: "${sentence}" does not say ${fact.answer}`,
        );
        assert.ok(/[。！？”]$/.test(sentence), `${id}: "${sentence}" does not end`);
        assert.not(sentence.includes('的的'), sentence);
      }
});

test('no wrong answer is the right one', () => {
  for (const { facts, wrong } of relations)
    for (const fact of facts) assert.not(wrong.get(fact.id)!.includes(fact.answer), fact.id);
});

test('sentence forms of a relation differ, and so do its questions', () => {
  for (const { id, tell, cores, ask, askUnseen } of relations) {
    assert.is(new Set(tell).size, tell.length, `${id} tells twice in the same words`);
    const questions = [...cores, ...ask, ...askUnseen].map(wording);
    assert.is(new Set(questions).size, questions.length, `${id} asks twice in the same words`);
  }
});

test('no sentence form quotes a question that is asked somewhere', () => {
  for (const { id, tell, cores, ask, askUnseen } of relations) {
    const questions = new Set([...cores, ...ask, ...askUnseen].map(wording));
    for (const form of tell)
      for (const [, quoted] of form.matchAll(/[“：]([^“”：]*？)/g))
        assert.not(questions.has(wording(quoted!)), `${id}: ${form}`);
  }
});

test.run();
