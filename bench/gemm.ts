/**
 * Matrix products C[M,N] = A[M,K] B[K,N] in GFLOP/s (2 M K N operations).
 *
 *   SIMD ceiling   multiply-adds in registers on as many threads, in the same process, rounds and width: what the processor can
 *                  do at most with such vectors
 *
 * On the cubes the ladder is measured too: the reference's three loops (every sum waits for itself), the loop over rows that
 * most people write first, tiles of 4 x 4 (tile.ts), and the SIMD kernel.
 *
 * Measured are cubes and the products of a pico (16x64 tokens) and nano (16x128) training step. A name is MxKxN, with the case
 * if not nn.
 */
import { type Bench, ratiosOf } from './children.ts';
import type { Measurement } from './measurement.ts';
import { cubes, type Product, productName, trainingProducts } from './products.ts';
import { median } from './timing.ts';
import type { Child } from './turns/child-process.ts';
import type { SlowProduct, Task } from './turns/protocol.ts';
import { disturbance, faster, measurementOf, spread, takeTurns } from './turns/rounds.ts';

const LEAST_MS = 20;

export async function* gemm(bench: Bench): AsyncGenerator<Measurement> {
  if (bench.wants('SIMD ceiling')) yield* ceilingAlone(bench);
  const all: Product[] = [
    ...cubes.flatMap((size) => (['nn', 'nt', 'tn'] as const).map((form) => ({ size, form }))),
    ...trainingProducts('pico', 16 * 64),
    ...trainingProducts('nano', 16 * 128),
  ];
  for (const product of all) if (bench.wants(productName(product))) yield* oneProduct(bench, product);
}

async function* oneProduct({ children, rounds }: Bench, product: Product): AsyncGenerator<Measurement> {
  const one = children[0]!;
  const slow = slowOnes(product, one);
  const task = (by?: SlowProduct): Task => ({
    group: 'gemm',
    ...product,
    ...(by === undefined ? {} : { by }),
  });
  const candidates = [
    ...children.map((child) => ({ child, task: task() })),
    ...slow.map((by) => ({ child: one, task: task(by) })),
  ];
  const result = await takeTurns(candidates, {
    rounds: rounds(9),
    leastMs: LEAST_MS,
    ceilings: withCeiling(children),
  });
  const warning = disturbance(result.ceilings);
  const own = { ...result, series: result.series.slice(0, children.length) };
  for (const [i, series] of own.series.entries()) {
    const limit = result.ceilings.find(({ child }) => child === series.child);
    const ratios: Record<string, number> = {
      ...(limit === undefined ? {} : { 'SIMD ceiling': faster(series, limit) }),
      ...ratiosOf(own, i),
    };
    for (const [s, by] of slow.entries()) ratios[by] = faster(series, result.series[children.length + s]!);
    yield {
      ...measurementOf(series, 'gemm', productName(product)),
      ratios,
      ...(warning === null ? {} : { warning }),
    };
  }
  await result.close();
}

/** The slow ones only on the cubes: they show the ladder, and take most of the time. */
function slowOnes({ size, form }: Product, { greeting }: Child): SlowProduct[] {
  const isReference = greeting.backend === 'reference';
  if (!isReference && (form !== 'nn' || !cubes.includes(size))) return [];
  return [
    ...(isReference ? [] : (['reference'] as const)),
    '4 x 4 tile',
    ...(form === 'nn' ? (['row loop'] as const) : []),
  ];
}

export function withCeiling(children: readonly Child[]): Child[] {
  return children.filter(({ greeting }) => greeting.backend === 'wasm');
}

async function* ceilingAlone({ children, rounds }: Bench): AsyncGenerator<Measurement> {
  const candidates = withCeiling(children).map((child) => ({ child, task: { group: 'ceiling' } as const }));
  const result = await takeTurns(candidates, { rounds: rounds(15), leastMs: LEAST_MS });
  const warning = disturbance(result.series);
  for (const [i, series] of result.series.entries()) {
    yield {
      ...measurementOf(series, 'gemm', 'SIMD ceiling'),
      ratios: ratiosOf(result, i),
      details: {
        'spread between rounds': spread(series),
        'per thread': median(series.values) / series.child.greeting.threads,
      },
      ...(warning === null ? {} : { warning }),
    };
  }
  await result.close();
}
