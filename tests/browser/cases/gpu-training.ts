/**
 * Fifty steps of training on the gpu backend in a page: the loss follows the reference, nothing piles up on the device, nothing
 * is compiled after the first step. And what happens when the device goes away in the middle.
 */
import * as assert from 'uvu/assert';
import { createGpuBackend, type GpuBackend } from '../../../src/tensor/backends/gpu/index.ts';
import type { GpuMode } from '../../../src/tensor/backends/gpu/library.ts';
import { picoLosses } from '../../training/pico-steps.ts';
import { follows, memoryWatch, STEPS, trainLikeReference } from '../backend-cases.ts';
import { witness } from '../gpu-witness.ts';
import type { PageCase } from '../page-case.ts';

/** SwiftShader needs 1.3 s for a step of 4 x 64 tokens. */
const size = { rows: 2, length: 32 };

export async function trainingCases(mode: GpuMode): Promise<{ readonly cases: readonly PageCase[] }> {
  return {
    cases: [
      { name: `${STEPS} pico steps follow the reference in constant memory`, run: () => train(mode) },
      { name: 'control: kept tensors, new kernels and other losses are noticed', run: () => control(mode) },
      ...(mode === 'webasm' ? [] : [deviceLost(mode), outOfMemory(mode)]),
    ],
  };
}

/** Tensors, their numbers, textures and buffers, shaders. */
const sizesOf =
  ({ device: { memory } }: GpuBackend) =>
  () => [memory.arrays, memory.elements, witness.live, witness.programs];

async function train(mode: GpuMode): Promise<string> {
  const before = witness.live;
  const once = await createGpuBackend({ mode });
  const [first] = await picoLosses(once, 1, undefined, size);
  await once.stop();
  const { programs } = witness;
  const backend = await createGpuBackend({ mode });
  const { device } = backend;
  const { losses, figures } = await trainLikeReference({
    backend,
    tolerance: 1e-2,
    size,
    fall: 0.5,
    sizes: sizesOf(backend),
  });
  const { live } = witness;
  await backend.stop();
  assert.is(losses[0], first);
  assert.is(device.compiled, once.device.compiled, 'fifty steps compile more than one');
  assert.is(witness.programs - programs, mode === 'webasm' ? 0 : device.compiled);
  assert.equal([device.memory.arrays, witness.live], [0, before], 'something is left after training');
  const peak = `${(device.memory.peakElements * 4e-6).toFixed(1)} MB in tensors at most`;
  return `${figures}; ${device.compiled} kernels, ${peak}, ${live} textures or buffers`;
}

async function control(mode: GpuMode): Promise<undefined> {
  const backend = await createGpuBackend({ mode });
  const noticed = async (afterStep: () => void) => {
    const watch = memoryWatch(sizesOf(backend));
    const step = (done: number) => {
      if (done === 5) afterStep();
      watch(done);
      if (done === 6) throw new Error('nothing was noticed');
    };
    return await messageOf(picoLosses(backend, 8, step, size));
  };
  const keep = () => void backend.upload(new Float32Array(7));
  keep();
  await backend.device.settle();
  assert.match(await noticed(() => setTimeout(keep)), 'in use after step 6');
  if (mode !== 'webasm') {
    // A shape that has not been seen before.
    assert.match(
      await noticed(() => setTimeout(() => backend.release(backend.allocate('float32', 1234)))),
      'in use after step 6',
    );
  }
  const falling = Array.from({ length: STEPS }, (_, i) => 6 - i / 10);
  assert.throws(
    () =>
      follows(
        falling.map((loss, i) => loss + (i === 7 ? 0.02 : 0)),
        falling,
        1e-2,
      ),
    /differs by 0\.0[12]\d* at step 8$/,
  );
  await backend.stop();
  return undefined;
}

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing',
    (error: Error) => error.message,
  );

/** The device goes away between two steps; a new backend starts where the checkpoint was. */
function deviceLost(mode: GpuMode): PageCase {
  return {
    name: 'a device that goes away in the middle of training is a sentence, and another one starts',
    async run() {
      const { live } = witness;
      const backend = await createGpuBackend({ mode });
      const lose = () => {
        if (mode === 'webgpu') (backend.device.context as { readonly device: GPUDevice }).device.destroy();
        else
          (backend.device.context as WebGL2RenderingContext)
            .getExtension('WEBGL_lose_context')!
            .loseContext();
      };
      const training = picoLosses(backend, 10, (step) => step === 3 && lose(), size);
      const message = await messageOf(training);
      assert.match(
        message,
        /^gpu: the device was taken away .* the last checkpoint is intact: start again .* --backend wasm$/,
      );
      await backend.stop();
      assert.equal([backend.device.memory.arrays, witness.live], [0, live]);
      const next = await createGpuBackend({ mode });
      const [first, second] = await picoLosses(next, 2, undefined, size);
      assert.ok(second! < first!);
      await next.stop();
      return message;
    },
  };
}

/** The driver's refusal is played: a real one takes the machine's memory. */
function outOfMemory(mode: GpuMode): PageCase {
  return {
    name: 'a device without memory left is a sentence',
    ...(mode === 'webgpu' ? { expectedErrors: /out of memory, for the test/ } : {}),
    async run() {
      const { live } = witness;
      const backend = await createGpuBackend({ mode });
      const refuse = () => {
        if (mode === 'webgpu') {
          const { device } = backend.device.context as { readonly device: GPUDevice };
          const error = new GPUOutOfMemoryError('out of memory, for the test');
          device.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
        } else {
          const gl = backend.device.context as WebGL2RenderingContext;
          gl.getError = () => gl.OUT_OF_MEMORY;
        }
      };
      const message = await messageOf(picoLosses(backend, 10, (step) => step === 3 && refuse(), size));
      assert.match(
        message,
        /^gpu: the device has no memory left \(tensors have [1-9] MB .* the last checkpoint is intact: take a smaller --batch-size/,
      );
      await backend.stop();
      assert.equal([backend.device.memory.arrays, witness.live], [0, live]);
      return message;
    },
  };
}
