/**
 * The builds of the wasm backend that its tests run on: fused multiply-add and portable, with one and with several threads, and
 * the plain one.
 */
import { readFileSync } from 'node:fs';
import { buildKernels, isStale, kernelPath } from '../../../../src/platform/build-kernels.ts';
import { startWasmBackend } from '../../../../src/platform/node.ts';
import { createWasmBackend, type WasmBackend } from '../../../../src/tensor/backends/wasm/index.ts';
import type { HostArray } from '../../../../src/tensor/dtype.ts';

if (isStale()) await buildKernels();
const maximumBytes = 256 << 20;

/**
 * The default build and the one of `--deterministic`: with narrow tiles on one thread, with wide ones on several, whether V8 makes
 * 256-bit operations of those or not.
 */
export async function startBuilds() {
  const builds = await Promise.all(
    [false, true].map(async (deterministic) => ({
      one: await startWasmBackend({ threads: 1, deterministic, wide: false, maximumBytes }),
      // An odd number of shares as well: they end elsewhere, and are not all of one length.
      several: await startWasmBackend({
        ...{ threads: deterministic ? 3 : 2, deterministic, wide: true, maximumBytes },
      }),
    })),
  );
  const plain = await startPlain();
  const all = [...builds.flatMap(({ one, several }) => [one, several]), plain];
  return {
    builds,
    plain,
    all,
    stop() {
      for (const backend of all) backend.stop();
    },
  };
}

/** What a page without cross-origin isolation gets: one thread on a memory of its own. */
export function startPlain() {
  return createWasmBackend({
    module: new WebAssembly.Module(readFileSync(kernelPath('plain'))),
    variant: 'plain',
    threads: 2, // more than one thread there cannot be
    shared: false,
    maximumBytes,
  });
}

/** 64 bytes, so that blocks stay aligned. */
const FENCE = 16;
/** New memory: NaN; as an integer, an index far outside of everything. */
const UNWRITTEN = 0x7fc0abcd;
/** Fences are another number for every block, about 1e20: what is copied or computed from one fence is not what the next holds. */
const FENCES = 0x60a00000;

/**
 * From now on all memory of this backend begins as NaN and lies between fences: a kernel that leaves out an element, counts on
 * zeros, or writes outside of its result is found, where otherwise it would hit memory that nobody looks at. Returns what goes
 * back to the old ways.
 */
export function fenced({ device: { memory } }: WasmBackend): () => void {
  const { allocate, release } = memory;
  const blocks = new Map<number, { readonly block: HostArray; readonly word: number }>();
  let made = 0;
  memory.allocate = (dtype, size) => {
    if (dtype === 'float64') return allocate.call(memory, dtype, size);
    const block = allocate.call(memory, dtype, size + 2 * FENCE);
    const word = FENCES + (made++ % 0x10000);
    const words = new Int32Array(block.buffer, block.byteOffset, block.length).fill(word);
    words.fill(UNWRITTEN, FENCE, FENCE + size);
    const data = block.subarray(FENCE, FENCE + size);
    blocks.set(data.byteOffset, { block, word });
    return data;
  };
  memory.release = (data) => {
    const found = memory.owns(data) ? blocks.get(data.byteOffset) : undefined;
    if (found === undefined) return release.call(memory, data);
    const { block, word } = found;
    blocks.delete(data.byteOffset);
    release.call(memory, block);
    const words = new Int32Array(block.buffer, block.byteOffset, block.length);
    const end = FENCE + data.length;
    for (let i = 0; i < words.length; i++) {
      if ((i >= FENCE && i < end) || words[i] === word) continue;
      const where = i < FENCE ? `${FENCE - i} numbers before` : `${i - end + 1} numbers after`;
      throw new Error(`something was written ${where} an array of ${data.length} numbers`);
    }
  };
  return () => {
    Object.assign(memory, { allocate, release });
  };
}
