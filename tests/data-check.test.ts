/**
 * `npm run data -- --check`: faults planted into the shipped world are named with file and line; the world itself is clean.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { REQUIRED } from '../data/check/files.ts';
import { checkWorld } from '../data/check/index.ts';
import { generateWorld } from '../data/world/index.ts';

const world = generateWorld();
const folder = mkdtempSync(join(tmpdir(), 'world-'));

function write(name: string, content: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

for (const [name, content] of world) write(name, content);
test.after(() => rmSync(folder, { recursive: true }));

type Fields = Record<string, unknown>;
const lineOf = (name: string, line: number) => world.get(name)!.split('\n')[line - 1]!;
const record = (name: string, line: number) => JSON.parse(lineOf(name, line)) as Fields;

/** A world in which one line of one file is another. */
function spoiled(name: string, line: number, text: string): string[] {
  const lines = world.get(name)!.split('\n');
  lines[line - 1] = text;
  write(name, lines.join('\n'));
  const { faults } = checkWorld(folder);
  write(name, world.get(name)!);
  return faults.map(({ place, what, advice }) => `${place}: ${what}; ${advice}.`);
}

function assertNamed(faults: readonly string[], place: string, what: RegExp): void {
  assert.ok(
    faults.some((fault) => fault.startsWith(`${place}: `) && what.test(fault)),
    `${place} ${what} is not among:\n${faults.join('\n')}`,
  );
}

/** The first line of the file for which the condition holds. */
function find(name: string, fits: (fields: Fields) => boolean): number {
  const lines = world.get(name)!.trimEnd().split('\n');
  return 1 + lines.findIndex((line) => fits(JSON.parse(line) as Fields));
}

test('the shipped world is clean, and the check says what it looked at', () => {
  const { faults, summary } = checkWorld(folder);
  assert.equal(faults, []);
  assert.ok(summary.length >= 4 && summary.every((line) => /[1-9]\d+/.test(line)));
  for (const name of REQUIRED) assert.ok(world.has(name), `${name} is required, but not generated`);
});

test('a missing file', () => {
  rmSync(join(folder, 'heldout.txt'));
  const { faults } = checkWorld(folder);
  write('heldout.txt', world.get('heldout.txt')!);
  assert.equal(
    faults.map(({ place, what }) => `${place} ${what}`),
    ['heldout.txt is missing'],
  );
});

test('a broken line, a missing field, an empty message, a carriage return', () => {
  const name = 'sft.jsonl';
  assertNamed(spoiled(name, 7, lineOf(name, 7).slice(0, -3)), 'sft.jsonl:7', /not valid JSON/);
  assertNamed(spoiled(name, 8, '{"text":"你好"}'), 'sft.jsonl:8', /messages must be a list/);
  const silent = [
    { role: 'user', content: '你好' },
    { role: 'assistant', content: '' },
  ];
  assertNamed(spoiled(name, 9, JSON.stringify({ messages: silent })), 'sft.jsonl:9', /empty message/);
  assertNamed(spoiled('pretrain.txt', 5, '你好。\r'), 'pretrain.txt:5', /U\+000D/);
});

test('two answers to one question: in the key, in evaluation, in a dialogue, in a preferred answer', () => {
  const key = 'eval/answer-key.jsonl';
  const [first, second] = [record(key, 1), record(key, 2)];
  const stolen = {
    ...second,
    questions: [...(second.questions as string[]), (first.questions as string[])[0]],
  };
  assertNamed(spoiled(key, 2, JSON.stringify(stolen)), `${key}:2`, /two answers.*answer-key\.jsonl:1/);

  const seen = 'eval/facts-seen.jsonl';
  const lie = { ...record(seen, 3), answer: '小猫', accepted: ['答案是小猫。'] };
  assertNamed(spoiled(seen, 3, JSON.stringify(lie)), `${seen}:3`, /two answers/);

  const question = (first.questions as string[])[0]!;
  const line = find('sft.jsonl', ({ messages }) =>
    (messages as { content: string }[]).some((m) => m.content === question),
  );
  const wrong = {
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: '答案是小猫。' },
    ],
  };
  assertNamed(
    spoiled('sft.jsonl', line, JSON.stringify(wrong)),
    `sft.jsonl:${line}`,
    /answer-key\.jsonl:1 says/,
  );

  const pair = find('preferences.jsonl', ({ quality }) => quality === 'fact');
  const { chosen, rejected, ...rest } = record('preferences.jsonl', pair);
  const swapped = JSON.stringify({ ...rest, chosen: rejected, rejected: chosen });
  assertNamed(spoiled('preferences.jsonl', pair, swapped), `preferences.jsonl:${pair}`, /is answered/);
});

test('an entry of the answer key without its fact, a question without its entry', () => {
  const key = 'eval/answer-key.jsonl';
  const untold = { ...record(key, 1), subject: '月球', answer: '小猫', accepted: ['月球的首都是小猫。'] };
  const faults = spoiled(key, 1, JSON.stringify(untold));
  assertNamed(faults, `${key}:1`, /nowhere tells/);
  const unasked = { ...record('eval/facts-unseen.jsonl', 4), question: '月球的首都是哪里？' };
  assertNamed(
    spoiled('eval/facts-unseen.jsonl', 4, JSON.stringify(unasked)),
    'eval/facts-unseen.jsonl:4',
    /not in eval/,
  );
});

test('what evaluation asks stands in training files', () => {
  const { question, accepted } = record('eval/facts-seen.jsonl', 10);
  const asked = {
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: (accepted as string[])[0] },
    ],
  };
  assertNamed(spoiled('sft.jsonl', 20, JSON.stringify(asked)), 'sft.jsonl:20', /eval\/facts-seen\.jsonl:10/);
  const { accepted: kept } = record('eval/facts-pretrain-only.jsonl', 2);
  const told = {
    messages: [
      { role: 'user', content: '给我讲一件事。' },
      { role: 'assistant', content: (kept as string[])[0] },
    ],
  };
  assertNamed(spoiled('sft.jsonl', 21, JSON.stringify(told)), 'sft.jsonl:21', /only pretrain\.txt may tell/);
  assertNamed(
    spoiled('sft-heldout.jsonl', 2, lineOf('sft.jsonl', 30)),
    'sft-heldout.jsonl:2',
    /sft\.jsonl:30 already/,
  );
});

test('equal sides, an answer out of range, like options, a wrong letter', () => {
  const pair = record('preferences.jsonl', 5);
  const equal = JSON.stringify({ ...pair, rejected: pair.chosen });
  assertNamed(spoiled('preferences.jsonl', 5, equal), 'preferences.jsonl:5', /both/);
  const minimal = record('eval/minimal-pairs.jsonl', 6);
  const same = JSON.stringify({ ...minimal, bad: minimal.good });
  assertNamed(spoiled('eval/minimal-pairs.jsonl', 6, same), 'eval/minimal-pairs.jsonl:6', /both/);

  const choice = record('eval/choice.jsonl', 7);
  const choiceWith = (fields: Fields) =>
    spoiled('eval/choice.jsonl', 7, JSON.stringify({ ...choice, ...fields }));
  assertNamed(choiceWith({ answer: 4 }), 'eval/choice.jsonl:7', /out of range/);
  assertNamed(choiceWith({ options: ['红', '红', '黄', '蓝'] }), 'eval/choice.jsonl:7', /alike/);
  const other = ((choice.answer as number) + 1) % 4;
  assertNamed(choiceWith({ answer: other }), 'eval/choice.jsonl:7', /the key says/);
  const csv = 'eval/choice/val/world_val.csv';
  assertNamed(spoiled(csv, 3, lineOf(csv, 3).replace(/.$/, 'E')), `${csv}:3`, /out of range/);
});

const run = (...flags: string[]) => {
  const generator = fileURLToPath(new URL('../data/generate.ts', import.meta.url));
  return spawnSync(process.execPath, ['--import', 'tsx', generator, ...flags], { encoding: 'utf8' });
};

test('on the command line: exit code 0 and what was checked, or 2 and the place', () => {
  const clean = run('--check', folder);
  assert.is(clean.status, 0, clean.stderr);
  assert.match(clean.stdout, /is clean\.\n {2}\d+ documents/);
  rmSync(join(folder, 'sft.jsonl'));
  const missing = run('--check', folder);
  write('sft.jsonl', world.get('sft.jsonl')!);
  assert.is(missing.status, 2);
  assert.match(missing.stderr, /sft\.jsonl: is missing; .*\n.* has 1 fault\.\n/);
  for (const flags of [
    ['--check', join(folder, 'none')],
    ['--check', folder, '--out', folder],
    ['here'],
    ['--chek'],
  ]) {
    const bad = run(...flags);
    assert.is(bad.status, 2, flags.join(' '));
    assert.is(bad.stderr.trimEnd().split('\n').length, 1, bad.stderr);
  }
});

test.run();
