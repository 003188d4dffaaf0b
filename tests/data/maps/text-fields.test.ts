/** Pretraining texts from every published shape. All records are made up. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDocuments } from '../../../src/data/corpus.ts';
import { lines, textMaps } from '../../../src/data/maps/text-fields.ts';
import { parquetOf } from '../every-format.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';
import { textsOf, Used } from './made-up.ts';

const folder = temporaryFolder();
const used = new Used();

test('text: webnovel, TigerBot wiki, SkyPile, C4', () => {
  used.add('text');
  assert.equal(textsOf({ title: '书', chapter: '一', text: '从前\n有山' }, { text: '网页', url: 'u' }), [
    '从前\n有山',
    '网页',
  ]);
});

test('content: TigerBot pretrain_zh and WuDao with a title, WanJuan without', () => {
  used.add('content');
  const tiger = {
    dataType: '百科',
    title: '黄山',
    content: '在安徽。',
    uniqueKey: 'k',
    titleUkey: 't',
    id: 7,
  };
  const found = textsOf(
    tiger,
    { ...tiger, content: '黄山，在安徽。' },
    { ...tiger, title: null },
    { ...tiger, content: ' ' },
    { id: 'x', content: '正文' },
  );
  assert.equal(found, ['黄山\n在安徽。', '黄山，在安徽。', '在安徽。', '正文']);
});

test('completion: wikipedia-cn', () => {
  used.add('completion');
  assert.equal(textsOf({ completion: '昭通机场是一个机场。', source: 'wikipedia.zh2307' }), [
    '昭通机场是一个机场。',
  ]);
});

test('title, summary, sections: BaiduBaike', () => {
  used.add('title');
  const entry = {
    title: '蓝鲸',
    summary: '最大的动物。',
    sections: [
      { title: '形态', content: '很长。' },
      { title: '', content: '无题。' },
      { title: '空', content: '' },
    ],
    tags: ['动物'],
    url: 'u',
  };
  assert.equal(
    textsOf(
      entry,
      { ...entry, summary: null },
      { ...entry, summary: '', sections: [] },
      { ...entry, sections: null },
    ),
    ['蓝鲸：最大的动物。\n形态：很长。\n无题。', '形态：很长。\n无题。', '蓝鲸：最大的动物。'],
  );
  refuses(() => textsOf({ ...entry, sections: 'x' }), 'a.jsonl:1', '"sections" must be a list');
  refuses(() => textsOf(entry, { ...entry, sections: [null] }), 'a.jsonl:2', 'section 1 must be an object');
  refuses(
    () => textsOf({ ...entry, sections: [{ title: 'a', content: 3 }] }),
    'section 1',
    '"content" must be a string, got 3',
  );
});

test('INSTRUCTION and RESPONSE: Zhihu-KOL, as parquet', () => {
  used.add('INSTRUCTION');
  const path = put(
    folder,
    'zhihu.parquet',
    parquetOf([
      {
        INSTRUCTION: '为什么天是蓝的？',
        RESPONSE: '因为散射。',
        SOURCE: 'Zhihu',
        METADATA: '{"upvotes": "1"}',
      },
      { INSTRUCTION: '没有人回答', RESPONSE: '', SOURCE: 'Zhihu', METADATA: '' },
    ]),
  );
  assert.equal([...readDocuments(path)], ['为什么天是蓝的？\n因为散射。']);
});

test('instruction, input, output: medical questions as text', () => {
  used.add('instruction');
  const records = [
    { instruction: '翻译', input: '你好', output: 'hello' },
    { instruction: '问好', input: '', output: '你好！' },
    { instruction: '问好', output: '你好！' },
    { id: 1, instruction: '问好', input: null, output: '你好！' },
  ];
  assert.equal(textsOf(...records), ['翻译\n你好\nhello', '问好\n你好！', '问好\n你好！', '问好\n你好！']);
});

test('parts that are blank leave no line', () => {
  assert.is(lines(' 一 ', '', ' \n', '二'), '一\n二');
});

test('every map of the table is used above and says where it comes from', () => used.covers(textMaps));

test.run();
