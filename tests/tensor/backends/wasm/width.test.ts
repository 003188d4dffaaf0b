/** The choice between tiles of 128 and of 256 bits. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kernelPath } from '../../../../src/platform/build-kernels.ts';
import { startWasmBackend } from '../../../../src/platform/node.ts';
import { enableRelaxedSimd } from '../../../../src/platform/v8-flags.ts';
import { tryTiles } from '../../../../src/tensor/backends/wasm/width.ts';
import { Random, randn, withDefaults } from '../../../../src/tensor/index.ts';

enableRelaxedSimd();
const maximumBytes = 64 << 20;

test('both tiles of either build run in a memory of their own, and one of them is the faster', () => {
  for (const [file, variant] of [
    ['tiles', 'fma'],
    ['tiles-simd', 'simd'],
  ] as const) {
    const { ratio, isWide } = tryTiles(new WebAssembly.Module(readFileSync(kernelPath(file))), variant, {
      turns: 3,
      calls: 10,
    });
    assert.ok(ratio > 0 && Number.isFinite(ratio));
    assert.is(isWide, ratio > 1.1);
  }
});

test('a module without the tiles is not tried', () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  assert.throws(() => tryTiles(empty, 'fma'), TypeError);
});

test('a product is the same bits in narrow and in wide tiles', async () => {
  for (const deterministic of [false, true]) {
    const results: number[][] = [];
    for (const wide of [false, true]) {
      const backend = await startWasmBackend({ threads: 1, deterministic, wide, maximumBytes });
      assert.is(backend.wide, wide);
      results.push(
        withDefaults({ backend }, () => {
          const random = new Random(5);
          const [a, b] = [randn([77, 601], random), randn([601, 93], random)];
          return [...a.matmul(b).toArray()];
        }),
      );
      backend.stop();
    }
    assert.equal(results[0], results[1]);
    assert.is(new Set(results[0]).size > 7000, true); // not all the same number
  }
});

test.run();
