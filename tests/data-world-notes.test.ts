/**
 * Notes: whole sentences about the thing they belong to, none twice.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { notes } from '../data/world/notes/index.ts';

const folder = new URL('../data/world/notes/', import.meta.url);

/** It says the subject, two characters of it (生肖 of 十二生肖), or a pronoun. */
function speaksOf(sentence: string, subject: string): boolean {
  const parts = subject.length <= 2 ? [subject] : [...subject].slice(1).map((c, i) => subject[i]! + c);
  return parts.some((part) => sentence.includes(part)) || /[它他她]|那里/.test(sentence);
}

test('a thing has one to four whole sentences, and the first says what it is', () => {
  for (const [subject, sentences] of notes) {
    assert.ok(sentences.length >= 1 && sentences.length <= 4, `${subject} has ${sentences.length} sentences`);
    assert.ok(sentences[0]!.startsWith(subject), sentences[0]);
    for (const sentence of sentences) {
      assert.ok(sentence.endsWith('。') && !sentence.slice(0, -1).includes('。'), sentence);
      assert.ok(speaksOf(sentence, subject), `${sentence} does not say of what`);
    }
  }
});

test('no sentence twice, no thing in two files', () => {
  const sentences = [...notes.values()].flat();
  assert.is(new Set(sentences).size, sentences.length);
  const keys = readdirSync(folder)
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .flatMap((source) => [...source.matchAll(/^ {2}'?([^\s':]+)'?: \[/gm)].map(([, subject]) => subject!));
  assert.equal(
    [...new Set(keys)].filter((key, i, all) => all.indexOf(key) !== i),
    [],
  );
  assert.is(new Set(keys).size, keys.length, 'a thing stands in two files');
});

test.run();
