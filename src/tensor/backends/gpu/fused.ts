/**
 * Fused kernels (meaning in tensor/fused.ts): RMSNorm, RoPE, SwiGLU, and cross-entropy of the output layer.
 *
 *   rmsNorm   s = 1 / sqrt(mean x^2 + eps)   y = x s w
 *             dx = s (w dy - x s^2 mean(w dy x))        dw = sum over rows of dy x s
 *   swiglu    y = g u / (1 + e^-g)           dg = dy u σ (1 + g (1 - σ))     du = dy g σ       σ = 1 / (1 + e^-g)
 *   rope      (a, b) -> (a c - b s, a s + b c) for the halves a, b of a head
 *
 * Every kernel has one result, so an op with two results launches two; the numbers of a row (s, a mean) are computed by a
 * kernel with one cell per row.
 */
import type { FusedKernels } from '../../fused.ts';
import { type View, viewOf } from '../../view.ts';
import { attention } from './attention.ts';
import { attentionAdjoint } from './attention-adjoint.ts';
import { crossEntropy, crossEntropyAdjoint } from './cross-entropy.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray, quotient, quotientHelpers } from './kernel.ts';
import { linear, matmul } from './matmul.ts';
import type { GpuArray } from './memory.ts';
import { contiguous, copy, filled } from './movement.ts';
import { asMatrices } from './views.ts';

function inverseRms(this: Cell<'width'>, x: FloatArray, offset: number, eps: number): number {
  const start = offset + this.thread.x * this.constants.width;
  let sum = 0;
  for (let i = 0; i < this.constants.width; i++) {
    sum += x[start + i] * x[start + i];
  }
  return 1 / Math.sqrt(sum / this.constants.width + eps);
}

function normalized(
  this: Cell<'width'>,
  x: FloatArray,
  offset: number,
  weight: FloatArray,
  weightOffset: number,
  scales: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const value = x[offset + row * this.constants.width + this.thread.x];
  return value * scales[row] * weight[weightOffset + this.thread.x];
}

/** mean(w dy x) of a row, times s^2. */
function normMean(
  this: Cell<'width'>,
  x: FloatArray,
  offset: number,
  weight: FloatArray,
  weightOffset: number,
  dy: FloatArray,
  dyOffset: number,
  scales: FloatArray,
  scalesOffset: number,
): number {
  const start = this.thread.x * this.constants.width;
  const scale = scales[scalesOffset + this.thread.x];
  let sum = 0;
  for (let i = 0; i < this.constants.width; i++) {
    sum += weight[weightOffset + i] * dy[dyOffset + start + i] * x[offset + start + i];
  }
  return (sum / this.constants.width) * scale * scale;
}

function normAdjointCell(
  this: Cell<'width'>,
  x: FloatArray,
  offset: number,
  weight: FloatArray,
  weightOffset: number,
  dy: FloatArray,
  dyOffset: number,
  scales: FloatArray,
  scalesOffset: number,
  means: FloatArray,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const place = row * this.constants.width + this.thread.x;
  const up = weight[weightOffset + this.thread.x] * dy[dyOffset + place];
  return scales[scalesOffset + row] * (up - x[offset + place] * means[row]);
}

function normWeightAdjoint(
  this: Cell<'width' | 'rows'>,
  x: FloatArray,
  offset: number,
  dy: FloatArray,
  dyOffset: number,
  scales: FloatArray,
  scalesOffset: number,
): number {
  let sum = 0;
  for (let n = 0; n < this.constants.rows; n++) {
    const place = n * this.constants.width + this.thread.x;
    sum += dy[dyOffset + place] * x[offset + place] * scales[scalesOffset + n];
  }
  return sum;
}

type RopeConstants =
  | 'heads'
  | 'length'
  | 'half'
  | 'xBatch'
  | 'xHead'
  | 'xTime'
  | 'xStep'
  | 'angleBatch'
  | 'angleTime';

/** Row = (batch, head, time). `sign` is -1 to turn back. */
function rotated(
  this: Cell<RopeConstants>,
  x: FloatArray,
  offset: number,
  cos: FloatArray,
  cosOffset: number,
  sin: FloatArray,
  sinOffset: number,
  sign: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const heads = quotient(row, this.constants.length);
  const time = row - heads * this.constants.length;
  const batch = quotient(heads, this.constants.heads);
  const head = heads - batch * this.constants.heads;
  const start =
    offset + batch * this.constants.xBatch + head * this.constants.xHead + time * this.constants.xTime;
  const angle = batch * this.constants.angleBatch + time * this.constants.angleTime;
  const own = x[start + this.thread.x * this.constants.xStep];
  if (this.thread.x < this.constants.half) {
    const other = x[start + (this.thread.x + this.constants.half) * this.constants.xStep];
    const j = angle + this.thread.x;
    return own * cos[cosOffset + j] - sign * other * sin[sinOffset + j];
  }
  const partner = x[start + (this.thread.x - this.constants.half) * this.constants.xStep];
  const k = angle + this.thread.x - this.constants.half;
  return sign * partner * sin[sinOffset + k] + own * cos[cosOffset + k];
}

type Steps<Name extends string> = `${Name}Row` | `${Name}Column`;

function gated(
  this: Cell<Steps<'g'> | Steps<'u'>>,
  gate: FloatArray,
  gOffset: number,
  up: FloatArray,
  uOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const g = gate[gOffset + row * this.constants.gRow + this.thread.x * this.constants.gColumn];
  const u = up[uOffset + row * this.constants.uRow + this.thread.x * this.constants.uColumn];
  return (g * u) / (1 + Math.exp(-g));
}

function gateAdjoint(
  this: Cell<Steps<'g'> | Steps<'u'> | Steps<'d'>>,
  gate: FloatArray,
  gOffset: number,
  up: FloatArray,
  uOffset: number,
  dy: FloatArray,
  dOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const g = gate[gOffset + row * this.constants.gRow + this.thread.x * this.constants.gColumn];
  const u = up[uOffset + row * this.constants.uRow + this.thread.x * this.constants.uColumn];
  const d = dy[dOffset + row * this.constants.dRow + this.thread.x * this.constants.dColumn];
  const open = 1 / (1 + Math.exp(-g));
  return d * u * open * (1 + g * (1 - open));
}

function upAdjoint(
  this: Cell<Steps<'g'> | Steps<'d'>>,
  gate: FloatArray,
  gOffset: number,
  dy: FloatArray,
  dOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const g = gate[gOffset + row * this.constants.gRow + this.thread.x * this.constants.gColumn];
  const d = dy[dOffset + row * this.constants.dRow + this.thread.x * this.constants.dColumn];
  return (d * g) / (1 + Math.exp(-g));
}

const part = ['array', 'integer'] as const;
const scalesKernel = defineKernel('rmsNorm scales', inverseRms, [...part, 'float']);
const normKernel = defineKernel('rmsNorm', normalized, [...part, ...part, 'array']);
const normMeanKernel = defineKernel('rmsNorm mean', normMean, [...part, ...part, ...part, ...part]);
const normAdjointKernel = defineKernel('rmsNormAdjoint', normAdjointCell, [
  ...[...part, ...part, ...part, ...part],
  'array',
]);
const normWeightKernel = defineKernel('rmsNorm weight', normWeightAdjoint, [...part, ...part, ...part]);
const ropeKernel = defineKernel('rope', rotated, [...part, ...part, ...part, 'float'], quotientHelpers);
const swigluKernel = defineKernel('swiglu', gated, [...part, ...part]);
const gateKernel = defineKernel('swiglu gate', gateAdjoint, [...part, ...part, ...part]);
const upKernel = defineKernel('swiglu up', upAdjoint, [...part, ...part]);

const place = (view: View): [GpuArray, number] => [view.data as GpuArray, view.offset];

export function fusedKernels(device: GpuDevice): FusedKernels {
  const copied = (view: View) => copy(device, view);

  /** Row-major operands for `fn`; copies made for it are given back. */
  const withRows = <T>(views: readonly View[], fn: (...places: [GpuArray, number][]) => T): T => {
    const parts = views.map((view) => contiguous(device, view));
    const result = fn(...parts.map(({ data, offset }): [GpuArray, number] => [data, offset]));
    for (const { temporary } of parts) device.release(...temporary);
    return result;
  };

  const elementwise = (kernel: typeof swigluKernel, names: string, views: readonly View[]): GpuArray => {
    const { grid, operands, temporary } = asMatrices(views, views[0]!.shape, copied);
    const constants: Record<string, number> = {};
    operands.forEach(({ row, column }, i) => {
      constants[`${names[i]}Row`] = row;
      constants[`${names[i]}Column`] = column;
    });
    const result = device.launch(
      kernel,
      grid,
      constants,
      operands.flatMap(({ data, offset }) => [data, offset]),
    );
    device.release(...temporary);
    return result;
  };

  return {
    rmsNorm: (x, weight, eps) =>
      withRows([x, weight], (input, gain) => {
        const [rows, width] = x.shape as [number, number];
        const scales = device.launch(scalesKernel, { rows: 1, columns: rows }, { width }, [...input, eps]);
        const grid = { rows, columns: width };
        return { y: device.launch(normKernel, grid, { width }, [...input, ...gain, scales]), scales };
      }),

    rmsNormAdjoint: (x, weight, scales, dy) =>
      withRows([x, weight, dy, scales], (input, gain, up, factors) => {
        const [rows, width] = x.shape as [number, number];
        const all = [...input, ...gain, ...up, ...factors];
        const means = device.launch(normMeanKernel, { rows: 1, columns: rows }, { width }, all);
        const dx = device.launch(normAdjointKernel, { rows, columns: width }, { width }, [...all, means]);
        const dWeight =
          rows === 0
            ? filled(device, 'float32', width, 0)
            : device.launch(normWeightKernel, { rows: 1, columns: width }, { width, rows }, [
                ...input,
                ...up,
                ...factors,
              ]);
        device.release(means);
        return { dx, dWeight };
      }),

    rope(x, cos, sin, inverse) {
      const [B, H, T, d] = x.shape as [number, number, number, number];
      const [xBatch, xHead, xTime, xStep] = x.stride as [number, number, number, number];
      const constants = {
        ...{ heads: H, length: T, half: d / 2, xBatch, xHead, xTime, xStep },
        angleBatch: cos.shape[0] === 1 ? 0 : cos.stride[0]!,
        angleTime: cos.stride[2]!,
      };
      const args = [...place(x), ...place(cos), ...place(sin), inverse ? -1 : 1];
      return device.launch(ropeKernel, { rows: B * H * T, columns: d }, constants, args);
    },

    swiglu: (gate, up) => elementwise(swigluKernel, 'gu', [gate, up]),
    swigluAdjoint: (gate, up, dy) => ({
      dGate: elementwise(gateKernel, 'gud', [gate, up, dy]),
      dUp: elementwise(upKernel, 'gd', [gate, dy]),
    }),

    linear: (x, weight, bias) => linear(device, x, weight, bias),
    attention: (views) => attention(device, views),
    attentionAdjoint: (views, y, logSums, dy) => attentionAdjoint(device, views, y, logSums, dy),

    /** The logits are stored for the length of this call; on a device without shared memory there is no cheaper way. */
    linearCrossEntropy(hidden, weight, targets, ignoreIndex) {
      const N = hidden.shape[0]!;
      const V = weight.shape[0]!;
      const logits = linear(device, hidden, weight, null);
      const scores = viewOf(logits, [N, V]);
      const { losses, logSumExp } = crossEntropy(device, scores, targets, ignoreIndex);
      const one = filled(device, 'float32', 1, 1);
      const ones = viewOf(one, [N], [0]);
      const dLogits = crossEntropyAdjoint(device, scores, targets, viewOf(logSumExp, [N]), ones, ignoreIndex);
      device.release(logits, logSumExp, one);
      const dHidden = matmul(device, viewOf(dLogits, [N, V]), weight);
      const dWeight = matmul(device, viewOf(dLogits, [V, N], [1, V]), hidden);
      device.release(dLogits);
      return { losses, dHidden, dWeight };
    },
  };
}
