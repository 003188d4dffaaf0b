/**
 * The tiles of dot products for few rows, written out: assembly/dot-tiles.ts is what this file says.
 *
 *   out[row][column][lane] = sum over steps of x[row][lane] w[column][lane]          lanes: `vectors` of the four of a step
 *
 * A weight [N, K] lies with k in one piece, and so does a row of x: eight numbers of both are multiplied at a time, into eight
 * sums for each output that few-rows.ts adds up afterwards. Nothing is packed. A tile takes both vectors of the eight, or one and
 * is called again for the other: so its sums stay in registers, and an output is summed in the same order whatever the tile.
 * (Described here and not typed, because AssemblyScript has no arrays of registers; see tile-source.ts.)
 *
 *   1 x 8, 2 vectors   16 sums: a row alone, which is as fast as its weights come (64 GFLOP/s from the nearest cache, 43 from the
 *                      last one)
 *   1 x 4, 2 vectors   8 sums: the row or the columns that are left over
 *   3 x 4, 1 vector    12 sums, for several rows with 128-bit operations: 44 GFLOP/s
 *   2 x 4, 2 vectors   16 sums, for several rows with 256-bit operations: 108 to 117 GFLOP/s, as much as products in panels do
 *
 * With sixteen sums for each output the last one makes 97, since a row of K = 128 is soon over and the sums have to be added up.
 * V8 makes 256-bit operations of those with two vectors, beginning at the stores (the high half first).
 *
 *   npm run build-kernels
 */
interface DotTile {
  readonly rows: number;
  readonly columns: number;
  readonly vectors: 1 | 2;
}

const dotTiles: readonly DotTile[] = [
  { rows: 1, columns: 8, vectors: 2 },
  { rows: 1, columns: 4, vectors: 2 },
  { rows: 3, columns: 4, vectors: 1 },
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

/** One tile; xs and ws, from row to row, in bytes; n steps of 8 numbers. */
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
    `/** Sums of ${rows} x ${columns} dot products, ${4 * vectors} of eight lanes: output (r, c) is at out + 32 (${columns} r + c). */`,
    `export function dots${rows}x${columns}v${vectors}(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {`,
    `  const ${[...steps('x', R), ...steps('w', C)].join(', ')};`,
    ...R.flatMap((r) => C.flatMap((c) => V.map((v) => `  let s${r}${c}${v} = f32x4.splat(0);`))),
    '  for (const end = x + (<usize>n << 5); x < end; x += 32, w += 32) {',
    ...C.flatMap((c) => V.map((v) => `    const w${c}${v} = v128.load(${at('w', c)}${offset(16 * v)});`)),
    ...R.flatMap((r) => [
      ...V.map((v) => `    const x${r}${v} = v128.load(${at('x', r)}${offset(16 * v)});`),
      ...C.flatMap((c) => V.map((v) => `    s${r}${c}${v} = madd(x${r}${v}, w${c}${v}, s${r}${c}${v});`)),
    ]),
    '  }',
    ...R.flatMap((r) =>
      C.flatMap((c) =>
        (vectors === 1 ? V : V.map((v) => v ^ 1)).map(
          (v) => `  v128.store(out, s${r}${c}${v}${offset(32 * (columns * r + c) + 16 * v)});`,
        ),
      ),
    ),
    '}',
  ];
}
