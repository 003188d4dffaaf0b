/**
 * Which tiles are faster here: those for 128-bit or those for 256-bit operations (assembly/tiles.ts)?
 *
 * WebAssembly has vectors of 128 bits. V8 can make one 256-bit operation of two neighbouring ones, and then the wide tile does
 * 1.9 times as much as the narrow one; where V8 cannot, it has more sums than there are registers and does 0.4 times as much.
 * Nothing but a trial tells: both tiles on data that fits into the nearest cache, in short turns; the best turn of each counts,
 * so that a busy machine can make the answer late and not wrong.
 */

/** Narrow and wide tile of a module of tiles: rows x columns. */
const tiles = { fma: ['6x8', '6x16'], simd: ['5x8', '4x16'] } as const;
export type TileVariant = keyof typeof tiles;

type Tile = (
  a: number,
  b: number,
  kc: number,
  c: number,
  ldc: number,
  base: number,
  ldb: number,
) => undefined;

/** Where the operands lie in the module's memory of 128 kB (which all begin as zeros; zeros take as long as other numbers). */
const [A, B, C, BASE] = [65536, 73728, 98304, 106496];
const KC = 256;

/** How long to try. */
export interface Effort {
  readonly turns: number;
  /** Calls of a tile in one turn, 0.2 to 0.5 microseconds each: a turn has to be long for the clock. */
  readonly calls: number;
}

export interface Trial {
  /** How many times as many multiply-adds per second the wide tile does. */
  readonly ratio: number;
  readonly isWide: boolean;
}

/** Both tiles, in turns; `module` is a build of assembly/tiles.ts. */
export function tryTiles(
  module: WebAssembly.Module,
  variant: TileVariant,
  { turns, calls }: Effort = { turns: 60, calls: 10 },
): Trial {
  const { exports } = new WebAssembly.Instance(module, { env: { abort: () => {} } });
  const [narrow, wide] = tiles[variant].map((size) => {
    const [rows, columns] = size.split('x').map(Number) as [number, number];
    return { tile: exports[`tile${size}`] as Tile, sums: rows * columns, line: 4 * columns, best: Infinity };
  }) as [Contender, Contender]; // as many as there are names
  for (let turn = 0; turn < turns; turn++) {
    for (const contender of [narrow, wide]) {
      const { tile, sums, line } = contender;
      const began = performance.now();
      for (let call = 0; call < calls; call++) tile(A, B, KC, C, line, BASE, line);
      contender.best = Math.min(contender.best, (performance.now() - began) / sums);
    }
  }
  const ratio = narrow.best / wide.best;
  return { ratio, isWide: ratio > 1.1 }; // as good as the same: then the one that needs nothing of V8
}

interface Contender {
  readonly tile: Tile;
  readonly sums: number;
  readonly line: number;
  /** Milliseconds for each sum. */
  best: number;
}
