import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readFollowUps } from '../../src/data/follow-ups.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

const say = (role: string, content: string) => ({ role, content });

test('follow-ups: a conversation that ends with a question, and what counts as its answer', () => {
  const good = {
    kind: 'same-question',
    messages: [say('user', '法国的首都是哪里？'), say('assistant', '巴黎。'), say('user', '那德国呢？')],
    answer: '柏林',
    accepted: ['德国的首都是柏林。'],
  };
  const path = put(folder, 'f.jsonl', `${JSON.stringify({ id: 'f:1', ...good })}\n`);
  assert.equal(readFollowUps(path), [good]);
  const cases: [object, string][] = [
    [{ ...good, kind: undefined }, '"kind" must be a string'],
    [{ ...good, messages: 'x' }, '"messages" must be a list'],
    [{ ...good, messages: [] }, 'there is no user message'],
    [{ ...good, messages: [say('robot', 'x')] }, 'message 1 of "messages" needs a role'],
    [{ ...good, messages: good.messages.slice(0, 2) }, 'end with a user message'],
    [{ ...good, messages: good.messages.slice(1) }, 'message 1 is from assistant but must be from user'],
    [{ ...good, accepted: [] }, '"accepted" must be a list of at least one sentence'],
  ];
  for (const [record, part] of cases) {
    put(folder, 'f.jsonl', `${JSON.stringify(good)}\n${JSON.stringify(record)}\n`);
    refuses(() => readFollowUps(path), `${path}:2`, part);
  }
});

test.run();
