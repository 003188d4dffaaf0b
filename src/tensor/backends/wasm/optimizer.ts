/**
 * AdamW on the wasm backend (kernel in assembly/optimizer.ts). The factors are computed here in double precision: in float32,
 * 1 - 0.999 would already be wrong in the fifth digit.
 */
import type { AdamWStep } from '../../backend.ts';
import { isContiguous } from '../../view.ts';
import type { Device } from './device.ts';

/** Elements worth a share of their own. */
const GRAIN = 8192;

/** True if the kernel can do this update; what it cannot (float64, strided parameters) is left to the reference loop. */
export function canUpdate(device: Device, step: AdamWStep): boolean {
  const { parameter, firstMoment, secondMoment, gradient } = step;
  const inPlace = [parameter, firstMoment, secondMoment];
  return device.isFloat(gradient) && inPlace.every((view) => device.isFloat(view) && isContiguous(view));
}

export function adamw(device: Device, s: AdamWStep): void {
  const gradient = device.rowMajor(s.gradient);
  device.run('adamw', s.parameter.size, GRAIN, [
    device.address(s.parameter),
    gradient,
    device.address(s.firstMoment),
    device.address(s.secondMoment),
    s.beta1,
    1 - s.beta1,
    s.beta2,
    1 - s.beta2,
    s.learningRate * s.weightDecay,
    s.learningRate / (1 - s.beta1 ** s.step),
    1 / (1 - s.beta2 ** s.step),
    s.eps,
    s.gradientScale,
  ]);
  device.done();
}
