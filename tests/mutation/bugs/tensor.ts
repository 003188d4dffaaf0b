/** Bugs in the ops, in what checks them, and in the reference kernels. */
import type { Area } from '../bug.ts';

export const tensor: Area = {
  name: 'tensor',
  tests: 'tensor/ops/ tensor/gradcheck tensor/autograd tensor/random tensor/backends/reference/ nn/ losses/',
  bugs: {
    'slice-end-zero': {
      file: 'tensor/ops/slice.ts',
      find: 'const to = end === undefined ? length : end < 0 ? end + length : end;',
      replace: 'const to = !end ? length : end < 0 ? end + length : end;',
      breaks: 'slice(axis, 0, 0) is the whole axis instead of nothing',
    },
    'slice-negative-end': {
      file: 'tensor/ops/slice.ts',
      find: 'end < 0 ? end + length : end;',
      replace: 'end < 0 ? end + length + 1 : end;',
      breaks: 'a negative end includes the element it names',
    },
    'concat-adjoint-place': {
      file: 'tensor/ops/slice.ts',
      find: 'return (dy: Tensor) => slice(dy, at, from, to);',
      replace: 'return (dy: Tensor) => slice(dy, at, 0, to - from);',
      breaks: 'every part of a concat gets the gradient of the first',
    },
    'mean-adjoint': {
      file: 'tensor/ops/sum.ts',
      find: "[(dy) => record('mean', scale(dy), dy.shape, [dy])],",
      replace: '[(dy) => dy],',
      breaks: 'the gradient of a mean is that of the sum',
    },
    'max-ties': {
      file: 'tensor/ops/extrema.ts',
      find: 'const share = div(winners, sum(winners, reduced, { keepDim: true }));',
      replace: 'const share = winners;',
      breaks: 'equal largest elements get the whole gradient each',
    },
    'clamp-upper-gradient': {
      file: 'tensor/ops/select.ts',
      find: 'mul(dy, mul(ge(x, min), le(x, max)))',
      replace: 'mul(dy, ge(x, min))',
      breaks: 'the gradient passes above the upper limit of a clamp',
    },
    'cumsum-reverse-adjoint': {
      file: 'tensor/ops/order.ts',
      find: 'cumsum(dy, at, { reverse: !reverse })',
      replace: 'cumsum(dy, at, { reverse: true })',
      breaks: 'the adjoint of a reverse cumulative sum runs the wrong way',
    },
    'cross-entropy-ignored-in-mean': {
      file: 'tensor/ops/cross-entropy.ts',
      find: 'return div(sum(rows), counted);',
      replace: 'return div(sum(rows), targets.size);',
      breaks: 'the mean loss divides by ignored rows too',
    },
    'grouped-stride': {
      file: 'tensor/ops/grouped.ts',
      find: 'offset + start * stride[0]!',
      replace: 'offset + start * shape[1]!',
      breaks: 'a grouped product of a view with a row stride of its own reads other rows',
    },
    'dropout-scale': {
      file: 'tensor/ops/dropout.ts',
      find: '? 0 : 1 / (1 - probability);',
      replace: '? 0 : 1;',
      breaks: 'dropout changes the mean',
    },
    'gradcheck-nan': {
      file: 'tensor/gradcheck.ts',
      find: 'if (!(error <= tolerance)) {',
      replace: 'if (error > tolerance) {',
      breaks: 'a gradient of NaN passes the gradient check',
    },
    'gradcheck-tolerance': {
      file: 'tensor/gradcheck.ts',
      find: 'tolerance = 1e-6, seed = 7',
      replace: 'tolerance = 1e-3, seed = 7',
      breaks: 'the gradient check overlooks an error of one in a thousand',
    },
    'shuffle-short': {
      file: 'tensor/random.ts',
      find: 'for (let i = items.length - 1; i > 0; i--) {',
      replace: 'for (let i = items.length - 2; i > 0; i--) {',
      breaks: 'a shuffle never moves the last item',
    },
    'reference-softmax-masked': {
      file: 'tensor/backends/reference/softmax.ts',
      find: '    if (max === -Infinity) continue;\n',
      replace: '',
      breaks: 'a row of -Infinity gives NaN',
      tests: 'tensor/ops/softmax',
    },
    'reference-cross-entropy-upstream': {
      file: 'tensor/backends/reference/softmax.ts',
      find: 'dx[i] = Math.exp(data[i]! - normalizers[row]!) * up[row]!;',
      replace: 'dx[i] = Math.exp(data[i]! - normalizers[row]!);',
      breaks: 'the upstream gradient of a row reaches its target only',
      tests: 'tensor/ops/cross-entropy',
    },
    'reference-index-negative': {
      file: 'tensor/backends/reference/indexing.ts',
      find: 'if (id < 0 || id >= length)',
      replace: 'if (id >= length)',
      breaks: 'a negative index reads something else instead of being refused',
      tests: 'tensor/ops/indexing',
    },
  },
};
