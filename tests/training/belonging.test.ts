/** Which stages of a run belong together, by a made-up family of directories with the right hashes in them. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { replacedStages, strangers } from '../../src/training/belonging.ts';
import { identityOf, type Origin, readOrigin } from '../../src/training/origin.ts';
import { stages } from '../../src/training/stages/index.ts';
import { put, temporaryFolder } from '../data/temporary.ts';

const vocabulary = 'tokenizer';
const family: Record<string, Partial<Record<keyof Origin['from'], string>>> = {
  tokenizer: {},
  pretrain: { vocabulary },
  sft: { vocabulary, model: 'pretrain' },
  reward: { vocabulary, model: 'sft' },
  ppo: { vocabulary, model: 'sft', rewards: 'reward' },
  dpo: { vocabulary, model: 'sft' },
};

/** A run with these stages, each made from the one that `family` names. */
function makeRun(names = Object.keys(family)): string {
  const out = temporaryFolder();
  for (const name of names) makeStage(out, name, name);
  return out;
}

function makeStage(out: string, name: string, content: string): void {
  const from = Object.entries(family[name]!).flatMap(([role, parent]) => {
    const sum = identityOf(join(out, parent));
    return sum === null ? [] : [[role, sum]];
  });
  const origin = {
    stage: name,
    seed: 1,
    context: 8,
    quick: false,
    settings: {},
    own: {},
    model: {},
    data: {},
  };
  const weights = name === vocabulary ? 'tokenizer.json' : 'model.safetensors';
  const files = new Map([
    [weights, content],
    ['stage.json', JSON.stringify({ ...origin, from: Object.fromEntries(from) })],
  ]);
  writeDirectoryAtomically(join(out, name), files);
}

const replaced = (out: string, ...chosen: string[]) => replacedStages(stages, out, chosen);

test('a stage made again replaces itself and all that were made from it, and nothing else', () => {
  const out = makeRun();
  assert.equal(replaced(out, 'tokenizer'), Object.keys(family));
  assert.equal(replaced(out, 'pretrain'), ['pretrain', 'sft', 'reward', 'ppo', 'dpo']);
  assert.equal(replaced(out, 'sft'), ['sft', 'reward', 'ppo', 'dpo']);
  assert.equal(replaced(out, 'reward'), ['reward', 'ppo'], 'dpo knows nothing of the reward model');
  assert.equal(replaced(out, 'ppo'), ['ppo']);
  assert.equal(replaced(out, 'ppo', 'dpo'), ['ppo', 'dpo']);
  assert.equal(replaced(out, 'grpo'), [], 'a stage that is not there replaces none');
  assert.equal(replaced(out, 'evaluate'), []);
});

test('a stage whose predecessor is made for the first time cannot have come from it', () => {
  const out = makeRun();
  rmSync(join(out, 'pretrain'), { recursive: true });
  assert.equal(replaced(out, 'pretrain'), ['sft', 'reward', 'ppo', 'dpo']);
});

test('a record that is missing or damaged: the order of the stages decides', () => {
  for (const damage of ['', '{"stage": 5}', '[]']) {
    const out = makeRun();
    if (damage === '') rmSync(join(out, 'sft', 'stage.json'));
    else put(out, 'sft/stage.json', damage);
    assert.equal(replaced(out, 'pretrain'), ['pretrain', 'sft', 'reward', 'ppo', 'dpo'], damage);
    assert.equal(replaced(out, 'tokenizer')[0], 'tokenizer');
  }
});

test('strangers: a stage put in the place of another is named by all that came from the first', () => {
  const out = makeRun();
  assert.equal(strangers(stages, out), []);
  makeStage(out, 'reward', 'another reward model');
  assert.equal(strangers(stages, out), ['ppo was made from another reward than the one in this run']);
  makeStage(out, 'sft', 'another');
  assert.equal(
    strangers(stages, out),
    ['reward', 'ppo', 'dpo']
      .map((name) => `${name} was made from another sft than the one in this run`)
      .toSpliced(2, 0, 'ppo was made from another reward than the one in this run'),
  );
  rmSync(join(out, 'ppo', 'stage.json'));
  assert.ok(strangers(stages, out).includes('ppo does not say what it was made of'));
});

test('a swap that was cut off hides nothing', () => {
  const out = makeRun();
  for (const name of readdirSync(out)) {
    if (name === 'ppo') continue;
    const origin = readOrigin(join(out, name));
    writeFileSync(join(out, `${name}.previous`), ''); // leftovers of a crash
    assert.equal(readOrigin(join(out, name)), origin);
  }
  assert.ok(existsSync(join(out, 'sft')));
  assert.equal(strangers(stages, out), []);
});

test.run();
