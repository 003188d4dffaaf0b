/**
 * What a training step does to all parameters at once: the sum for the gradient norm, and AdamW.
 *
 * AdamW is one pass over parameter, gradient and both moments (Loshchilov & Hutter 2019, algorithm 2; as in PyTorch).
 *
 *   p <- p (1 - lr wd)
 *   m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
 *   p <- p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
 */
import type { AdamWTarget, AdamWUpdate } from '../../backend.ts';
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import { power } from '../../power.ts';
import type { View } from '../../view.ts';
import { host, rowMajor } from './memory.ts';

export function adamw(targets: readonly AdamWTarget[], update: AdamWUpdate): void {
  for (const target of targets) updateOne(target, update);
}

function updateOne(target: AdamWTarget, update: AdamWUpdate): void {
  const g = rowMajor(target.gradient);
  const [p, m, v] = [
    host(target.parameter.data),
    host(target.firstMoment.data),
    host(target.secondMoment.data),
  ];
  const { beta1, beta2, eps, learningRate, gradientScale, step } = update;
  const keep = 1 - learningRate * target.weightDecay;
  const correction1 = 1 - power(beta1, step);
  const correction2 = 1 - power(beta2, step);
  for (let i = 0; i < p.length; i++) {
    const gradient = g[i]! * gradientScale;
    const first = beta1 * m[i]! + (1 - beta1) * gradient;
    const second = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    m[i] = first;
    v[i] = second;
    p[i] = p[i]! * keep - (learningRate * first) / correction1 / (Math.sqrt(second / correction2) + eps);
  }
}

export function sumOfSquares(views: readonly View[]): HostArray {
  let total = 0;
  for (const view of views) {
    for (const x of rowMajor(view)) total += x ** 2;
  }
  const result = hostArray(dtypeOf(views[0]!.data), 1);
  result[0] = total;
  return result;
}
