/**
 * Tensor: a strided view of numbers, and its place in the graph of computations that made it.
 *
 *   shape, view      what it looks like and where the numbers are (an `ndarray` record)
 *   requiresGrad     whether a loss computed from it should be differentiated with respect to it
 *   grad             d(loss)/d(this), filled in by `backward()` on leaves
 *   node             how it was computed (null for leaves): walked by autograd.ts
 *
 * The arithmetic is not here. Ops live in ops/, one family a file; methods.ts attaches them, so that formulas read from
 * left to right: `x.mul(x.square().mean(-1, { keepDim: true }).add(eps).rsqrt())`.
 */
import type { Backend } from './backend.ts';
import { type Data, type DType, dtypeOf, type HostArray } from './dtype.ts';
import { isReleased, keepData, releaseNow } from './scope.ts';
import { formatShape, type Shape, sameShape, sizeOf } from './shape.ts';
import { type View, viewOf } from './view.ts';

export type Adjoint = (dy: Tensor) => Tensor;

/**
 * One step of the recorded computation: which op made a tensor, from what, and how gradients flow back.
 *
 * `adjoints[i]` turns d(loss)/d(output) into d(loss)/d(inputs[i]). Whatever values it needs are held by its closure; it is set
 * to null when `backward()` has used it, which frees them.
 */
export interface GraphNode {
  readonly op: string;
  /** Creation order: every input's node has a smaller number, so descending order is a valid order for backward. */
  readonly order: number;
  readonly inputs: readonly Tensor[];
  adjoints: readonly (Adjoint | null)[] | null;
  /** Where the user called the op; only recorded in anomaly mode. */
  readonly callSite: string | null;
}

export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly backend: Backend;
  requiresGrad = false;
  grad: Tensor | null = null;
  node: GraphNode | null = null;
  readonly #view: View;

  constructor(view: View, backend: Backend) {
    this.#view = view;
    this.shape = view.shape;
    this.dtype = dtypeOf(view.data);
    this.backend = backend;
  }

  /** The strided view for kernels. Throws if a scope has already released the memory. */
  get view(): View {
    if (isReleased(this.#view.data)) {
      throw new Error(
        `This tensor of shape ${formatShape(this.shape)} was released at the end of its scope: ` +
          'return it from the scope or call keep() on it',
      );
    }
    return this.#view;
  }

  /** The memory the view points into (not necessarily starting at this tensor's first element). */
  get data(): Data {
    return this.view.data;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** A row-major copy of the elements on the host. Works on every backend. */
  read(): Promise<HostArray> {
    return this.backend.read(this.view);
  }

  /** A row-major copy of the elements, at once. Throws on a backend whose memory is elsewhere. */
  toArray(): HostArray {
    if (this.backend.readSync === undefined) {
      throw new Error(
        `toArray: the ${this.backend.name} backend can only be read with "await tensor.read()"`,
      );
    }
    return this.backend.readSync(this.view);
  }

  /** The value of a tensor with exactly one element. */
  item(): number {
    if (this.size !== 1)
      throw new Error(`item: a tensor of shape ${formatShape(this.shape)} is not one number`);
    return this.toArray()[0]!;
  }

  /** Same numbers, cut off from the graph. */
  detach(): Tensor {
    return new Tensor(this.#view, this.backend);
  }

  /** Ask for gradients with respect to this tensor. */
  requireGrad(on = true): this {
    if (this.node !== null)
      throw new Error('requireGrad: only a leaf can be switched, this tensor was computed by an op');
    if (on && this.dtype === 'int32')
      throw new Error('requireGrad: int32 tensors hold indices and have no gradient');
    this.requiresGrad = on;
    return this;
  }

  /** Let this tensor outlive the scope it was made in. */
  keep(): this {
    keepData(this.view.data, this.backend);
    return this;
  }

  /** Give its memory back now. */
  dispose(): void {
    releaseNow(this.#view.data, this.backend);
  }

  /** Overwrite the elements in place with `source` of the same shape. Not recorded: for optimizers, loading and caches. */
  assign(source: Tensor): void {
    if (!sameShape(source.shape, this.shape) || source.dtype !== this.dtype) {
      throw new Error(
        `assign: cannot put ${source.dtype} ${formatShape(source.shape)} into ${this.dtype} ${formatShape(this.shape)}`,
      );
    }
    if (source.data !== this.data) {
      this.backend.assign(this.view, source.view);
      return;
    }
    // Two views of one memory (a matrix and its transpose): read everything before writing.
    const copy = this.backend.copy(source.view, source.dtype);
    this.backend.assign(this.view, viewOf(copy, source.shape));
    this.backend.release(copy);
  }

  toString(): string {
    const head = `Tensor ${formatShape(this.shape)} ${this.dtype} on ${this.backend.name}`;
    if (isReleased(this.#view.data)) return `${head} (released)`;
    if (this.backend.readSync === undefined) return head;
    const values = [...this.toArray().subarray(0, 8)].map((value) => Number(value.toPrecision(5)));
    return `${head}: ${values.join(', ')}${this.size > 8 ? ', ...' : ''}`;
  }
}

/** A leaf over fresh row-major memory. */
export function leaf(data: Data, shape: Shape, backend: Backend): Tensor {
  return new Tensor(viewOf(data, shape), backend);
}
