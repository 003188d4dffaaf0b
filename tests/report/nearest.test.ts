/** The nearest passage is that of the plain search through all substrings, text by text; copied text is known as copied. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findNearest, MOST_TEXTS } from '../../src/report/nearest.ts';
import { Random } from '../../src/tensor/index.ts';

/** The longest substring of `text` that some document has, the slow way. */
function longest(text: string, documents: readonly string[]): number {
  const characters = [...text];
  for (let length = characters.length; length > 0; length--)
    for (let start = 0; start + length <= characters.length; start++)
      if (documents.some((document) => document.includes(characters.slice(start, start + length).join(''))))
        return length;
  return 0;
}

test('the longest run of every text, as a search through all substrings finds it', () => {
  const random = new Random(6);
  const signs = ['春', '风', '花', '😀'];
  const some = (length: number) => Array.from({ length }, () => random.pick(signs)).join('');
  for (let round = 0; round < 60; round++) {
    const texts = Array.from({ length: 1 + random.int(6) }, () => some(random.int(16)));
    const documents = Array.from({ length: random.int(5) }, () => some(random.int(20)));
    const { nearest, whole } = findNearest(texts, documents);
    assert.ok(whole);
    for (const [i, { run, passage, shared }] of nearest.entries()) {
      assert.is([...run].length, longest(texts[i]!, documents), JSON.stringify({ texts, documents, i, run }));
      assert.ok(texts[i]!.includes(run) && passage.includes(run));
      const grams = [...texts[i]!].slice(3).map((_, at) => [...texts[i]!].slice(at, at + 4).join(''));
      const found = grams.filter((gram) => documents.some((document) => document.includes(gram)));
      assert.is(shared, found.length / Math.max(1, grams.length));
    }
  }
});

test('a copied line, and the passage around it; line ends do not hide it', () => {
  const documents = ['又是一年\n春风吹绿江南岸，几度花开。', '无关的文字'];
  const { nearest } = findNearest(['昨夜一年 春风吹绿江南岸，明月', '完全不同'], documents);
  assert.equal(nearest[0]!.run, '一年 春风吹绿江南岸，');
  assert.is(nearest[0]!.passage, '又是一年 春风吹绿江南岸，几度花开。');
  assert.ok(nearest[0]!.shared > 0.5);
  assert.equal(nearest[1], { run: '', passage: '', shared: 0 });
});

test('more texts than a mask has bits are refused', () => {
  assert.throws(() => findNearest(new Array<string>(MOST_TEXTS + 1).fill('春'), []), RangeError);
});

test.run();
