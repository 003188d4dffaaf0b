/**
 * The shipped world: the committed files are what the generator writes, byte for byte, and keep what they promise:
 * sizes, splits that do not leak into each other, every fact told often enough, clean text.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KeyEntry } from '../data/world/answer-key.ts';
import type { Message } from '../data/world/dialogues.ts';
import type { ChoiceQuestion, FactQuestion, MinimalPair } from '../data/world/evaluation.ts';
import { facts, relations, replyTo } from '../data/world/facts.ts';
import { generateWorld } from '../data/world/index.ts';
import { type Pair, QUALITIES } from '../data/world/preferences.ts';
import { UNSEEN_MARKS, wording } from '../data/world/questions.ts';
import { asked, dealtOf } from '../data/world/splits.ts';
import { readChoiceFolder } from '../src/data/choices.ts';
import { Judge } from '../src/evaluation/judge.ts';

const world = generateWorld();
const text = (name: string): string => {
  const content = world.get(name);
  if (content === undefined) throw new Error(`The generator writes no ${name}`);
  return content;
};
const records = <T>(name: string): T[] =>
  text(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

const documents = text('pretrain.txt').trimEnd().split('\n\n');
const heldoutDocuments = text('heldout.txt').trimEnd().split('\n\n');
const dialogues = records<{ messages: Message[] }>('sft.jsonl');
const heldoutDialogues = records<{ messages: Message[] }>('sft-heldout.jsonl');
const pairs = records<Pair>('preferences.jsonl');
const heldoutPairs = records<Pair>('preferences-heldout.jsonl');
const seen = records<FactQuestion>('eval/facts-seen.jsonl');
const unseen = records<FactQuestion>('eval/facts-unseen.jsonl');
const pretrainOnly = records<FactQuestion>('eval/facts-pretrain-only.jsonl');
const choices = records<ChoiceQuestion>('eval/choice.jsonl');
const minimalPairs = records<MinimalPair>('eval/minimal-pairs.jsonl');

const spoken = (of: readonly { messages: Message[] }[]) => of.flatMap(({ messages }) => messages);
const key = ({ messages }: { messages: Message[] }) =>
  messages
    .filter(({ role }) => role !== 'system')
    .map(({ content }) => content)
    .join('\n');
const userLines = new Set(
  spoken(dialogues)
    .filter(({ role }) => role === 'user')
    .map(({ content }) => content),
);
const prompts = new Set(pairs.map(({ prompt }) => prompt));

function between(value: number, low: number, high: number, what: string): void {
  assert.ok(value >= low && value <= high, `${what}: ${value} is not in ${low}..${high}`);
}

test('the committed files are what the generator writes, byte for byte', () => {
  for (const [name, content] of world) {
    const url = new URL(`../data/${name}`, import.meta.url);
    assert.ok(existsSync(url), `data/${name} is missing: run npx tsx data/generate.ts`);
    assert.ok(
      readFileSync(url).equals(Buffer.from(content)),
      `data/${name} differs: run npx tsx data/generate.ts`,
    );
  }
});

test('another seed writes another world', () => {
  assert.is.not(generateWorld(1).get('pretrain.txt'), text('pretrain.txt'));
});

test('sizes are as promised', () => {
  for (const name of ['pretrain.txt', 'sft.jsonl'])
    assert.ok(Buffer.byteLength(text(name)) < 3_000_000, `${name} is too large`);
  between(facts.length, 500, 1100, 'facts');
  between(facts.filter((fact) => fact.pretrainOnly).length, 60, 160, 'facts that dialogues never mention');
  between(text('heldout.txt').length, 18_000, 22_000, 'characters of heldout.txt');
  between(dialogues.length, 6000, 16_500, 'dialogues');
  between(heldoutDialogues.length, 130, 600, 'held-out dialogues');
  between(pairs.length, 3200, 4000, 'pairs');
  between(heldoutPairs.length, 380, 400, 'held-out pairs');
  between(seen.length, 200, 300, 'facts-seen');
  between(unseen.length, 200, 300, 'facts-unseen');
  between(pretrainOnly.length, 60, 220, 'facts-pretrain-only');
  between(choices.length, 190, 210, 'choices');
  between(minimalPairs.length, 180, 260, 'minimal pairs');
  between(new Set([...world.values()].join('')).size, 800, 1649, 'distinct characters');
});

test('facts and questions are unambiguous', () => {
  assert.is(new Set(facts.map((fact) => fact.id)).size, facts.length, 'every fact has its own id');
  const questions = facts.flatMap(asked);
  assert.is(new Set(questions).size, questions.length, 'no two facts share a question');
  for (const relation of relations) {
    assert.ok(relation.cores.length >= 4, `${relation.id} has too few core questions`);
    assert.ok(relation.askUnseen.length >= 1, `${relation.id} has no unseen form`);
    assert.ok(relation.tell.length >= 8, `${relation.id} has too few statement forms`);
  }
});

test('every file is clean UTF-8 text', () => {
  for (const [name, content] of world) {
    assert.is(Buffer.from(content).toString(), content, `${name} has a lone surrogate`);
    for (const bad of [
      '\0',
      '\uFEFF',
      '\uFFFD',
      '\r',
      '\t',
      '的的',
      '。。',
      '，，',
      '，。',
      '。，',
      '？。',
      '！。',
      'undefined',
    ]) {
      assert.not(content.includes(bad), `${name} contains ${JSON.stringify(bad)}`);
    }
    assert.ok(content.endsWith('\n') && !content.endsWith('\n\n'), `${name} ends in one line end`);
    assert.not(/[{}[\]|]/.test(name.endsWith('.txt') ? content : ''), `${name} contains template marks`);
  }
});

test('documents: no two alike, none held out, every fact told often enough', () => {
  assert.is(new Set(documents).size, documents.length);
  const trained = new Set(documents);
  for (const document of heldoutDocuments) assert.not(trained.has(document), document);
  for (const fact of facts) {
    const wanted = fact.pretrainOnly ? 40 : 16;
    let told = 0;
    for (const document of documents) {
      if (document.includes(fact.answer) && document.includes(fact.subject)) told++;
      if (told === wanted) break;
    }
    assert.is(told, wanted, `${fact.id} is told only ${told} times`);
  }
});

test('documents print no evaluation question next to an answer', () => {
  const corpus = text('pretrain.txt');
  for (const { question } of [...seen, ...unseen, ...pretrainOnly]) {
    const inside = question.replaceAll('“', '‘').replaceAll('”', '’');
    assert.not(corpus.includes(`：“${inside}”`), question);
    assert.not(corpus.includes(`题：${question}`), question);
  }
});

test('dialogues alternate, answer in full, and repeat nothing', () => {
  for (const { messages } of [...dialogues, ...heldoutDialogues]) {
    const turns = messages[0]?.role === 'system' ? messages.slice(1) : messages;
    assert.ok(turns.length >= 2 && turns.length % 2 === 0, 'every question has an answer');
    turns.forEach(({ role, content }, i) => {
      assert.is(role, i % 2 === 0 ? 'user' : 'assistant');
      assert.ok(content.length > 0 && content === content.trim());
    });
  }
  const keys = new Set(dialogues.map(key));
  assert.is(keys.size, dialogues.length);
  for (const dialogue of heldoutDialogues) assert.not(keys.has(key(dialogue)), key(dialogue));
});

test('dialogues: kinds as promised', () => {
  between(dialogues.filter((d) => /我不知道|没有听说过/u.test(key(d))).length, 500, 1200, 'honest answers');
  between(dialogues.filter((d) => d.messages[0]?.role === 'system').length, 150, 750, 'system messages');
});

test('facts-seen: the fact and the form are in dialogues, the question is not', () => {
  const replies = new Set(spoken(dialogues).map(({ content }) => content));
  const worded = new Set([...userLines, ...prompts].map(wording));
  for (const { question, accepted } of seen) {
    assert.not(
      worded.has(wording(question)),
      `${question} is trained, with other marks or particles at most`,
    );
    assert.ok(
      accepted.every((sentence) => replies.has(sentence)),
      `${question} has an answer that no dialogue gives`,
    );
  }
});

test('facts-unseen: no training file uses the form', () => {
  const lines = [...userLines, ...prompts, ...documents];
  for (const line of lines) assert.not(UNSEEN_MARKS.test(line), line);
  const forms = new Set(facts.flatMap((fact) => dealtOf(fact).unseen));
  for (const question of forms) assert.not(userLines.has(question) || prompts.has(question), question);
  for (const { question } of unseen) assert.ok(forms.has(question), question);
});

test('facts-reversed and facts-yes-no: others of the relation are asked that way, these facts are not', () => {
  const answers = new Map(records<KeyEntry>('eval/answer-key.jsonl').map((entry) => [entry.id, entry]));
  const trained = [...answers.values()].filter(({ questions }) => questions.some((q) => userLines.has(q)));
  const asked = new Set(trained.map(({ id }) => id));
  for (const name of ['reversed', 'yes-no']) {
    const questions = records<FactQuestion>(`eval/facts-${name}.jsonl`);
    between(questions.length, 60, 160, name);
    for (const { id, relation, question, accepted } of questions) {
      assert.not(userLines.has(question), question);
      assert.not(asked.has(id), `${id} is trained`);
      assert.equal(accepted, answers.get(id)!.accepted);
      assert.ok(
        trained.some((entry) => entry.relation.endsWith(relation.slice(relation.lastIndexOf('-')))),
        relation,
      );
    }
  }
  const claims = records<FactQuestion>('eval/facts-yes-no.jsonl');
  const right = claims.filter(({ accepted }) => accepted[0]!.endsWith('，对。')).length;
  between(right / claims.length, 0.35, 0.65, 'share of right claims');
});

test('facts-pretrain-only: no dialogue or pair mentions the fact', () => {
  const said = [
    ...spoken([...dialogues, ...heldoutDialogues]).map(({ content }) => content),
    ...[...pairs, ...heldoutPairs].flatMap(({ prompt, chosen, rejected }) => [prompt, chosen, rejected]),
  ];
  const sentences = [...new Set(said.flatMap((content) => content.split(/[。！？]/)))];
  for (const fact of facts.filter((f) => f.pretrainOnly)) {
    const leak = sentences.find(
      (sentence) =>
        sentence.includes(replyTo(fact).slice(0, -1)) ||
        (fact.subject.length > 1 &&
          !fact.answer.includes(fact.subject) &&
          sentence.includes(fact.subject) &&
          sentence.replaceAll(fact.subject, '').includes(fact.answer)),
    );
    assert.is(leak, undefined, `${fact.id} leaks in: ${leak}`);
    for (const question of asked(fact)) assert.not(said.includes(question), question);
  }
});

test('questions about facts are answered well once, and two in three badly as well', () => {
  const key = new Judge(records<KeyEntry>('eval/answer-key.jsonl'));
  const taught = new Set(facts.flatMap((fact) => dealtOf(fact).trained));
  const said = new Map<string, string[]>();
  for (const { messages } of dialogues) {
    const [question, answer] = messages.slice(-2);
    if (messages.filter(({ role }) => role === 'user').length !== 1 || !taught.has(question!.content))
      continue;
    said.set(question!.content, [...(said.get(question!.content) ?? []), answer!.content]);
  }
  let bad = 0;
  for (const [question, answers] of said) {
    const verdicts = answers.map((answer) => key.judge(question, answer));
    assert.is(verdicts.filter(({ score }) => score === 1).length, 1, `${question}: ${answers.join(' / ')}`);
    assert.ok(
      verdicts.every((verdict) => verdict.fact === 1),
      `${question}: bad answers are true as well`,
    );
    const flaws = verdicts.flatMap((v) => QUALITIES.filter((quality) => v[quality] === 0));
    assert.is(
      flaws.length,
      answers.length - 1,
      `${question}: one flaw per bad answer, ${answers.join(' / ')}`,
    );
    bad += flaws.length;
  }
  between(bad / said.size, 0.6, 0.7, 'bad answers per question');
});

test('pairs: two different answers, three times as many about facts, held-out prompts are new', () => {
  const keys = new Set([...pairs, ...heldoutPairs].map((p) => `${p.prompt}\n${p.chosen}\n${p.rejected}`));
  assert.is(keys.size, pairs.length + heldoutPairs.length);
  for (const { chosen, rejected } of [...pairs, ...heldoutPairs]) assert.is.not(chosen, rejected);
  for (const quality of QUALITIES) {
    const [least, most] = quality === 'fact' ? [1500, 2300] : [450, 650];
    between(pairs.filter((p) => p.quality === quality).length, least, most, quality);
    between(heldoutPairs.filter((p) => p.quality === quality).length, 90, 100, quality);
  }
  for (const { prompt } of heldoutPairs) assert.not(prompts.has(prompt) || userLines.has(prompt), prompt);
});

test('choices: four different options, the right one in every place equally often', () => {
  const places = [0, 0, 0, 0];
  const answers = new Map(facts.map((fact) => [fact.id, fact.answer]));
  for (const { id, question, options, answer } of choices) {
    assert.is(new Set(options).size, 4, id);
    assert.is(options[answer], answers.get(id), id);
    assert.not(userLines.has(question) || prompts.has(question), question);
    places[answer]! += 1;
  }
  assert.equal(places, Array(4).fill(choices.length / 4));
});

test('choices as CSV: the same questions, and examples that give none of them away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'choice-'));
  for (const name of ['dev/world_dev.csv', 'val/world_val.csv']) {
    mkdirSync(join(folder, dirname(name)));
    writeFileSync(join(folder, name), text(`eval/choice/${name}`));
  }
  const { questions, examples } = readChoiceFolder(folder);
  rmSync(folder, { recursive: true });
  assert.equal(
    questions.map(({ question, options, answer }) => ({ question, options, answer })),
    choices.map(({ question, options, answer }) => ({ question, options, answer })),
  );
  const shots = examples.get('world')!;
  assert.equal(
    shots.map(({ answer }) => answer),
    [0, 1, 2, 3, 0],
  );
  const chosen = new Set(choices.map(({ id }) => id));
  for (const { question, options, answer } of shots) {
    const fact = facts.find((f) => asked(f).includes(question));
    assert.ok(fact !== undefined && !chosen.has(fact.id) && !fact.pretrainOnly, question);
    assert.is(options[answer], fact.answer);
    assert.is(new Set(options).size, 4);
  }
});

test('answer key: every question of every file once, with its answer', () => {
  const owners = new Map<string, KeyEntry>();
  for (const entry of records<KeyEntry>('eval/answer-key.jsonl')) {
    for (const question of entry.questions) {
      assert.not(owners.has(question), question);
      owners.set(question, entry);
    }
  }
  for (const { id, question, answer, accepted } of [...seen, ...unseen, ...pretrainOnly]) {
    const { id: owner, answer: known, accepted: sentences } = owners.get(question)!;
    assert.equal([owner, known, sentences], [id, answer, accepted]);
  }
  for (const { prompt, chosen } of [...pairs, ...heldoutPairs]) {
    const { relation, accepted } = owners.get(prompt)!;
    // An introduction is made of several of the true statements about its subject.
    const said = relation === 'introduction' ? chosen.match(/[^。！？]+[。！？]”?/gu)! : [chosen];
    for (const sentence of said)
      assert.ok(accepted.includes(sentence), `${prompt}: ${sentence} is not in the key`);
  }
});

test('minimal pairs: two different sentences, no two alike', () => {
  assert.is(new Set(minimalPairs.map(({ good }) => good)).size, minimalPairs.length);
  for (const { good, bad } of minimalPairs) assert.is.not(good, bad);
});

test.run();
