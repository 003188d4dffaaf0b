/** SFT: what is left out is counted and told, and only the answers are learned. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { valuesOf } from '../../../src/knobs.ts';
import type { StagePlace } from '../../../src/training/stage.ts';
import { sft } from '../../../src/training/stages/sft.ts';
import { put, refusesLater, temporaryFolder } from '../../data/temporary.ts';
import { placeAt } from './place.ts';

const lines = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join('\n');
function dataOf(dialogues: readonly object[], heldOut: readonly object[] = []): string {
  const data = temporaryFolder();
  put(data, 'pretrain.txt', '一');
  put(data, 'sft.jsonl', lines(dialogues));
  if (heldOut.length > 0) put(data, 'sft-heldout.jsonl', lines(heldOut));
  return data;
}
/** A place for the stage with nothing but dialogues to learn, or with other values of its knobs. */
const sftAt = (data: string, changes: Partial<StagePlace> = {}, knobs: Record<string, number> = {}) =>
  placeAt(data, { own: valuesOf(sft.knobs, { textShare: 0 }, knobs), ...changes });
const good = { question: '你好', answer: '好。' };

test('the note counts what was kept and what was left out, with the reason', async () => {
  const long = { question: '0123456789'.repeat(5), answer: '好。' };
  const { place, notes } = sftAt(dataOf([good, long, { question: '你好', answer: ' ' }]));
  await sft.prepare!(place); // it trains by gradients
  assert.equal(notes, [
    'dialogues: 1 (1 left out: longer than the context of 16 tokens; 1 left out: a question or an answer is empty)',
  ]);
  const whole = sftAt(dataOf([good]));
  await sft.prepare!(whole.place);
  assert.equal(whole.notes, ['dialogues: 1']);
});

test('quick takes the first 600 dialogues', async () => {
  const { place, notes } = sftAt(dataOf(new Array<object>(605).fill(good)), { quick: true });
  await sft.prepare!(place);
  assert.equal(notes, ['dialogues: 600']);
});

test('held-out dialogues have a loss of their own, and none have none', async () => {
  const without = await sft.prepare!(sftAt(dataOf([good])).place);
  assert.is(without.heldOut, undefined);
  const { heldOut } = await sft.prepare!(sftAt(dataOf([good], [{ question: '水', answer: '是。' }])).place);
  const { loss } = await heldOut!();
  assert.ok(Math.abs(loss - Math.log(420)) < 0.2, `an untrained model knows nothing: ${loss}`);
});

test('without dialogues the stage is refused', async () => {
  const { place } = sftAt(put(temporaryFolder(), 'text.txt', '一'));
  await refusesLater(async () => sft.prepare!(place), 'needs dialogues');
});

test('text of pretraining goes between the dialogues, and another text is other data', async () => {
  const data = dataOf(new Array<object>(30).fill(good));
  put(data, 'pretrain.txt', '中国的首都是北京。'.repeat(20));
  const prepared = async (knobs: Record<string, number>) => {
    const { place, notes } = sftAt(data, {}, knobs);
    return { training: await sft.prepare!(place), notes };
  };
  const alone = await prepared({});
  const mixed = await prepared({ textShare: 0.5 });
  assert.is(mixed.training.steps, 2 * alone.training.steps);
  assert.equal(mixed.notes, ['dialogues: 30; 50% of the rows are text of pretraining']);
  assert.is.not(mixed.training.fingerprint, alone.training.fingerprint);
  put(data, 'pretrain.txt', '水是氢和氧。'.repeat(20));
  assert.is.not((await prepared({ textShare: 0.5 })).training.fingerprint, mixed.training.fingerprint);
  assert.is(
    (await prepared({})).training.fingerprint,
    alone.training.fingerprint,
    'unread text is no matter',
  );
});

test.run();
