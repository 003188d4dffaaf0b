/**
 * Activation checkpointing: do not keep what a part of the model computed, compute it again when its gradient is needed.
 *
 *   forward    y = f(x) without recording; everything between x and y is released at once
 *   backward   y = f(x) once more, recorded this time; then through it to x and to the parameters used inside
 *
 * A model of L blocks then holds L block inputs and the insides of one block instead of the insides of all, for one more forward
 * pass (Chen et al. 2016, "Training deep nets with sublinear memory cost"). Results and gradients are the same bits.
 */
import { backward, enableGrad, isRecording, noGrad, record } from './autograd.ts';
import type { Random } from './random.ts';
import { runScope, track } from './scope.ts';
import type { Tensor } from './tensor.ts';

/**
 * f(x), recorded as one step. f must be a function of x, of parameters and of nothing that changes until `backward`; random
 * numbers it draws from `random` (dropout) are drawn alike the second time.
 */
export function checkpoint(f: (x: Tensor) => Tensor, x: Tensor, random?: Random): Tensor {
  if (!isRecording() || !x.requiresGrad) return f(x);
  const before = random?.state();
  const y = runScope(
    () => noGrad(() => f(x)),
    (result) => [result.data],
  );
  const adjoint = (dy: Tensor): Tensor => {
    const after = random?.state();
    if (before !== undefined) random?.restore(before);
    const input = x.detach().requireGrad();
    runScope(
      () =>
        backward(
          enableGrad(() => f(input)),
          { gradient: dy },
        ),
      () => [],
    );
    if (after !== undefined) random?.restore(after);
    const dx = input.grad!; // f depends on its input, else y would not require a gradient
    track(dx.data, dx.backend); // a leaf's gradient is kept; this one belongs to the step
    return dx;
  };
  return record('checkpoint', y.data, y.shape, [x], [adjoint]);
}
