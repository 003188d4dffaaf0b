/**
 * AdamW (Loshchilov & Hutter 2019, algorithm 2): three kernels for each parameter, since a kernel has one result.
 *
 *   m' = b1 m + (1 - b1) g      v' = b2 v + (1 - b2) g^2      p' = p (1 - lr wd) - lr (m' / c1) / (sqrt(v' / c2) + eps)
 *
 * g is the gradient times the clipping factor, c1 = 1 - b1^t, c2 = 1 - b2^t. The new memory takes the place of the old
 * (memory.ts).
 */
import type { AdamWTarget, AdamWUpdate } from '../../backend.ts';
import { power } from '../../power.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { contiguous } from './movement.ts';

function firstMoment(
  this: Cell,
  m: FloatArray,
  g: FloatArray,
  gOffset: number,
  scale: number,
  beta: number,
  share: number,
): number {
  return beta * m[this.thread.x] + share * (g[gOffset + this.thread.x] * scale);
}

function secondMoment(
  this: Cell,
  v: FloatArray,
  g: FloatArray,
  gOffset: number,
  scale: number,
  beta: number,
  share: number,
): number {
  const gradient = g[gOffset + this.thread.x] * scale;
  return beta * v[this.thread.x] + share * gradient * gradient;
}

function updated(
  this: Cell,
  p: FloatArray,
  m: FloatArray,
  v: FloatArray,
  keep: number,
  rate: number,
  correction: number,
  eps: number,
): number {
  const step = (rate * m[this.thread.x]) / (Math.sqrt(v[this.thread.x] / correction) + eps);
  return p[this.thread.x] * keep - step;
}

const momentTakes = ['array', 'array', 'integer', 'float', 'float', 'float'] as const;
const firstKernel = defineKernel('adamw first moment', firstMoment, momentTakes);
const secondKernel = defineKernel('adamw second moment', secondMoment, momentTakes);
const updateKernel = defineKernel('adamw', updated, [
  'array',
  'array',
  'array',
  'float',
  'float',
  'float',
  'float',
]);

export function adamw(device: GpuDevice, targets: readonly AdamWTarget[], update: AdamWUpdate): void {
  const { beta1, beta2, eps, learningRate, gradientScale, step } = update;
  const rate = learningRate / (1 - power(beta1, step));
  const correction = 1 - power(beta2, step);
  for (const target of targets) {
    const [p, m, v] = [target.parameter, target.firstMoment, target.secondMoment].map(
      (view) => view.data as GpuArray,
    ) as [GpuArray, GpuArray, GpuArray];
    const { data: g, offset, temporary } = contiguous(device, target.gradient);
    const grid = { rows: 1, columns: p.length };
    const gradient = [g, offset, gradientScale];
    const keep = 1 - learningRate * target.weightDecay;
    device.exchange(m, device.launch(firstKernel, grid, {}, [m, ...gradient, beta1, 1 - beta1]));
    device.exchange(v, device.launch(secondKernel, grid, {}, [v, ...gradient, beta2, 1 - beta2]));
    device.exchange(p, device.launch(updateKernel, grid, {}, [p, m, v, keep, rate, correction, eps]));
    device.release(...temporary);
  }
}
