import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readStories } from '../../src/data/stories.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('stories: a request, and a hero that may be empty but not missing', () => {
  const good = { question: '讲一个小兔子的故事。', hero: '小兔子' };
  const path = put(folder, 's.jsonl', `${JSON.stringify(good)}\n${JSON.stringify({ ...good, hero: '' })}\n`);
  assert.equal(readStories(path), [good, { ...good, hero: '' }]);
  put(folder, 's.jsonl', JSON.stringify({ question: good.question }));
  refuses(() => readStories(path), `${path}:1`, '"hero" must be a string');
});

test.run();
