/** Vocabulary, context, size and epochs for a text: chosen where no flag speaks, proposed where one does. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { CorpusLook } from '../../src/data/corpus-look.ts';
import { bestFit, type Fitted, fitToCorpus } from '../../src/training/corpus-fit.ts';
import { defaultSettings, type RunSettings } from '../../src/training/run-settings.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
const stages = ['tokenizer', 'pretrain', 'evaluate'];
const none: ReadonlySet<Fitted> = new Set();

/** So many characters, each `times` times; in documents of this length. */
function lookOf(different: number, times: number, documentLength = 50): CorpusLook {
  const characters = different * times;
  const counts = Array.from({ length: different }, () => ({ count: times, bytes: 3 }));
  const documents = Math.ceil(characters / documentLength);
  return {
    documents,
    lines: documents,
    characters,
    bytes: 3 * characters,
    documentLength,
    counts,
    controls: 0,
    whole: true,
  };
}

const plain = { isText: true, given: none };
const settings = { ...defaultSettings, stages };

test('the smallest vocabulary that spells nearly nothing; the preset says it where that does', () => {
  const sizeFor = (different: number) => bestFit(lookOf(different, 100), settings, plain).vocabSize;
  assert.equal([900, 2500, 4000, 5500, 20_000].map(sizeFor), [null, 4096, 6144, 8192, 8192]);
  const large = bestFit(lookOf(4000, 100), { ...settings, preset: '92m' }, plain);
  assert.is(large.vocabSize, null, 'it has room for all');
});

test('--quick takes its own small vocabulary, except for text alone that it would spell', () => {
  const sizeFor = (different: number, isText: boolean) =>
    bestFit(lookOf(different, 100), { ...settings, quick: true }, { isText, given: none }).vocabSize;
  assert.equal([sizeFor(400, true), sizeFor(2500, true), sizeFor(2500, false)], [null, 4096, null]);
});

test('epochs: the shorter the text, the more, up to a limit', () => {
  const epochsFor = (times: number) => bestFit(lookOf(1000, times), settings, plain).epochs;
  assert.equal([10, 1000, 2600, 20_000].map(epochsFor), [12, 5, 2, 1]);
});

test('minutes decide about the size, long documents about the context', () => {
  const sizeFor = (minutes: number, times: number) => {
    const { preset, epochs } = bestFit(lookOf(1000, times), { ...settings, minutes }, plain);
    assert.is(epochs, null, 'the time counts the steps');
    return preset;
  };
  assert.equal(
    [sizeFor(0.5, 5000), sizeFor(10, 5000), sizeFor(90, 5000), sizeFor(90, 500)],
    ['pico', 'nano', 'micro', 'nano'],
  );
  assert.is(bestFit(lookOf(1000, 100, 900), settings, plain).context, 256);
  assert.is(bestFit(lookOf(1000, 100, 90), settings, plain).context, null);
});

const many = Array.from({ length: 3000 }, (_, i) => String.fromCodePoint(0x4e00 + i));
const rich = put(folder, 'rich.txt', many.map((character) => `${character}天${character}地\n\n`).join(''));

async function fitted(data: string, changes: Partial<RunSettings> = {}, given: readonly Fitted[] = []) {
  const said: string[] = [];
  const before = { ...settings, data, ...changes };
  const after = await fitToCorpus(before, new Set(given), (line) => said.push(line));
  return { before, after, said };
}

test('own text: what was chosen stands in the settings, and is said', async () => {
  const { after, said } = await fitted(rich);
  assert.equal([after.vocabSize, after.changes.epochs], [6144, 12]);
  assert.equal([...after.fitted].sort(), ['epochs', 'vocabSize']);
  assert.match(said[0]!, /^36\.0 kB of text: 12,000 characters, 3,000 different ones, in 3,000 documents$/);
  assert.match(said[1]!, /^vocabulary of 6,144: .*% of the text.* preset nano, context 128, 12 epochs$/);
});

test('a flag stands, and something better is proposed', async () => {
  const { after, said } = await fitted(rich, { vocabSize: 2048, changes: { maxSteps: 5 } }, [
    'vocabSize',
    'epochs',
  ]);
  assert.equal([after.vocabSize, after.changes, after.fitted], [2048, { maxSteps: 5 }, []]);
  assert.match(said[1]!, /; this text would be better served by --vocab-size 6144$/);
});

test('a preset that was given stands too, with the vocabulary that suits it', async () => {
  const { after, said } = await fitted(rich, { preset: 'pico', minutes: 5 }, ['preset']);
  assert.equal([after.preset, after.vocabSize, after.fitted], ['pico', 6144, ['vocabSize']]);
  assert.match(said[1]!, /preset pico, context 64; this text would be better served by --preset nano$/);
});

test('the shipped text keeps the defaults, and nothing is said about it', async () => {
  const { before, after, said } = await fitted('data');
  assert.is(after, before);
  assert.equal(said, []);
});

test('text that nothing can be learned from is refused with one sentence', async () => {
  const short = put(folder, 'short.txt', '天地玄黄。\n\n宇宙洪荒。');
  await refusesLater(
    () => fitted(short),
    `${short} is too short`,
    '10 characters, fewer than the 128 tokens',
  );
  await refusesLater(() => fitted(short, { context: 16 }), 'fewer than the 16 tokens of one row');
  const binary = put(folder, 'binary.txt', '\0\x01ab\n'.repeat(99));
  await refusesLater(() => fitted(binary), `${binary} is not text: 40.1% of its characters are control`);
  const line = put(folder, 'line.txt', `${'天地玄黄，宇宙洪荒。'.repeat(99)}\n`);
  await refusesLater(() => fitted(line), `${line} is a single line of 990 characters`, 'blank line between');
});

test.run();
