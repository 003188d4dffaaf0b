/** The picture of attention and the script that changes it: which square is which weight. */
import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mostTelling } from '../../src/report/attention.ts';
import { attentionFigure, attentionScript, packed } from '../../src/report/attention-map.ts';
import { allClose } from '../all-close.ts';
import { attention as weights } from './made-up.ts';
import { attention, T } from './weights.ts';

test('all weights travel with the page as two digits, and a token stays text', () => {
  assert.equal(packed(attention).heads, [['999900990000'], ['995050009900']]);
  const html = attentionFigure(attention);
  assert.is(html.match(/<rect[^>]*fill-opacity/g)?.length, (T * (T + 1)) / 2);
  assert.is(html.match(/<\/script>/g)?.length, 1, 'a token must not end the script element');
  assert.not.match(html, /<b>/);
  assert.match(html, /<option value="1" selected>2</);
});

/** The figure of the made-up weights (tests/report/made-up.ts), of which no two rows, columns, layers or heads are alike. */
const { heads, tokens, answerStart } = weights;
const size = tokens.length;

/** The squares of a picture in the order of the page: row (who looks), column (at whom), darkness. */
function squaresOf(document: Document) {
  const squares = [...document.querySelectorAll('#attention rect[fill-opacity]')];
  const number = (square: Element, name: string) => Number(square.getAttribute(name));
  const places = (name: string) =>
    [...new Set(squares.map((square) => number(square, name)))].sort((a, b) => a - b);
  const [columns, rows] = [places('x'), places('y')];
  return squares.map((square) => ({
    row: rows.indexOf(number(square, 'y')),
    column: columns.indexOf(number(square, 'x')),
    opacity: number(square, 'fill-opacity'),
  }));
}

function isPictureOf(document: Document, layer: number, head: number, tolerance: number): void {
  const squares = squaresOf(document);
  assert.is(squares.length, (size * (size + 1)) / 2);
  for (const { row, column, opacity } of squares)
    allClose([opacity ** 2], [heads[layer]![head]![row * size + column]!], { absolute: tolerance });
}

test('a row looks at a column with the share of its weight; both axes name the tokens in order', () => {
  const { document } = parseHTML(attentionFigure(weights));
  const { layer, head } = mostTelling(weights);
  assert.not.equal([layer, head], [0, 0], 'the picture chosen is not the first');
  isPictureOf(document, layer, head, 0.002);
  const named = (axis: string) =>
    [...document.querySelectorAll(`g[aria-label="${axis}-axis tick label"] text`)].map(
      (text) => text.textContent,
    );
  assert.equal([named('x'), named('y')], [tokens, tokens]);
  const backgrounds = [...document.querySelectorAll('g[fill="var(--grid)"] rect')].map((square) =>
    ['x', 'y'].map((axis) => square.getAttribute(axis)),
  );
  const squares = [...document.querySelectorAll('rect[fill-opacity]')].map((square) =>
    ['x', 'y'].map((axis) => square.getAttribute(axis)),
  );
  assert.equal(backgrounds, squares);
  const select = (id: string) =>
    [...document.querySelectorAll(`#${id} option`)].map((option) => [
      option.textContent,
      option.hasAttribute('selected'),
    ]);
  assert.equal(
    select('layer'),
    heads.map((_, i) => [String(i + 1), i === layer]),
  );
  assert.equal(
    select('head'),
    heads[0]!.map((_, i) => [String(i + 1), i === head]),
  );
  const name = `layer ${layer + 1}, head ${head + 1}`;
  assert.is(document.querySelector('#shown')!.textContent, `${name}.`);
  assert.ok(document.querySelector('svg')!.getAttribute('aria-label')!.includes(name));
});

test('a line separates the question from the answer, if there is an answer', () => {
  const lines = (start: number) => {
    const { document } = parseHTML(attentionFigure({ ...weights, answerStart: start }));
    const rows = [
      ...new Set([...document.querySelectorAll('rect')].map((square) => Number(square.getAttribute('y')))),
    ];
    return [...document.querySelectorAll('g[aria-label="tick"] line')].map((line) =>
      rows.sort((a, b) => a - b).indexOf(Number(line.getAttribute('y1'))),
    );
  };
  assert.equal([lines(answerStart), lines(2), lines(size)], [[answerStart], [2], []]);
});

/** The page with its script running in it; `value` of a select is what the reader chose. */
function livePage() {
  const { document, Event } = parseHTML(`<html><body>${attentionFigure(weights)}</body></html>`);
  const choose = (id: 'layer' | 'head', value: number) => {
    const element = document.getElementById(id)!;
    Object.defineProperty(element, 'value', { value: String(value), configurable: true });
    element.dispatchEvent(new Event('change'));
  };
  new Function('document', attentionScript)(document);
  const point = (square: number) =>
    document
      .querySelectorAll('#attention rect[fill-opacity]')
      [square]!.dispatchEvent(new Event('pointerenter'));
  return { document, choose, point };
}

test('the script: every layer and head has its own picture and its own name', () => {
  const { document, choose } = livePage();
  for (const [layer, row] of heads.entries())
    for (const head of row.keys()) {
      choose('layer', layer);
      choose('head', head);
      isPictureOf(document as unknown as Document, layer, head, 0.011); // two digits
      const name = `layer ${layer + 1}, head ${head + 1}`;
      assert.is(document.getElementById('shown')!.textContent, `${name}.`);
      assert.ok(document.querySelector('#attention svg')!.getAttribute('aria-label')!.includes(name));
    }
});

test('the script: pointing at a square says who looks at whom, and how much', () => {
  const { document, choose, point } = livePage();
  choose('layer', 1);
  choose('head', 2);
  for (const [i, { row, column }] of squaresOf(document as unknown as Document).entries()) {
    point(i);
    const share = Math.min(99, Math.round(100 * heads[1]![2]![row * size + column]!));
    const said = `${tokens[row]} looks at ${tokens[column]} with ${share}%`;
    assert.is(document.getElementById('looked')!.textContent, said);
  }
  choose('head', 0);
  assert.is(document.getElementById('looked')!.textContent, '', 'of another head nothing has been said yet');
});

test('long tokens are cut, and the picture has room for the longest', () => {
  const long = { ...weights, tokens: tokens.map((token, i) => (i === 3 ? '长'.repeat(40) : token)) };
  assert.is(packed(long).tokens[3], `${'长'.repeat(12)}…`);
  const widthOf = (each: typeof weights) => Number(/<svg[^>]* width="(\d+)"/.exec(attentionFigure(each))![1]);
  const latin = { ...weights, tokens: tokens.map((token, i) => (i === 3 ? 'l'.repeat(40) : token)) };
  assert.ok(widthOf(long) > widthOf(latin) && widthOf(latin) > widthOf(weights));
});

test.run();
