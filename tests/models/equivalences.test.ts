/** Ways of computing the same that must agree, in float64, each with a variant that must not. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { concat, type Tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, gradientsOf, idsOf, int32, randomIds, TIGHT, tinyModel } from './tiny.ts';

const model = tinyModel();
const rows = [randomIds(10, 13, 1), randomIds(10, 13, 2)];
const clearly = { absolute: 1e-3 };

/** Logits of `rows` read in chunks of the given lengths with one cache. */
function cached(chunks: readonly number[], positions?: (start: number, length: number) => Tensor): Tensor {
  const cache = model.model.newCache(rows.length);
  let start = 0;
  const parts = chunks.map((length) => {
    const ids = idsOf(rows.map((row) => row.slice(start, start + length)));
    const part = model.forward(ids, { cache, positions: positions?.(start, length) });
    start += length;
    assert.is(cache.length, start);
    return part;
  });
  return concat(parts, 1);
}

test('cached = uncached: token by token, in chunks, all at once', () => {
  float64(() => {
    const whole = model.forward(idsOf(rows)).toArray();
    for (const chunks of [new Array<number>(10).fill(1), [3, 1, 4, 2], [9, 1], [10]]) {
      allClose(cached(chunks).toArray(), whole, TIGHT, `chunks ${chunks}`);
    }
    const restarting = cached([3, 1, 4, 2], (_, length) => {
      return idsOf(rows.map(() => Array.from({ length }, (_, i) => i)));
    });
    assert.ok(differs(restarting.toArray(), whole, clearly), 'positions that restart must differ');
  });
});

test('packed documents = separate documents: logits, loss and gradients', () => {
  float64(() => {
    const documents = [randomIds(4, 13, 5), randomIds(3, 13, 6), randomIds(5, 13, 7)];
    const numbers = documents.flatMap((ids, n) => ids.map(() => n));
    const options = {
      documents: [numbers],
      positions: idsOf([documents.flatMap((ids) => ids.map((_, t) => t))]),
    };
    const ids = idsOf([documents.flat()]);
    const separate = documents.map((own) => model.forward(idsOf([own])));
    const packed = model.forward(ids, options).toArray();
    allClose(packed, concat(separate, 1).toArray(), TIGHT, 'logits');
    assert.ok(differs(model.forward(ids).toArray(), packed, clearly), 'one shared text must differ');

    const targets = randomIds(12, 13, 8);
    const all = maskedCrossEntropy(model, {
      ids,
      options,
      targetRows: int32([...targets.keys()]),
      targets: int32(targets),
    });
    model.zeroGrad();
    all.backward();
    const together = gradientsOf(model);
    model.zeroGrad();
    let sum = 0;
    let start = 0;
    for (const own of documents) {
      const part = maskedCrossEntropy(
        model,
        {
          ids: idsOf([own]),
          targetRows: int32([...own.keys()]),
          targets: int32(targets.slice(start, start + own.length)),
        },
        12,
      );
      part.backward();
      sum += part.item();
      start += own.length;
    }
    allClose([sum], all.toArray(), TIGHT, 'loss');
    const apart = gradientsOf(model);
    for (const [name, gradient] of apart) allClose(together.get(name)!, gradient, TIGHT, name);
    model.zeroGrad();
  });
});

test('left padding = none, whatever the filler is', () => {
  float64(() => {
    const texts = [randomIds(3, 13, 9), randomIds(6, 13, 10), randomIds(5, 13, 11)];
    const leftPadding = texts.map((text) => 6 - text.length);
    const forward = (filler: number, padding: readonly number[] | undefined) => {
      const padded = texts.map((text, row) => [
        ...new Array<number>(leftPadding[row]!).fill(filler),
        ...text,
      ]);
      const positions = idsOf(
        leftPadding.map((n) => Array.from({ length: 6 }, (_, t) => Math.max(0, t - n))),
      );
      return model.forward(idsOf(padded), { leftPadding: padding, positions });
    };
    for (const filler of [0, 7]) {
      const y = forward(filler, leftPadding);
      const ignoring = forward(filler, undefined);
      for (const [row, text] of texts.entries()) {
        const real = (logits: Tensor) =>
          logits
            .slice(0, row, row + 1)
            .slice(1, leftPadding[row]!)
            .toArray();
        const alone = model.forward(idsOf([text])).toArray();
        allClose(real(y), alone, TIGHT, `row ${row}`);
        if (leftPadding[row] === 0) continue;
        assert.ok(differs(real(ignoring), alone, clearly), 'filler that is seen must show');
      }
    }
  });
});

test('causal: a later token does not change earlier logits, an earlier one changes later ones', () => {
  float64(() => {
    const whole = model.forward(idsOf([rows[0]!]));
    for (const t of [1, 5, 9]) {
      const other = model.forward(idsOf([rows[0]!.with(t, (rows[0]![t]! + 1) % 13)]));
      assert.equal(other.slice(1, 0, t).toArray(), whole.slice(1, 0, t).toArray());
      for (let later = t; later < 10; later++) {
        const at = (y: Tensor) => y.slice(1, later, later + 1).toArray();
        assert.ok(
          differs(at(other), at(whole), { absolute: 1e-6 }),
          `position ${later} after a change at ${t}`,
        );
      }
    }
  });
});

test('what else is in the batch does not change a row', () => {
  float64(() => {
    const alone = model.forward(idsOf([rows[1]!])).toArray();
    const second = (first: readonly number[]) =>
      model
        .forward(idsOf([first, rows[1]!]))
        .slice(0, 1)
        .toArray();
    assert.equal(second(rows[0]!), alone);
    assert.equal(second(rows[0]!.toReversed()), alone);
    assert.ok(differs(model.forward(idsOf(rows)).slice(0, 0, 1).toArray(), alone, clearly));
  });
});

test.run();
