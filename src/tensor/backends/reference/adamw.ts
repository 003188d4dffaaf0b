/**
 * AdamW, one pass over parameter, gradient and both moments (Loshchilov & Hutter 2019, algorithm 2; as in PyTorch).
 *
 *   p <- p (1 - lr wd)
 *   m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
 *   p <- p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
 */
import type { AdamWStep } from '../../backend.ts';
import { host, rowMajor } from './loops.ts';

export function adamw(s: AdamWStep): void {
  const { data: g, offset } = rowMajor(s.gradient);
  const [p, m, v] = [host(s.parameter.data), host(s.firstMoment.data), host(s.secondMoment.data)];
  const { beta1, beta2, eps, learningRate, gradientScale } = s;
  const keep = 1 - learningRate * s.weightDecay;
  const correction1 = 1 - beta1 ** s.step;
  const correction2 = 1 - beta2 ** s.step;
  for (let i = 0; i < p.length; i++) {
    const gradient = g[offset + i]! * gradientScale;
    const first = beta1 * m[i]! + (1 - beta1) * gradient;
    const second = beta2 * v[i]! + (1 - beta2) * gradient * gradient;
    m[i] = first;
    v[i] = second;
    p[i] = p[i]! * keep - (learningRate * first) / correction1 / (Math.sqrt(second / correction2) + eps);
  }
}
