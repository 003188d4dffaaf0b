/**
 * base^exponent for base > 0, as e^(exponent ln base): the same bits on Node 20 and on newer ones, where `**` with a fraction or a
 * large exponent has another last digit. Relative error about |exponent ln base| x 1e-16.
 */
export function power(base: number, exponent: number): number {
  return Math.exp(exponent * Math.log(base));
}
