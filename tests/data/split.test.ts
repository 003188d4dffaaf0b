/** Held-out text: every 50th document, or every 20th page of a text of few documents; nothing lost, nothing on both sides. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { heldOutDocuments, locateData, trainingDocuments } from '../../src/data/layout.ts';
import { splitDocuments } from '../../src/data/split.ts';
import { put, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();
const partsOf = (name: string, text: string) => [...splitDocuments(put(folder, name, text))];

test('every 50th document from fifty on', () => {
  const texts = Array.from({ length: 120 }, (_, i) => `文${i + 1}`);
  const held = partsOf('many.txt', texts.join('\n\n')).filter(({ heldOut }) => heldOut);
  assert.equal(
    held.map(({ text }) => text),
    ['文50', '文100'],
  );
  assert.is(partsOf('few.txt', texts.slice(0, 49).join('\n\n')).filter(({ heldOut }) => heldOut).length, 0);
});

test('a novel of one document: every 20th page, at line ends, and the rest in long stretches', () => {
  const lines = Array.from({ length: 500 }, (_, i) => `${i}${'字'.repeat(97)}`); // six or seven lines make a page
  const text = lines.join('\n');
  const parts = partsOf('novel.txt', text);
  assert.is(parts.map((part) => part.text).join('\n'), text, 'nothing is lost');
  const held = parts.filter(({ heldOut }) => heldOut);
  assert.equal([held.length, parts.length], [4, 9]);
  assert.ok(held.every((part) => part.text.length >= 600 && part.text.length < 800));
  const files = locateData(`${folder}/novel.txt`);
  assert.equal(
    heldOutDocuments(files),
    held.map((part) => part.text),
  );
  assert.equal([...trainingDocuments(files), ...heldOutDocuments(files)].join('\n').length, text.length);
});

test('too little for twenty pages: all of it is learned', () => {
  assert.equal(partsOf('short.txt', '一\n二\n三'), [{ text: '一\n二\n三', heldOut: false }]);
});

test.run();
