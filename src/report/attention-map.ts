/**
 * The attention weights as a picture: a row for each token that looks, a column for each token it can see.
 *
 * One picture is drawn here, readable without scripts and on paper. The weights of all layers and heads travel beside it as two
 * digits each (percent), and a few lines of script change the darkness of the same squares.
 */
import * as Plot from '@observablehq/plot';
import { type AttentionWeights, mostTelling } from './attention.ts';
import { escapeJson } from './escape.ts';
import { svgOf } from './svg.ts';

const CELL = 19;

/** Small weights would not show: darkness grows with the square root of the share. */
const darkness = (share: number) => Number(Math.sqrt(Math.min(1, Math.max(0, share))).toFixed(3));

export function attentionFigure(attention: AttentionWeights): string {
  const { heads } = attention;
  const first = mostTelling(attention);
  const select = (id: string, name: string, count: number, chosen: number) =>
    `<label>${name} <select id="${id}">${Array.from(
      { length: count },
      (_, i) => `<option value="${i}"${i === chosen ? ' selected' : ''}>${i + 1}</option>`,
    ).join('')}</select></label>`;
  const scale = [0.01, 0.1, 0.25, 0.5, 1]
    .map((share) => {
      const square = `<span class="square"><i style="opacity:${darkness(share).toFixed(2)}"></i></span>`;
      return `<span class="name">${square}${share * 100}%</span>`;
    })
    .join(' ');
  return `<figure id="attention">
<p class="controls">${select('layer', 'Layer', heads.length, first.layer)} ${select('head', 'Head', heads[0]!.length, first.head)} <span class="paper" id="shown">${nameOf(first)}.</span> <span class="legend">share of the look: ${scale}</span></p>
<div class="wide">${attentionSvg(attention, first)}</div>
<p id="looked" class="note" aria-live="polite"></p>
<script type="application/json" id="weights">${escapeJson(packed(attention))}</script>
</figure>`;
}

function attentionSvg(
  { tokens, answerStart, heads }: AttentionWeights,
  { layer, head }: { readonly layer: number; readonly head: number },
): string {
  const T = tokens.length;
  const weights = heads[layer]![head]!;
  const cells = pairs(T).map(({ query, key }) => ({ query, key, share: weights[query * T + key]! }));
  const label = (i: number) => shown(tokens[i]!);
  const longest = Math.max(...tokens.map((token) => width(shown(token))));
  const margin = 16 + longest * 7;
  const positions = tokens.map((_, i) => i);
  return svgOf(`Attention of ${nameOf({ layer, head })}: which token looks at which`, {
    width: margin + T * CELL + 20,
    height: margin + 14 + T * CELL + 22,
    marginLeft: margin + 14,
    marginTop: margin + 14,
    marginRight: 6,
    marginBottom: 8,
    style: { fontSize: '12px' },
    x: {
      axis: 'top',
      label: 'token looked at →',
      labelAnchor: 'right',
      domain: positions,
      tickFormat: label,
      tickRotate: -90,
      tickSize: 3,
      padding: 0.06,
    },
    y: {
      label: '↓ token that looks',
      labelAnchor: 'top',
      domain: positions,
      tickFormat: label,
      tickSize: 3,
      padding: 0.06,
    },
    marks: [
      Plot.cell(cells, { x: 'key', y: 'query', fill: 'var(--grid)' }),
      Plot.cell(cells, {
        x: 'key',
        y: 'query',
        fill: 'var(--series-1)',
        fillOpacity: { value: ({ share }: { share: number }) => darkness(share), scale: null },
      }),
      // Above the line: the question; below: the answer.
      ...(answerStart < T
        ? [Plot.tickY([answerStart], { y: (q: number) => q, stroke: 'var(--series-2)', dy: -CELL / 2 })]
        : []),
    ],
  });
}

function nameOf({ layer, head }: { readonly layer: number; readonly head: number }): string {
  return `layer ${layer + 1}, head ${head + 1}`;
}

/** The squares in the order in which they are drawn: row by row, a token sees itself and what came before. */
function pairs(T: number): { query: number; key: number }[] {
  return Array.from({ length: T }, (_, query) =>
    Array.from({ length: query + 1 }, (_, key) => ({ query, key })),
  ).flat();
}

/** What the script needs: tokens, and for each layer and head two digits (00-99) a square. */
export function packed({ tokens, heads }: AttentionWeights): { tokens: string[]; heads: string[][] } {
  const T = tokens.length;
  const digits = (share: number) =>
    Math.min(99, Math.max(0, Math.round(share * 100)))
      .toString()
      .padStart(2, '0');
  const text = (weights: Float64Array) =>
    pairs(T)
      .map(({ query, key }) => digits(weights[query * T + key]!))
      .join('');
  return { tokens: tokens.map(shown), heads: heads.map((row) => row.map(text)) };
}

/** Pieces of spaces are visible, long ones short. */
function shown(token: string): string {
  const characters = [...token];
  return characters.length > 13 ? `${characters.slice(0, 12).join('')}…` : token;
}

/** In columns: Chinese characters are two wide. */
function width(text: string): number {
  return [...text].reduce((sum, character) => sum + (character.codePointAt(0)! > 0x2e80 ? 2 : 1), 0);
}

/** Runs in the page; chooses what the squares show. Written for any browser of the last years, without modules. */
export const attentionScript = `(() => {
  const data = JSON.parse(document.getElementById('weights').textContent);
  const squares = document.querySelectorAll('#attention rect[fill-opacity]');
  const layer = document.getElementById('layer');
  const head = document.getElementById('head');
  const looked = document.getElementById('looked');
  const shown = document.getElementById('shown');
  const picture = document.querySelector('#attention svg');
  const share = (i) => Number(data.heads[layer.value][head.value].slice(2 * i, 2 * i + 2)) / 100;
  const places = [];
  data.tokens.forEach((_, query) => { for (let key = 0; key <= query; key++) places.push([query, key]); });
  const paint = () => {
    squares.forEach((square, i) => square.setAttribute('fill-opacity', Math.sqrt(share(i))));
    const name = 'layer ' + (+layer.value + 1) + ', head ' + (+head.value + 1);
    shown.textContent = name + '.';
    picture.setAttribute('aria-label', 'Attention of ' + name + ': which token looks at which');
    looked.textContent = '';
  };
  layer.addEventListener('change', paint);
  head.addEventListener('change', paint);
  squares.forEach((square, i) => square.addEventListener('pointerenter', () => {
    const [query, key] = places[i];
    looked.textContent = data.tokens[query] + ' looks at ' + data.tokens[key] + ' with ' + Math.round(100 * share(i)) + '%';
  }));
})();`;
