/**
 * Loaded before src/train.ts (npx tsx --import ./tests/diagnosis/unshifted.ts src/train.ts): the most common bug of a home-made
 * training loop. Each position of a row is asked for the token that stands there, not for the next one, so the model learns to copy.
 */
import { PretrainRows } from '../../src/data/rows/pretrain-rows.ts';
import type { Row } from '../../src/data/rows/rows.ts';
import { IGNORE_INDEX } from '../../src/tensor/index.ts';

const cut = PretrainRows.prototype.row;
PretrainRows.prototype.row = function (epoch, index): Row {
  const row = cut.call(this, epoch, index);
  return {
    ...row,
    targets: row.targets.map((target, t) => (target === IGNORE_INDEX ? target : row.inputs[t]!)),
  };
};
