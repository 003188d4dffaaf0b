/**
 * The fused kernels of the wasm backend (interface and meaning in tensor/fused.ts): shapes to addresses, and how each is split
 * over threads.
 */
import type { HostArray } from '../../dtype.ts';
import type { AttentionViews, FusedKernels } from '../../fused.ts';
import { turned, type View, viewOf } from '../../view.ts';
import type { Device } from './device.ts';
import { dotRows, gemm, isFewRows } from './matmul.ts';
import { SCRATCH_BYTES } from './memory.ts';

/** Columns whose gradients `rmsNormWeightAdjoint` adds up at once, as in assembly/fused.ts. */
const GROUP = 16;
/** Numbers that one share of an elementwise job should at least hold. */
const GRAIN = 8192;
/** Multiply-adds of one product of attention below which waking another thread costs more than it saves. */
const ATTENTION_GRAIN = 1 << 16;
/** Rows of hidden states whose logits are held at once: small enough to stay in the cache through all three products. */
const LOGIT_ROWS = 256;

/** Bytes of scratch that a product needs for itself. */
const PRODUCT_SCRATCH = 1 << 16;
/** Rows of scores that are kept at once, forward and for gradients, as in assembly/attention.ts. */
const BLOCK = 24;
const SLAB = 128;

/** The most keys of heads of width d for which all that attention keeps of a head fits into the scratch memory of a thread. */
export const maxKeys = {
  /** Panels of keys and values, and a block of scores. */
  forward: (d: number) => keysThatFit(2 * (d + 8) + BLOCK),
  /** Panels of keys (two ways), values, queries and the upstream gradient, and two slabs of scores. */
  adjoint: (d: number) => keysThatFit(5 * (d + 8) + 2 * SLAB),
};

function keysThatFit(numbersPerKey: number): number {
  return Math.floor((SCRATCH_BYTES - PRODUCT_SCRATCH) / (4 * numbersPerKey));
}

function checkKeys(keys: number, most: number): void {
  if (keys <= most) return;
  throw new RangeError(
    `attention: ${keys} keys are more than the ${most} that fit into a thread's scratch memory`,
  );
}

/** Their weights, and a sum in double precision for every 64 of them, must fit too. */
export const MAX_CLASSES = Math.floor((SCRATCH_BYTES - 128) / (4 + 8 / 64)) - 64;

export function fusedKernels(device: Device): FusedKernels {
  const { memory } = device;
  const make = (size: number) => device.allocate('float32', size);
  const grainOfRows = (width: number) => Math.max(1, Math.ceil(GRAIN / Math.max(1, width)));

  return {
    rmsNorm(x, weight, eps) {
      const [rows, D] = x.shape as [number, number];
      const [y, scales] = [make(rows * D), make(rows)];
      const [xAt, wAt] = [device.rowMajor(x), device.rowMajor(weight)];
      device.run('rmsNorm', rows, grainOfRows(D), [xAt, wAt, y.byteOffset, scales.byteOffset, D, eps]);
      device.done();
      return { y, scales };
    },

    rmsNormAdjoint(x, weight, scales, dy) {
      const [rows, D] = x.shape as [number, number];
      const [dx, dWeight] = [make(rows * D), make(D)];
      const [xAt, wAt] = [device.rowMajor(x), device.rowMajor(weight)];
      const [sAt, upAt] = [device.rowMajor(scales), device.rowMajor(dy)];
      device.run('rmsNormAdjoint', rows, grainOfRows(D), [xAt, wAt, sAt, upAt, dx.byteOffset, D]);
      const sums = [xAt, sAt, upAt, dWeight.byteOffset, rows, D];
      device.run('rmsNormWeightAdjoint', Math.ceil(D / GROUP), grainOfRows(GROUP * rows), sums);
      device.done();
      return { dx, dWeight };
    },

    rope(x, cos, sin, inverse) {
      const [B, H, T, d] = x.shape as [number, number, number, number];
      const source = x.stride[3] === 1 ? x : viewOf(device.copy(x), x.shape);
      const y = make(B * H * T * d);
      const cBatch = cos.shape[0] === 1 ? 0 : cos.stride[0]!;
      device.run('rope', B * H * T, grainOfRows(d), [
        device.address(source),
        source.stride[0]!,
        source.stride[1]!,
        source.stride[2]!,
        device.address(cos),
        device.address(sin),
        cBatch,
        cos.stride[2]!,
        y.byteOffset,
        H,
        T,
        d,
        inverse ? -1 : 1,
      ]);
      if (source !== x) memory.release(source.data as HostArray);
      return y;
    },

    swiglu(gate, up) {
      const y = make(gate.size);
      const args = [device.rowMajor(gate), device.rowMajor(up), y.byteOffset, gate.size];
      device.run('swiglu', Math.ceil(gate.size / 4), GRAIN / 8, args);
      device.done();
      return y;
    },

    swigluAdjoint(gate, up, dy) {
      const [dGate, dUp] = [make(gate.size), make(gate.size)];
      const inputs = [device.rowMajor(gate), device.rowMajor(up), device.rowMajor(dy)];
      const args = [...inputs, dGate.byteOffset, dUp.byteOffset, gate.size];
      device.run('swigluAdjoint', Math.ceil(gate.size / 4), GRAIN / 8, args);
      device.done();
      return { dGate, dUp };
    },

    linear(x, weight, bias, tokens) {
      const [rows, outputs] = [x.shape[0]!, weight.shape[0]!];
      const y = make(rows * outputs);
      const columns = turned(weight);
      const row = bias === null ? 0 : device.rowMajor(bias);
      // One token of each text: every row is computed as if it were alone.
      if (tokens === 1 && isFewRows(x, columns)) dotRows(device, x, columns, y, row, 0);
      else {
        if (row !== 0) device.run('fillRows', rows, grainOfRows(outputs), [row, y.byteOffset, outputs]);
        gemm(device, x, columns, y, row !== 0);
      }
      device.done();
      return y;
    },

    nextTokens(logits, draws) {
      const [rows, V] = logits.shape as [number, number];
      if (V > MAX_CLASSES)
        throw new RangeError(
          `nextTokens: ${V} classes are more than the ${MAX_CLASSES} that fit into a thread's scratch memory`,
        );
      const [ids, logProbs] = [device.allocate('int32', rows), make(rows)];
      const from = [device.rowMajor(logits), draws === null ? 0 : device.rowMajor(draws)];
      device.run('nextTokens', rows, grainOfRows(4 * V), [...from, ids.byteOffset, logProbs.byteOffset, V]);
      device.done();
      return { ids, logProbs };
    },

    storeTokens(cache, tokens, starts) {
      const [B, K, , d] = cache.shape as [number, number, number, number];
      const from = tokens.stride[3] === 1 ? tokens : viewOf(device.copy(tokens), tokens.shape);
      device.run('storeTokens', B * K, grainOfRows(d), [
        device.address(cache),
        cache.stride[0]!,
        cache.stride[1]!,
        cache.stride[2]!,
        device.address(from),
        from.stride[0]!,
        from.stride[1]!,
        device.address(starts),
        K,
        d,
      ]);
      if (from !== tokens) memory.release(from.data as HostArray);
    },

    attention(views) {
      const { B, H, T, S, d } = sizes(views);
      checkKeys(S, maxKeys.forward(d));
      const [y, logSums] = [make(B * T * H * d), make(B * H * T)];
      const grain = Math.ceil(ATTENTION_GRAIN / Math.max(1, T * S * d));
      const { past = null } = views;
      device.run('attention', B * H, grain, [
        ...addresses(device, views),
        past === null ? 0 : device.address(past),
        y.byteOffset,
        logSums.byteOffset,
        ...counts(views),
      ]);
      return { y, logSums };
    },

    attentionAdjoint(views, y, logSums, dy) {
      const { B, H, K, T, S, d } = sizes(views);
      checkKeys(S, maxKeys.adjoint(d));
      const [dq, dk, dv] = [make(B * H * T * d), make(B * K * S * d), make(B * K * S * d)];
      const inputs = [device.rowMajor(y), device.rowMajor(logSums), device.rowMajor(dy)];
      const outputs = [dq.byteOffset, dk.byteOffset, dv.byteOffset];
      const args = [...addresses(device, views), ...inputs, ...outputs, ...counts(views)];
      device.run('attentionAdjoint', B * K, 1, args);
      device.done();
      return { dq, dk, dv };
    },

    linearCrossEntropy(hidden, weight, targets, ignoreIndex) {
      const [N, D] = hidden.shape as [number, number];
      const V = weight.shape[0]!;
      checkTargets(targets, V, ignoreIndex);
      const [losses, dHidden, dWeight] = [make(N), make(N * D), make(V * D)];
      const logits = make(Math.min(N, LOGIT_ROWS) * V);
      if (N === 0) dWeight.fill(0);
      for (let first = 0; first < N; first += LOGIT_ROWS) {
        const rows = Math.min(LOGIT_ROWS, N - first);
        const part = viewOf(hidden.data, [rows, D], hidden.stride, hidden.offset + first * hidden.stride[0]!);
        const scores = viewOf(logits, [rows, V]);
        gemm(device, part, turned(weight), logits.subarray(0, rows * V), false);
        const targetsAt = device.rowMajor(targets) + 4 * first;
        const args = [logits.byteOffset, targetsAt, losses.byteOffset + 4 * first, V, ignoreIndex];
        device.run('crossEntropyInPlace', rows, grainOfRows(8 * V), args);
        device.done();
        gemm(device, scores, weight, dHidden.subarray(first * D, (first + rows) * D), false);
        gemm(device, turned(scores), part, dWeight, first > 0);
      }
      memory.release(logits);
      return { losses, dHidden, dWeight };
    },
  };
}

function sizes({ q, k }: AttentionViews) {
  const [B, H, T, d] = q.shape as [number, number, number, number];
  return { B, H, T, d, K: k.shape[1]!, S: k.shape[2]! };
}

/** Addresses and strides of q, k, v and the mask, in the order of the kernels' arguments. */
function addresses(device: Device, { q, k, v, mask }: AttentionViews): number[] {
  const result: number[] = [];
  for (const view of [q, k, v]) {
    result.push(device.address(view), view.stride[0]!, view.stride[1]!, view.stride[2]!);
  }
  if (mask === null) result.push(0, 0);
  else result.push(device.address(mask), mask.shape[0] === 1 ? 0 : mask.stride[0]!);
  return result;
}

function counts(views: AttentionViews): number[] {
  const { H, K, T, S, d } = sizes(views);
  return [H, H / K, T, S, d, views.scale];
}

/** The kernel reads logits at the target: an id that is not a class must not get there. */
function checkTargets(targets: View, classes: number, ignoreIndex: number): void {
  const ids = targets.data as HostArray;
  for (let row = 0; row < targets.size; row++) {
    const id = ids[targets.offset + row * targets.stride[0]!]!;
    if (id === ignoreIndex || (id >= 0 && id < classes)) continue;
    throw new RangeError(
      `crossEntropy: target ${id} in row ${row} is not a class, there are ${classes} classes`,
    );
  }
}
