/**
 * The register tiles of the matrix product, written out: assembly/tiles.ts is what this file says. So are the loops that bench/
 * measures products against, assembly/ceilings.ts.
 *
 *   C[rows][columns] = base + A B          A in a panel [kc][rows], B in a panel [kc][columns]
 *
 * All sums of a tile stay in registers while k runs: in one step each row's number of A is spread over a vector and multiplied
 * with the vectors of B. AssemblyScript has no arrays of registers, so every sum is a variable of its own; nobody should have to
 * type 24 of them four times.
 *
 *   6 x 8    12 sums + 2 vectors of B + 1 of A = the 15 registers that V8 gives out on x86
 *   6 x 16   the same, where V8 fuses two neighbouring 128-bit operations into one of 256 bits; twice as slow as 6 x 8 where it
 *            does not, since 24 sums are more than there are registers
 *   5 x 8    without fused multiply-add a product needs a register of its own: 10 + 2 + 1 + 2
 *   4 x 16   the same with 256 bits
 *   4 x 8    for the last columns of a product in tiles of 4 x 16
 *
 * V8 starts from two stores 16 bytes apart and follows them upward, and the high half has to be stored first. The sums start from
 * `base`: asking at the end whether to add what is in C, twelve times, made V8 spill them inside the loop, at less than half the
 * speed.
 *
 *   npm run build-kernels
 */
interface TileSize {
  readonly rows: number;
  readonly columns: number;
}

const sizes: readonly TileSize[] = [
  { rows: 6, columns: 8 },
  { rows: 6, columns: 16 },
  { rows: 5, columns: 8 },
  { rows: 4, columns: 16 },
  { rows: 4, columns: 8 },
];

/** The text of assembly/tiles.ts. */
export function tilesSource(): string {
  return [
    '/**',
    ' * Written by src/platform/tile-source.ts, which says what this is; npm run build-kernels writes it again.',
    ' */',
    "import { madd } from './math';",
    ...sizes.flatMap((size) => ['', ...tileSource(size)]),
    '',
  ].join('\n');
}

/** One tile: ldc and ldb (rows of C and of base) in bytes. */
function tileSource({ rows, columns }: TileSize): string[] {
  const vectors = [...Array(columns / 4).keys()];
  const lines = [...Array(rows).keys()];
  const highFirst = vectors.map((v) => v ^ 1);
  const at = (name: string, step: string, row: number) =>
    [name, `${name} + ${step}`][row] ?? `${name} + ${row} * ${step}`;
  const offset = (bytes: number) => (bytes === 0 ? '' : `, ${bytes}`);
  return [
    `/** C[${rows}][${columns}] = base + panel of A [kc][${rows}] times panel of B [kc][${columns}]. */`,
    `export function tile${rows}x${columns}(`,
    '  a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize,',
    '): void {',
    ...lines.flatMap((r) =>
      vectors.map((v) => `  let c${r}${v} = v128.load(${at('base', 'ldb', r)}${offset(16 * v)});`),
    ),
    `  const end = b + <usize>kc * ${4 * columns};`,
    '  while (b < end) {',
    ...vectors.map((v) => `    const b${v} = v128.load(b${offset(16 * v)});`),
    '    let x: v128;',
    ...lines.flatMap((r) => [
      `    x = v128.load32_splat(a${offset(4 * r)});`,
      ...vectors.map((v) => `    c${r}${v} = madd(x, b${v}, c${r}${v});`),
    ]),
    `    a += ${4 * rows};`,
    `    b += ${4 * columns};`,
    '  }',
    ...lines.flatMap((r) =>
      highFirst.map((v) => `  v128.store(${at('c', 'ldc', r)}, c${r}${v}${offset(16 * v)});`),
    ),
    '}',
  ];
}

/**
 * The text of assembly/ceilings.ts: the most multiply-adds that a processor does, in registers alone. Ten sums keep both of its
 * units busy with 128 bits; with 256 bits it takes more, which end in pairs of stores as those of a tile do.
 */
export function ceilingsSource(): string {
  return [
    '/**',
    ' * Written by src/platform/tile-source.ts: multiply-adds in registers, `end - begin` times.',
    ' */',
    "import { madd } from './math';",
    '',
    ...ceilingSource('ceiling', 10),
    '',
    ...ceilingSource('ceilingWide', 24),
    '',
  ].join('\n');
}

function ceilingSource(name: string, count: number): string[] {
  const sums = [...Array(count).keys()];
  const factors = 16 * count;
  return [
    `/** ${8 * count} floating-point operations each time. */`,
    `export function ${name}(out: usize, begin: i32, end: i32, scratch: usize): void {`,
    `  memory.fill(scratch, 0, ${factors});`,
    `  store<f32>(scratch, 1e-9, ${factors});`,
    `  store<f32>(scratch, 1, ${factors + 4});`,
    `  const x = v128.load32_splat(scratch, ${factors}), y = v128.load32_splat(scratch, ${factors + 4});`,
    ...sums.map((i) => `  let s${i} = v128.load(scratch, ${16 * i});`),
    '  for (let n = begin; n < end; n++) {',
    ...sums.map((i) => `    s${i} = madd(x, y, s${i});`),
    '  }',
    ...sums.map((i) => `  v128.store(scratch, s${i ^ 1}, ${16 * (i ^ 1)});`),
    '}',
  ];
}
