/**
 * A stage is one object: this one, written in a test, is checked, trained, saved, resumed and found like every other.
 *
 * It learns backwards: from the dialogues of SFT, with the tokens of each answer as targets and nothing but its last token
 * counted.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDialogues } from '../../src/data/dialogues.ts';
import { type Row, RowStream } from '../../src/data/rows/rows.ts';
import { SftRows } from '../../src/data/rows/sft-rows.ts';
import { UserError } from '../../src/errors.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { findModel } from '../../src/storage/find-model.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { fingerprintOf } from '../../src/training/checkpoint.ts';
import { languageLoss } from '../../src/training/language-loss.ts';
import { totalSteps } from '../../src/training/settings.ts';
import { defineStage } from '../../src/training/stage.ts';
import { stages } from '../../src/training/stages/index.ts';
import { ofRows, supervised } from '../../src/training/supervised.ts';
import { refusesLater, temporaryFolder } from '../data/temporary.ts';
import { runAll, stopAfter, worldSettings, writeWorld } from './world.ts';

const toy = defineStage({
  name: 'toy',
  startsFrom: 'sft',
  learnsFrom: 'dialogues',
  leaves: 'chat',
  chatRank: 9,
  knobs: {
    lastTokens: { type: 'number', whole: true, min: 1, default: 1, help: 'targets at the end of a row' },
  },
  settings: () => ({ learningRate: 1e-2, batchSize: 4, warmup: 0 }),
  check({ own }) {
    if (own.lastTokens > 99)
      throw new UserError(`--last-tokens ${own.lastTokens} is more than a toy can learn`);
  },
  prepare({ name, files, tokenizer, model, random, settings, own, context, seed }) {
    const source = new SftRows(readDialogues(files.sft!), tokenizer, {
      ...{ context, seed, shuffle: settings.shuffle, source: files.sft! }, // it learns from dialogues: there are some
    });
    const ending = (row: Row): Row => {
      const counted = [...row.targets.keys()].filter((t) => row.targets[t] !== -100).slice(-own.lastTokens);
      return { ...row, targets: row.targets.map((id, t) => (counted.includes(t) ? id : -100)) };
    };
    const rows = new RowStream(source);
    const optimizer = new AdamW(model, settings);
    const objective = {
      ...ofRows,
      ...{ stage: name, model, heldOut: [], loss: languageLoss(model) },
      rows: { row: (n: number) => ending(rows.row(n)) },
    };
    return {
      ...{ model, tokenizer, optimizer, random },
      ...supervised(objective, optimizer, settings),
      steps: totalSteps(settings, (epoch) => source.rowsInEpoch(epoch)),
      fingerprint: fingerprintOf(source.content()),
    };
  },
});

const known = [...stages, toy];
const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const settings = worldSettings(world, {
  stages: ['tokenizer', 'pretrain', 'sft', 'toy', 'evaluate'],
  changes: { epochs: 4, maxSteps: 8, batchSize: 2, logEvery: 1 },
});

function run(
  out: string,
  changes: Partial<typeof settings> = {},
  { resume = false, stopAfter: steps = Infinity } = {},
) {
  return runAll({ out, settings: { ...settings, ...changes }, resume, ...stopAfter(steps) }, known);
}

test('it trains after the stage it names, from what that left, and is saved, measured and preferred in chat', async () => {
  const out = join(folder, 'run');
  assert.is(await run(out), true);
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const losses = lines
    .map((line) => JSON.parse(line) as { stage: string; loss: number })
    .filter(({ stage }) => stage === 'toy');
  assert.is(losses.length, 8);
  assert.ok(losses.at(-1)!.loss < losses[0]!.loss - 0.5, `${losses[0]!.loss} -> ${losses.at(-1)!.loss}`);
  assert.ok('toy' in JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')));
  assert.is(findModel(out, ['toy', 'sft']), join(out, 'toy'));
  loadModelDirectory(join(out, 'toy'));
});

test('stopped in it and resumed: the same bits', async () => {
  const [whole, parts] = [join(folder, 'run'), join(folder, 'parts')];
  assert.is(await run(parts, {}, { stopAfter: 20 }), false);
  assert.is(await run(parts, {}, { resume: true }), true);
  const bits = (out: string) => readFileSync(join(out, 'toy', 'model.safetensors'));
  assert.ok(bits(parts).equals(bits(whole)));
});

test('its check and its place in the order are honoured before any work', async () => {
  const out = join(folder, 'refused');
  await refusesLater(() => run(out, { changes: { lastTokens: 100 } }), '--last-tokens 100');
  await refusesLater(() => run(out, { stages: ['toy'] }), 'The stage toy starts from', 'run "sft" first');
  assert.not(existsSync(out));
});

test.run();
