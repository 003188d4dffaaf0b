import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { messagesIn } from '../../../src/data/maps/message-list.ts';
import { refuses } from '../temporary.ts';
import { dialoguesOf } from './made-up.ts';

test('speakers: system, human and gpt, in several turns; another is refused', () => {
  const several = [
    { from: 'system', value: '简短' },
    ...['甲', '乙', '丙', '丁'].map((value, i) => ({ from: i % 2 === 0 ? 'human' : 'gpt', value })),
  ];
  assert.equal(
    dialoguesOf({ conversations: several })[0]!.map(([role]) => role),
    ['system', 'user', 'assistant', 'user', 'assistant'],
  );
  refuses(
    () => dialoguesOf({ conversations: [{ from: 'robot', value: 'a' }] }),
    'message 1 of "conversations"',
    'from: system, human or gpt',
  );
});

test('both ways of writing give the same messages; what is not a list is refused', () => {
  const record = {
    value: {
      a: [
        { role: 'user', content: '几？' },
        { from: 'gpt', value: '一', extra: 1 },
      ],
      b: 'x',
      c: [null],
    },
    place: 'f:3',
  };
  assert.equal(messagesIn(record, 'a'), [
    { role: 'user', content: '几？' },
    { role: 'assistant', content: '一' },
  ]);
  refuses(() => messagesIn(record, 'b'), 'f:3: "b" must be a list');
  refuses(() => messagesIn(record, 'none'), 'f:3: "none" must be a list');
  refuses(() => messagesIn(record, 'c'), 'f:3: message 1 of "c" needs a role');
});

test.run();
