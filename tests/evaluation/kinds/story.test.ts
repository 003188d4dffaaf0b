import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isStory } from '../../../src/evaluation/kinds/story.ts';

const STORY = '小兔子在河边玩。它看见一朵花。它把花送给了妈妈。';
const isRight = (text: string, hero = '小兔子', finished = true) => isStory({ text, finished }, hero);

test('three sentences about the hero, with an end', () => {
  assert.is(isRight(STORY), true);
  assert.is(isRight(STORY, ''), true, 'nobody was asked for');
  assert.is(
    isRight('“你好！”小兔子说。“你要去哪里？”小熊问。“我要回家。”小兔子说。'),
    true,
    '小兔子说 twice',
  );
});

test('wrong: too short, another hero, the same again, a loop, no end', () => {
  for (const text of [
    '',
    '小兔子在河边玩。它看见一朵花。',
    '小兔子在河边玩，它看见一朵花，它把花送给了妈妈。',
    `${STORY}${STORY}`,
    `${STORY}小兔子在河边玩。`,
    `${STORY}走啊走啊走啊走啊。`,
    '小兔子在河边玩。它看见一朵花。它把花送',
  ])
    assert.is(isRight(text), false, text);
  assert.is(isRight(STORY, '小熊'), false);
  assert.is(isRight(STORY, '小兔子', false), false, 'cut off');
});

test.run();
