/**
 * Reading and writing by index: the two of a pair are each other's adjoints.
 *
 *   y = gather(x, axis, i)         dx = scatterAdd(dy)       places read twice get both gradients
 *   y = scatterAdd(n, axis, i, s)  ds = gather(dy)
 *   y = embedding(table, ids)      dtable = the gradient rows of every id, added up
 *   y = scatterRows(n, ids, s)     ds = embedding(dy, ids)
 *
 * Indices are int32 tensors. An index outside its axis is an error that names it, never a read of something else.
 */
import { record } from '../autograd.ts';
import { formatShape, normalizeAxis, type Shape, ShapeError, sameShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { checkBackend } from './arithmetic.ts';
import { reshape, transpose } from './shape.ts';

/** out[.., i, ..] = x[.., index[.., i, ..], ..] along `axis`. Other axes of `index` must equal those of x. */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = normalizeAxis('gather', axis, x.shape);
  checkIndex('gather', index, x);
  checkAlong('gather', x.shape, at, index);
  const data = x.backend.gather(x.view, at, index.view);
  return record('gather', data, index.shape, [x], [(dy) => scatterAdd(x.shape, at, index, dy)]);
}

/** Zeros of `shape`, plus every element of `source` added at the place that `index` names along `axis`. */
export function scatterAdd(shape: Shape, axis: number, index: Tensor, source: Tensor): Tensor {
  const at = normalizeAxis('scatterAdd', axis, shape);
  checkIndex('scatterAdd', index, source);
  checkAlong('scatterAdd', shape, at, index);
  if (!sameShape(index.shape, source.shape)) {
    throw new ShapeError(
      `scatterAdd: index ${formatShape(index.shape)} and source ${formatShape(source.shape)} must have one shape`,
    );
  }
  const data = source.backend.scatterAdd(shape, at, index.view, source.view);
  return record('scatterAdd', data, shape, [source], [(dy) => gather(dy, at, index)]);
}

/** Rows of table [V, D] for ids of any shape [...] -> [..., D]. */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  checkIndex('embedding', ids, table);
  if (table.rank !== 2)
    throw new ShapeError(`embedding: the table must be [V, D], got ${formatShape(table.shape)}`);
  const [rows, width] = table.shape as [number, number];
  const flat = reshape(ids, [sizeOf(ids.shape)]);
  const data = table.backend.gatherRows(table.view, flat.view);
  return record(
    'embedding',
    data,
    [...ids.shape, width],
    [table],
    [(dy) => scatterRows(rows, flat, reshape(dy, [flat.size, width]))],
  );
}

/** Zeros [rows, D], plus every row of `source` [N, D] added to the row that `ids` [N] names. */
export function scatterRows(rows: number, ids: Tensor, source: Tensor): Tensor {
  checkIndex('scatterRows', ids, source);
  if (ids.rank !== 1 || source.rank !== 2 || ids.shape[0] !== source.shape[0]) {
    throw new ShapeError(
      `scatterRows: ids ${formatShape(ids.shape)} must name a row for each of ${formatShape(source.shape)}: ` +
        'expected [N] and [N, D]',
    );
  }
  const data = source.backend.scatterAddRows(rows, ids.view, source.view);
  return record('scatterRows', data, [rows, source.shape[1]!], [source], [(dy) => embedding(dy, ids)]);
}

/** The slices of x at the positions `index` [n] along `axis`. */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  const at = normalizeAxis('indexSelect', axis, x.shape);
  checkIndex('indexSelect', index, x);
  if (index.rank !== 1)
    throw new ShapeError(`indexSelect: the index must be [n], got ${formatShape(index.shape)}`);
  const front = at === 0 ? x : transpose(x, 0, at);
  const rows = reshape(front, [front.shape[0]!, sizeOf(front.shape.slice(1))]);
  const picked = reshape(embedding(rows, index), [index.shape[0]!, ...front.shape.slice(1)]);
  return at === 0 ? picked : transpose(picked, 0, at);
}

function checkIndex(op: string, index: Tensor, values: Tensor): void {
  if (index.dtype !== 'int32') throw new TypeError(`${op}: indices must be int32, got ${index.dtype}`);
  checkBackend(op, index, values);
}

function checkAlong(op: string, shape: Shape, axis: number, index: Tensor): void {
  const fits =
    index.rank === shape.length && shape.every((n, other) => other === axis || n === index.shape[other]);
  if (!fits) {
    throw new ShapeError(
      `${op}: index ${formatShape(index.shape)} must equal ${formatShape(shape)} in every axis but ${axis}`,
    );
  }
}
