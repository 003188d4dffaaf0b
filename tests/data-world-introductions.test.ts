/**
 * Introductions: made of statements about their subject, the same answer to whoever asks, and nothing in dialogues that only
 * pretraining tells.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { facts, relations, slotsOf } from '../data/world/facts.ts';
import { generateWorld } from '../data/world/index.ts';
import {
  asksForThing,
  MORE_FRAMES,
  REQUESTS,
  requestsFor,
  UNSEEN_REQUESTS,
} from '../data/world/introduction-requests.ts';
import { introductionOf, introductions } from '../data/world/introductions.ts';
import { wording } from '../data/world/questions.ts';
import { statementsOf, things } from '../data/world/statements.ts';
import { fill } from '../data/world/text.ts';
import { typedUnseen } from '../data/world/wording.ts';
import { isRightIntroduction } from '../src/evaluation/kinds/introduction.ts';
import { sentencesOf } from '../src/evaluation/sentences.ts';
import { Random } from '../src/tensor/random.ts';

interface Asked {
  readonly subject: string;
  readonly question: string;
  readonly statements: readonly string[];
}

const dialogues = introductions.dialogues(new Random(1));
const records = introductions.evaluation(new Random(2)) as ReadonlyMap<string, readonly Asked[]>;
const known = records.get('introductions')!;
const heldOut = records.get('introductions-held-out')!;

test('an introduction is two statements about its subject, not the same', () => {
  assert.ok(things.length > 500, `${things.length} things`);
  for (const thing of things) {
    const text = introductionOf(thing);
    const sentences = sentencesOf(text);
    assert.is(sentences.length, 2, text);
    assert.is(new Set(sentences).size, sentences.length, text);
    for (const sentence of sentences)
      assert.ok(statementsOf(thing).includes(sentence), `${thing}: ${sentence}`);
    assert.ok(text.length <= 90, text);
    assert.ok(
      isRightIntroduction({ text, finished: true }, { subject: thing, statements: statementsOf(thing) }),
    );
  }
});

test('each thing is asked for in at least two wordings and always answered in the same words', () => {
  const questions = new Map<string, Set<string>>();
  for (const { about, messages } of dialogues) {
    assert.is(messages[1]!.content, introductionOf(about!));
    assert.ok(messages[0]!.content.includes(about!), messages[0]!.content);
    questions.set(about!, (questions.get(about!) ?? new Set()).add(wording(messages[0]!.content)));
  }
  assert.ok(questions.size > 400, `${questions.size} things are introduced`);
  const once = [...questions].filter(([, asked]) => asked.size < 2).map(([thing]) => thing);
  assert.ok(once.length < 10, once.join(' '));
});

test('a held-out thing is introduced in no dialogue, the others of the evaluation are', () => {
  const introduced = new Set(
    [...dialogues, ...introductions.heldOut(new Random(3))].map(({ about }) => about),
  );
  for (const { subject } of heldOut) assert.not(introduced.has(subject), subject);
  for (const { subject } of known) assert.ok(introduced.has(subject), subject);
  assert.ok(known.length >= 90 && heldOut.length >= 60);
});

test('evaluation asks in words that no file trains on', () => {
  const files = generateWorld();
  const asked = files.get('sft.jsonl')!.trim().split('\n');
  const trained = new Set(
    asked
      .flatMap((line) => (JSON.parse(line) as { messages: { content: string }[] }).messages)
      .map((m) => wording(m.content)),
  );
  const text = files.get('pretrain.txt')!;
  for (const { question } of [...known, ...heldOut]) {
    assert.not(trained.has(wording(question)), question);
    assert.not(text.includes(question), question);
  }
  for (const { subject } of heldOut)
    assert.ok(text.includes(introductionOf(subject)), `no text introduces ${subject}`);
});

test('the cores and frames of evaluation are no trained ones', () => {
  for (const [core] of UNSEEN_REQUESTS)
    assert.not(
      REQUESTS.some(([trained]) => trained === core),
      core,
    );
  const frames = new Set(MORE_FRAMES.map((frame) => wording(frame)));
  for (let place = 0; place < 12; place++)
    assert.not(frames.has(wording(typedUnseen('{q}', place))), typedUnseen('{q}', place));
});

test('no dialogue tells what only pretraining tells', () => {
  const hidden = facts.filter(({ pretrainOnly }) => pretrainOnly);
  for (const { messages } of dialogues) {
    const text = messages.map(({ content }) => content).join('');
    const told = hidden.find(({ subject, answer }) => text.includes(subject) && text.includes(answer));
    assert.is(told, undefined, `${told?.id}: ${text}`);
  }
});

test('what is answered with a fact is not asked for as an introduction', () => {
  const taken = new Set(
    relations.flatMap(({ cores, reversed, facts: own }) =>
      [...cores, ...(reversed?.cores ?? [])].flatMap((core) => own.map((fact) => fill(core, slotsOf(fact)))),
    ),
  );
  for (const thing of things)
    for (const [core] of [...requestsFor(thing), ...asksForThing(thing)])
      assert.not(taken.has(core.replace('{x}', thing)), core.replace('{x}', thing));
});

test('the same seed writes the same', () => {
  assert.equal(introductions.dialogues(new Random(1)), dialogues);
  assert.equal(introductions.texts!(new Random(4)), introductions.texts!(new Random(4)));
});

test.run();
