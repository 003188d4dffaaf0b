/** Every flag of alignment reaches the setting it names, and nothing that was not given is changed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { alignmentChanges, alignmentFlags } from '../../src/cli/alignment.ts';
import { parseFlags } from '../../src/cli/flags.ts';
import { alignmentSettings } from '../../src/training/alignment-settings.ts';
import { refuses } from '../data/temporary.ts';

const changesOf = (...args: string[]) => alignmentChanges(parseFlags(args, alignmentFlags)!);

test('nothing given, nothing changed', () => {
  assert.equal(changesOf(), {});
  assert.equal(alignmentSettings(changesOf()), alignmentSettings());
});

test('every flag changes exactly one setting, and to what was given', () => {
  const given: Record<string, string | number> = {
    beta: 0.3,
    'label-smoothing': 0.05,
    'dpo-loss': 'ipo',
    algorithm: 'grpo',
    reward: 'fact',
    rollouts: 32,
    'group-size': 16,
    'max-new-tokens': 10,
    'update-epochs': 3,
    'kl-coefficient': 0.2,
    'kl-target': 4,
    'entropy-weight': 0.01,
  };
  const names = Object.keys(alignmentFlags).filter((name) => name !== 'reward-from');
  assert.equal(Object.keys(given).sort(), names.sort());
  const defaults: Record<string, unknown> = { ...alignmentSettings() };
  for (const [name, value] of Object.entries(given)) {
    const changed = Object.entries(changesOf(`--${name}`, String(value)));
    assert.is(changed.length, 1, name);
    const [key, now] = changed[0]!;
    assert.ok(key in defaults, `${key} is no setting`);
    assert.is(now, value);
    assert.is.not(defaults[key], value);
  }
});

test('defaults in the help are the defaults in force', () => {
  const defaults: Record<string, unknown> = { ...alignmentSettings() };
  for (const [name, flag] of Object.entries(alignmentFlags)) {
    if (!('default' in flag) || name === 'kl-target') continue;
    const sample = flag.type === 'choice' ? flag.default : String(Number(flag.default));
    const [[key]] = Object.entries(changesOf(`--${name}`, sample)) as [[string, unknown]];
    assert.is(String(defaults[key]), sample, name);
  }
});

test('impossible values are refused', () => {
  refuses(() => changesOf('--beta', '0'), '--beta must be', 'above 0');
  refuses(() => changesOf('--label-smoothing', '0.5'), '--label-smoothing');
  refuses(() => changesOf('--group-size', '1'), '--group-size', 'at least 2');
});

test.run();
