/**
 * Every knob has a flag that turns it and nothing else; the help shows the defaults in force; a flag that no stage reads is
 * refused.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseFlags } from '../../src/cli/flags.ts';
import { changesFrom, givenSizes, settingsFrom, trainFlags } from '../../src/cli/train-flags.ts';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import type { Knob, KnobValue } from '../../src/knobs.ts';
import { allArchitectures } from '../../src/models/architectures/index.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { Random } from '../../src/tensor/index.ts';
import { configOf, writeRunSettings } from '../../src/training/run-settings.ts';
import { frameKnobs } from '../../src/training/settings.ts';
import { stages } from '../../src/training/stages/index.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';
import { tinyTokenizer } from '../training/tiny.ts';
import { writeWorld } from '../training/world.ts';

const world = writeWorld(temporaryFolder());
const changesOf = (...args: string[]) => changesFrom(parseFlags(args, trainFlags)!);
const settingsOf = (...args: string[]) => settingsFrom(parseFlags(args, trainFlags)!, 'nowhere');
const tables = [
  frameKnobs,
  ...stages.map((stage) => stage.knobs),
  ...allArchitectures().map((each) => each.knobs),
];
const knobs = new Map<string, Knob>(tables.flatMap(Object.entries));

/** A value that the knob takes and that is not its default. */
function another(knob: Knob): KnobValue {
  if (knob.type === 'boolean') return !knob.default;
  if (knob.type === 'text') return 'somewhere';
  if (knob.type === 'choice') return knob.choices.find((choice) => choice !== knob.default)!;
  const { min = 0, above = 0, max = Infinity, whole } = knob;
  const low = Math.max(min, above);
  const candidates = whole ? [low, low + 1, low + 2] : [low + 0.01, low + 0.02];
  return candidates.find((value) => value !== knob.default && value > above && value <= max)!;
}

test('nothing given, nothing changed', () => {
  assert.is(changesOf(), undefined);
  assert.equal(settingsOf('--data', world).changes, {});
});

test('every knob has a flag, which changes exactly this knob, and to what was given', () => {
  assert.ok(knobs.size > 35);
  const flags = new Set<string>();
  for (const [name, knob] of knobs) {
    const flag = knob.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    assert.ok(flag in trainFlags, `--${flag}`);
    flags.add(flag);
    const value = another(knob);
    const changes = knob.type === 'boolean' ? changesOf(`--${flag}`) : changesOf(`--${flag}`, String(value));
    assert.equal(changes, { [name]: value }, flag);
  }
  assert.is(flags.size, knobs.size, 'no two knobs share a flag');
});

test('the defaults that the help shows are those in force', () => {
  for (const [name, knob] of knobs) {
    const flag = trainFlags[knob.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)]!;
    if (knob.type === 'boolean' || knob.default === null) continue;
    assert.is(flag.default?.split(';')[0], String(knob.default), name);
  }
});

test('impossible values are refused', () => {
  refuses(() => changesOf('--beta', '0'), '--beta must be', 'above 0');
  refuses(() => changesOf('--label-smoothing', '0.5'), '--label-smoothing');
  refuses(() => changesOf('--group-size', '1'), '--group-size', 'at least 2');
  refuses(() => changesOf('--clip', '1'), '--clip', 'at most 0.99');
});

test('a flag that no stage of the run reads is refused, with the stages that would', () => {
  refuses(
    () => settingsOf('--data', world, '--stages', 'tokenizer,pretrain', '--beta', '0.5'),
    '--beta is for the stage "dpo", which is not among the stages of this run',
  );
  refuses(() => settingsOf('--data', world, '--stages', 'dpo', '--clip', '0.1'), '"ppo" or "grpo"');
  assert.equal(settingsOf('--data', world, '--stages', 'sft', '--lr', '0.1').changes, { learningRate: 0.1 });
});

test('a knob of an architecture needs that architecture, and changes the config of a new model', () => {
  refuses(
    () => settingsOf('--data', world, '--experts', '4'),
    '--experts is for the architecture "moe", not for tinyllm',
  );
  const settings = settingsOf('--data', world, '--arch', 'moe', '--experts', '4', '--preset', 'pico');
  assert.equal(
    [configOf(settings).arch, configOf(settings).numExperts, configOf(settings).numExpertsPerTok],
    ['moe', 4, 2],
  );
  assert.is(
    configOf(settingsOf('--data', world, '--arch', 'llama2', '--feed-forward', '99')).intermediateSize,
    99,
  );
});

test('a model to start from says its architecture itself', async () => {
  const from = join(temporaryFolder(), 'moe');
  const config = { ...preset('pico', 'moe'), vocabSize: tinyTokenizer.vocabSize };
  const model = new CausalLM(config, new Random(1));
  writeDirectoryAtomically(from, await encodeModel(model, tinyTokenizer));
  const settings = settingsOf(
    '--data',
    world,
    '--stages',
    'sft',
    '--init-from',
    from,
    '--balance-weight',
    '0.1',
  );
  assert.is(settings.arch, 'moe');
  assert.is(
    settingsOf('--data', world, '--init-from', from, '--arch', 'llama2').arch,
    'llama2',
    'which the run refuses',
  );
});

test('a flag that none of the chosen stages has a use for is refused by name', async () => {
  const refused: [string[], ...string[]][] = [
    [['--stages', 'evaluate', '--lr', '0.1'], '--lr has no effect here', 'nothing is trained'],
    [['--stages', 'tokenizer', '--epochs', '2'], '--epochs', 'nothing is trained'],
    [['--stages', 'tokenizer', '--minutes', '2'], '--minutes', 'nothing is trained'],
    [['--stages', 'tokenizer', '--seed', '2'], '--seed', 'nothing is trained'],
    [['--stages', 'evaluate', '--preset', 'pico'], '--preset', 'nothing is made'],
    [['--stages', 'evaluate', '--context', '16'], '--context', 'nothing is made'],
    [['--stages', 'pretrain', '--vocab-size', '300'], '--vocab-size', 'no vocabulary is made'],
    [['--stages', 'sft,dpo', '--packing', 'shared'], '--packing', 'sft and dpo do not read it'],
    [['--stages', 'ppo', '--epochs', '3'], '--epochs', 'ppo does not read it'],
    [['--stages', 'grpo', '--evaluate-every', '3'], '--evaluate-every', 'grpo does not read it'],
    [['--stages', 'grpo', '--entropy-weight', '1'], '--entropy-weight is for the stage "ppo"'],
    [['--stages', 'sft', '--beta', '1'], '--beta is for the stage "dpo"'],
  ];
  for (const [args, ...words] of refused) refuses(() => settingsOf('--data', world, ...args), ...words);
  const read = [
    ['--stages', 'tokenizer', '--context', '16', '--preset', 'pico', '--vocab-size', '300'],
    ['--stages', 'ppo,sft', '--epochs', '3'],
    ['--stages', 'pretrain', '--packing', 'shared'],
  ];
  for (const args of read) settingsOf('--data', world, ...args);
});

test('size and architecture follow the model that a run starts from; a preset that says otherwise is refused', async () => {
  const out = join(temporaryFolder(), 'run');
  for (const [arch, size] of [
    ['tinyllm', 'pico'],
    ['moe', 'micro'],
  ] as const) {
    const config = { ...preset(size, arch), vocabSize: tinyTokenizer.vocabSize };
    const files = await encodeModel(new CausalLM(config, new Random(1)), tinyTokenizer);
    writeDirectoryAtomically(join(out, 'pretrain'), files);
    const started = (...args: string[]) =>
      settingsFrom(parseFlags(['--data', world, '--stages', 'sft', ...args], trainFlags)!, out);
    const { preset: found, arch: own } = started();
    assert.equal([found, own], [size, arch]);
    assert.is(started('--preset', size).preset, size);
    refuses(() => started('--preset', 'nano'), '--preset nano', `a model of the size ${size}`);
    const from = ['--init-from', join(out, 'pretrain')];
    assert.is(started(...from).preset, size);
  }
  assert.is(
    settingsOf('--data', world, '--stages', 'tokenizer,pretrain').preset,
    'nano',
    'control: a new model',
  );
});

test('--minutes counts the steps: whatever else says how long is refused; --resume keeps it', () => {
  assert.is(settingsOf('--data', world, '--minutes', '2.5').minutes, 2.5);
  for (const other of [['--max-steps', '3'], ['--epochs', '2'], ['--quick']])
    refuses(
      () => settingsOf('--data', world, '--minutes', '2', ...other),
      `--minutes and ${other[0]} both say how long`,
    );
  refuses(() => settingsOf('--data', world, '--minutes', '0'), '--minutes', 'above 0');
  const out = temporaryFolder();
  writeRunSettings(out, settingsOf('--data', world, '--minutes', '2'));
  const resumed = (...args: string[]) => settingsFrom(parseFlags(['--resume', ...args], trainFlags)!, out);
  assert.is(resumed().minutes, 2);
  assert.is(resumed('--minutes', '2').minutes, 2);
  refuses(() => resumed('--minutes', '3'), 'was started with minutes 2, not 3');
});

test('what the flags have settled is not fitted to the corpus', () => {
  const given = (...args: string[]) => [...givenSizes(parseFlags(args, trainFlags)!)];
  assert.equal(given('--lr', '0.1'), []);
  assert.equal(given('--preset', 'nano', '--vocab-size', '300', '--context', '32'), [
    'preset',
    'vocabSize',
    'context',
  ]);
  assert.equal([given('--epochs', '1'), given('--max-steps', '1')], [['epochs'], ['epochs']]);
});

test('a preset that the architecture does not have is refused with those it has', () => {
  refuses(
    () => configOf(settingsOf('--data', world, '--arch', 'llama2', '--preset', '92m')),
    'no preset "92m"',
    '9m, 24m',
  );
});

test('the stages of a run that names none: those that the data allows, and none that is optional', () => {
  assert.equal(settingsOf('--data', world).stages, ['tokenizer', 'pretrain', 'sft', 'evaluate']);
  assert.equal(settingsOf('--data', world, '--init-from', 'somewhere', '--arch', 'moe').stages, [
    'pretrain',
    'sft',
    'evaluate',
  ]);
  assert.equal(settingsOf().stages, ['tokenizer', 'pretrain', 'sft', 'reward', 'ppo', 'dpo', 'evaluate']);
  assert.equal(
    settingsOf('--stages', 'evaluate,sft,pretrain').stages,
    ['pretrain', 'sft', 'evaluate'],
    'in order',
  );
});

test.run();
