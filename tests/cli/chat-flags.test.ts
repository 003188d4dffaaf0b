/** No flag of a conversation is read and then forgotten. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { backendFlags } from '../../src/cli/backend.ts';
import { chatFlags, chatOptions } from '../../src/cli/chat-flags.ts';
import { type Flag, parseFlags } from '../../src/cli/flags.ts';
import { refuses } from '../data/temporary.ts';

/** What says which model, where it computes and what is asked; the rest says how it answers. */
const others = ['model', 'prompt', ...Object.keys(backendFlags)];

const optionsOf = (...args: string[]) => chatOptions(parseFlags(args, chatFlags)!); // not --help

test('every flag that says how to answer changes one option, to the value given', () => {
  const flags = Object.entries<Flag>(chatFlags).filter(([name]) => !others.includes(name));
  assert.is(flags.length, 8);
  const before = Object.entries(optionsOf());
  const changed = flags.map(([name, { type }]) => {
    const given = type === 'text' ? '。' : name === 'top-p' ? '0.25' : '7';
    const after = Object.entries(optionsOf(`--${name}`, given));
    const differing = after.filter(([, value], i) => JSON.stringify(value) !== JSON.stringify(before[i]![1]));
    assert.is(differing.length, 1, `--${name}`);
    const [option, value] = differing[0]!; // just counted
    assert.is(String(value), given, `--${name}`);
    return option;
  });
  assert.is(new Set(changed).size, flags.length, 'each an option of its own');
});

test('sampling that makes no sense is refused before a model is opened', () => {
  refuses(() => chatOptions({ 'top-k': 1.5 }), 'top-k');
});

test.run();
