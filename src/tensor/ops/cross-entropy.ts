/**
 * Softmax cross-entropy: how surprised the model is by the right class, in nats.
 *
 *   loss_n = logSumExp(logits_n) - logits_n[target_n]         dlogits_n = softmax(logits_n) - onehot(target_n)
 *
 * Equal to -logSoftmax(logits) picked at the target, without storing the log-probabilities of all V classes.
 * Rows whose target is `ignoreIndex` cost nothing and count nothing. Shapes: logits [N, V], targets [N] int32.
 */
import { record } from '../autograd.ts';
import { formatShape, ShapeError } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkBackend, div } from './arithmetic.ts';
import { to } from './cast.ts';
import { ne } from './compare.ts';
import { sum } from './sum.ts';

export const IGNORE_INDEX = -100;

interface CrossEntropyOptions {
  readonly ignoreIndex?: number;
  /** mean over the rows that count (default), sum, or one loss per row. */
  readonly reduction?: 'mean' | 'sum' | 'none';
}

export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { ignoreIndex = IGNORE_INDEX, reduction = 'mean' } = options;
  if (logits.rank !== 2 || targets.rank !== 1 || logits.shape[0] !== targets.shape[0]) {
    throw new ShapeError(
      `crossEntropy: expected logits [N, V] and targets [N], got ${formatShape(logits.shape)} and ${formatShape(targets.shape)}`,
    );
  }
  if (targets.dtype !== 'int32')
    throw new TypeError(`crossEntropy: targets must be int32, got ${targets.dtype}`);
  checkBackend('crossEntropy', logits, targets);
  const { backend } = logits;
  const { losses, logSumExp } = backend.crossEntropy(logits.view, targets.view, ignoreIndex);
  const normalizers = record('crossEntropy', logSumExp, targets.shape, [logits]);
  const rows = record(
    'crossEntropy',
    losses,
    targets.shape,
    [logits],
    [
      (dy) => {
        const data = backend.crossEntropyAdjoint(
          logits.view,
          targets.view,
          normalizers.view,
          dy.view,
          ignoreIndex,
        );
        return record('crossEntropy', data, logits.shape, [dy]);
      },
    ],
  );
  if (reduction === 'none') return rows;
  if (reduction === 'sum') return sum(rows);
  const counted = sum(to(ne(targets, ignoreIndex), logits.dtype));
  if (backend.readSync !== undefined && counted.item() === 0) {
    throw new ShapeError('crossEntropy: every target is ignored, there is no mean to take');
  }
  return div(sum(rows), counted);
}
