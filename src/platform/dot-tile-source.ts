/**
 * The tiles of dot products for few rows, written out: assembly/dot-tiles.ts is what this file says.
 *
 *   out[row][column][lane] = sum over steps of x[row][lane] w[column][lane]          lanes: `vectors` of the four of a step
 *
 * A weight [N, K] lies with k in one piece, and so does a row of x: sixteen numbers of both are multiplied at a time, into sixteen
 * sums for each output that few-rows.ts adds up afterwards. Nothing is packed. A tile takes one, two or all four vectors of
 * the sixteen, and is called again for the others: so its sums stay in registers, and an output is summed in the same order
 * whatever the tile. (Described here and not typed, because AssemblyScript has no arrays of registers; see tile-source.ts.)
 *
 *   1 x 4, 2 vectors   8 sums: the best for a single row with 128-bit operations
 *   3 x 4, 1 vector    12 sums + 3 + 1 of what is multiplied: for several rows
 *   1 x 4, 4 vectors   16 sums, 8 registers of 256 bits
 *   2 x 4, 2 vectors   the same for several rows: 97 to 115 GFLOP/s, where the packed tile of 6 x 16 makes 92
 *
 * V8 makes 256-bit operations of those with an even number of vectors, beginning at the stores (the high half first).
 *
 *   npm run build-kernels
 */
interface DotTile {
  readonly rows: number;
  readonly columns: number;
  readonly vectors: 1 | 2 | 4;
}

const dotTiles: readonly DotTile[] = [
  { rows: 1, columns: 4, vectors: 2 },
  { rows: 3, columns: 4, vectors: 1 },
  { rows: 1, columns: 4, vectors: 4 },
  { rows: 2, columns: 4, vectors: 2 },
];

/** The text of assembly/dot-tiles.ts. */
export function dotTilesSource(): string {
  return [
    '/**',
    ' * Written by src/platform/dot-tile-source.ts, which says what this is; npm run build-kernels writes it again.',
    ' */',
    "import { madd } from './math';",
    ...dotTiles.flatMap((tile) => ['', ...dotTileSource(tile)]),
    '',
  ].join('\n');
}

/** One tile; xs and ws, from row to row, in bytes; n steps of 16 numbers. */
function dotTileSource({ rows, columns, vectors }: DotTile): string[] {
  const [R, C, V] = [rows, columns, vectors].map((count) => [...Array(count).keys()]) as [
    number[],
    number[],
    number[],
  ];
  const offset = (bytes: number) => (bytes === 0 ? '' : `, ${bytes}`);
  const at = (name: string, i: number) => (i === 0 ? name : `${name} + ${name}${i}`);
  const steps = (name: string, count: number[]) =>
    count.slice(1).map((i) => `${name}${i} = ${i === 1 ? `${name}s` : `${i} * ${name}s`}`);
  return [
    `/** Sums of ${rows} x ${columns} dot products, ${4 * vectors} of sixteen lanes: output (r, c) is at out + 64 (${columns} r + c). */`,
    `export function dots${rows}x${columns}v${vectors}(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {`,
    `  const ${[...steps('x', R), ...steps('w', C)].join(', ')};`,
    ...R.flatMap((r) => C.flatMap((c) => V.map((v) => `  let s${r}${c}${v} = f32x4.splat(0);`))),
    '  for (const end = x + (<usize>n << 6); x < end; x += 64, w += 64) {',
    ...C.flatMap((c) => V.map((v) => `    const w${c}${v} = v128.load(${at('w', c)}${offset(16 * v)});`)),
    ...R.flatMap((r) => [
      ...V.map((v) => `    const x${r}${v} = v128.load(${at('x', r)}${offset(16 * v)});`),
      ...C.flatMap((c) => V.map((v) => `    s${r}${c}${v} = madd(x${r}${v}, w${c}${v}, s${r}${c}${v});`)),
    ]),
    '  }',
    ...R.flatMap((r) =>
      C.flatMap((c) =>
        (vectors === 1 ? V : V.map((v) => v ^ 1)).map(
          (v) => `  v128.store(out, s${r}${c}${v}${offset(64 * (columns * r + c) + 16 * v)});`,
        ),
      ),
    ),
    '}',
  ];
}
