/** Pretraining: which part of a corpus is learned, which is held out, and what tells one corpus from another. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pretrain } from '../../../src/training/stages/pretrain.ts';
import { put, temporaryFolder } from '../../data/temporary.ts';
import { CONTEXT, placeAt } from './place.ts';

const folder = temporaryFolder();

/** A .bin corpus of these ids. */
function corpus(name: string, ids: readonly number[]): string {
  return put(folder, `${name}.bin`, new Uint8Array(Uint16Array.from(ids).buffer));
}
const counted = Array.from({ length: 1000 }, (_, i) => 262 + (i % 150));
const preparedFrom = async (data: string) => pretrain.prepare!(placeAt(data).place); // it trains by gradients

test('the last 2 % of a token file are held out, and not in the rows that are learned', async () => {
  const { steps, heldOut } = await preparedFrom(corpus('counted', counted));
  assert.is(steps, Math.floor((980 - 1) / CONTEXT), 'rows of the first 980 tokens');
  const before = (await heldOut!()).loss;
  const other = counted.map((id, i) => (i < 980 ? 300 : id));
  const changed = await preparedFrom(corpus('other-text', other));
  assert.is((await changed.heldOut!()).loss, before, 'it looks at the end alone');
  const elsewhere = await preparedFrom(
    corpus('other-end', [...counted.slice(0, 980), ...counted.slice(0, 20)]),
  );
  assert.is.not((await elsewhere.heldOut!()).loss, before, 'control: another end, another loss');
});

test('too short an end is not held out at all', async () => {
  assert.is((await preparedFrom(corpus('short', counted.slice(0, 99)))).heldOut, undefined);
});

test('the fingerprint changes with a token and with the length', async () => {
  const prints: string[] = [];
  for (const [i, ids] of [
    counted,
    [...counted.slice(0, 5), 300, ...counted.slice(6)],
    [...counted, 300],
  ].entries())
    prints.push((await preparedFrom(corpus(`print-${i}`, ids))).fingerprint);
  assert.is(new Set(prints).size, 3);
  assert.is((await preparedFrom(corpus('copy', counted))).fingerprint, prints[0]);
  // Beyond the million tokens that it looks at, the length alone tells two corpora apart.
  const long = (name: string, length: number) =>
    preparedFrom(corpus(name, new Array<number>(length).fill(300)));
  const [million, more] = [await long('million', 1_080_000), await long('more', 1_090_000)];
  assert.is.not(million.fingerprint, more.fingerprint);
});

test('a text corpus: the note counts tokens, those of the end of every document included', async () => {
  const data = temporaryFolder();
  put(data, 'pretrain.txt', '中国的首都是北京。\n\n一只小猫在河边喝水。');
  put(data, 'heldout.txt', '一');
  const { place, notes } = placeAt(data);
  await pretrain.prepare!(place);
  const { tokenizer } = place;
  const tokens = ['中国的首都是北京。', '一只小猫在河边喝水。'].reduce(
    (sum, text) => sum + tokenizer.encode(text).length + 1,
    0,
  );
  assert.equal(notes, [`corpus: ${tokens} tokens, ${tokenizer.encode('一').length + 1} held out`]);
});

test.run();
