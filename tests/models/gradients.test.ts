/** Central differences through a whole small model, with respect to every parameter. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { gradcheck, tensor } from '../../src/tensor/index.ts';
import { float64, idsOf, int32, tinyModel } from './tiny.ts';

const small = { vocabSize: 7, hiddenSize: 4, intermediateSize: 6, numAttentionHeads: 2, numKeyValueHeads: 1 };
const wider = { hiddenSize: 8, numHiddenLayers: 1 };

for (const tieWordEmbeddings of [true, false]) {
  test(`${tieWordEmbeddings ? 'tied' : 'untied'}, with two documents in a row and some targets left out`, () => {
    float64(() => {
      const model = tinyModel({ ...small, ...(tieWordEmbeddings ? {} : wider), tieWordEmbeddings });
      const batch = {
        ids: idsOf([[1, 4, 2, 6, 1]]),
        options: { documents: [[0, 0, 0, 1, 1]], positions: idsOf([[0, 1, 2, 0, 1]]) },
        targetRows: int32([0, 2, 3]),
        targets: int32([4, 0, 1]),
      };
      const worst = gradcheck(() => maskedCrossEntropy(model, batch), model.parameters());
      assert.ok(worst < 1e-6, `worst relative error ${worst}`);
    });
  });
}

test('negative control: a loss that scales its own gradient is caught', () => {
  float64(() => {
    const model = tinyModel({ ...small, numHiddenLayers: 1 });
    const ids = idsOf([[1, 4, 2]]);
    // 1.01 y - 0.01 detach(y) has the value of y and 1.01 times its gradient
    const wrong = () => {
      const y = model.forward(ids);
      return y.mul(tensor(1.01)).sub(y.detach().mul(tensor(0.01)));
    };
    assert.throws(() => gradcheck(wrong, [model.model.norm.weight]), /central differences/);
  });
});

test.run();
