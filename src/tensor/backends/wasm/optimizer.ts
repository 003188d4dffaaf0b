/**
 * AdamW and the gradient norm on the wasm backend (kernels in assembly/optimizer.ts): all parameters in one job.
 *
 * A model has dozens of parameters, most of them small. So the kernels get a table of them, cut into chunks of equal length,
 * and the threads share the chunks: waking them once instead of forty times.
 */
import type { AdamWTarget, AdamWUpdate } from '../../backend.ts';
import type { HostArray } from '../../dtype.ts';
import { power } from '../../power.ts';
import { isContiguous, type View } from '../../view.ts';
import type { Device } from './device.ts';
import { rows, SUM } from './reduce.ts';

/** Elements of a chunk and 32-bit words of a table row, as in assembly/optimizer.ts. */
const CHUNK = 4096;
const WORDS = 8;
/** Chunks worth a share of their own. */
const GRAIN = 2;

/** True if the kernel can do this update; what it cannot (float64, strided parameters) is left to the reference loop. */
export function canUpdate(device: Device, targets: readonly AdamWTarget[]): boolean {
  return targets.every(
    ({ parameter, gradient, firstMoment, secondMoment }) =>
      device.isFloat(gradient) &&
      [parameter, firstMoment, secondMoment].every((view) => device.isFloat(view) && isContiguous(view)),
  );
}

/** The factors are computed here in double precision: in float32, 1 - 0.999 would already be wrong in the fifth digit. */
export function adamw(device: Device, targets: readonly AdamWTarget[], u: AdamWUpdate): void {
  const table = new Table(device, targets.length);
  for (const { parameter, gradient, firstMoment, secondMoment, weightDecay } of targets) {
    const addresses = [parameter, gradient, firstMoment, secondMoment].map((view) => device.rowMajor(view));
    table.add(parameter.size, addresses, u.learningRate * weightDecay);
  }
  device.run('adamw', table.chunks, GRAIN, [
    table.address,
    u.beta1,
    1 - u.beta1,
    u.beta2,
    1 - u.beta2,
    u.learningRate / (1 - power(u.beta1, u.step)),
    1 / (1 - power(u.beta2, u.step)),
    u.eps,
    u.gradientScale,
  ]);
  table.release();
}

export function sumOfSquares(device: Device, views: readonly View[]): HostArray {
  const table = new Table(device, views.length);
  for (const view of views) table.add(view.size, [device.rowMajor(view)]);
  const partial = device.allocate('float32', Math.max(1, table.chunks));
  if (table.chunks === 0) partial[0] = 0;
  device.run('sumOfSquares', table.chunks, GRAIN, [table.address, partial.byteOffset]);
  table.release();
  const result = rows(device, SUM, partial.byteOffset, 1, partial.length);
  device.memory.release(partial);
  return result;
}

/** Rows of [first chunk, elements, decay, -, four addresses], one for each tensor that is not empty. */
class Table {
  chunks = 0;
  private readonly device: Device;
  private readonly words: Int32Array;
  private readonly floats: Float32Array;
  private rows = 0;

  constructor(device: Device, size: number) {
    this.device = device;
    this.words = device.allocate('int32', WORDS * size) as Int32Array;
    this.floats = new Float32Array(this.words.buffer, this.words.byteOffset, this.words.length);
  }

  get address(): number {
    return this.words.byteOffset;
  }

  add(size: number, addresses: readonly number[], decay = 0): void {
    if (size === 0) return;
    const at = WORDS * this.rows++;
    this.words[at] = this.chunks;
    this.words[at + 1] = size;
    this.floats[at + 2] = decay;
    this.words.set(addresses, at + 4);
    this.chunks += Math.ceil(size / CHUNK);
  }

  /** The kernel has run. */
  release(): void {
    this.device.done();
    this.device.memory.release(this.words);
  }
}
