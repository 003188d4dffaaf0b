/**
 * Who owns the memory of a gradient during `backward()`: the chain rule computes, this file adds up and cleans up.
 *
 *   on the way    gradients of one tensor by several paths are added; the sum lives until its node has used it
 *   at a leaf     the sum becomes (or joins) the leaf's `grad`, which outlives the pass
 *   otherwise     whatever else an adjoint allocated is released as soon as that adjoint's node is done
 *
 * So all gradients on the way together take no more memory than the widest part of the graph. What makes it delicate: an adjoint
 * may hand on `dy` itself, or views of it, so several gradients can lie in the same memory, which is given back with the last.
 */
import type { Backend } from './backend.ts';
import type { Data } from './dtype.ts';
import { isOwnedHere, releaseNow, runScope, track } from './scope.ts';
import { type GraphNode, leaf, type Tensor } from './tensor.ts';
import { coversData } from './view.ts';

/** d(loss)/d(input) along one path. */
export interface Contribution {
  readonly input: Tensor;
  readonly gradient: Tensor;
}

export class GradientMemory {
  /** Gradients on their way from the nodes that made them to the node that will use them. */
  private readonly pending = new Map<GraphNode, Tensor>();
  /** How many of them lie in each piece of memory. */
  private readonly users = new Map<Data, number>();
  /** Memory that nobody waits for any more. */
  private readonly idle = new Map<Data, Backend>();

  /** The gradient with which backward starts; it may belong to the caller, and is never given to a leaf as its own. */
  start(output: Tensor, gradient: Tensor): void {
    if (output.node === null) addToLeaf(output, gradient, false);
    else this.add(output.node, gradient);
  }

  /** The gradient of a node's result; undefined if none has come. */
  of(node: GraphNode): Tensor | undefined {
    return this.pending.get(node);
  }

  /** Deliver what `chainRule` computes from the gradient of this node's result, which is no longer needed afterwards. */
  pass(node: GraphNode, chainRule: () => readonly Contribution[]): void {
    runScope(
      () => this.deliver(chainRule()),
      (delivered) => delivered,
    );
    this.drop(this.pending.get(node)!); // the caller got it from `of`
    this.pending.delete(node);
    for (const [data, backend] of this.idle) if (isOwnedHere(data)) releaseNow(data, backend); // not what the caller owns
    this.idle.clear();
  }

  /** Returns the memory that later nodes need. */
  private deliver(contributions: readonly Contribution[]): Data[] {
    const delivered: Data[] = [];
    for (const { input, gradient } of contributions) {
      if (input.node !== null) delivered.push(this.add(input.node, gradient));
      else addToLeaf(input, gradient, isOwnedHere(gradient.data) && !isShared(gradient, contributions));
    }
    return delivered;
  }

  /** Add to the gradient of a node's result; returns the memory in which the sum lies. */
  private add(node: GraphNode, gradient: Tensor): Data {
    const before = this.pending.get(node);
    const next = before === undefined ? gradient : sumOf(before, gradient);
    this.pending.set(node, next);
    this.users.set(next.data, (this.users.get(next.data) ?? 0) + 1);
    this.idle.delete(next.data);
    if (before !== undefined) this.drop(before);
    return next.data;
  }

  private drop({ data, backend }: Tensor): void {
    const left = this.users.get(data)! - 1;
    if (left > 0) this.users.set(data, left);
    else {
      this.users.delete(data);
      this.idle.set(data, backend);
    }
  }
}

/** True if another of the gradients lies in the same memory. */
function isShared(gradient: Tensor, all: readonly Contribution[]): boolean {
  return all.filter((other) => other.gradient.data === gradient.data).length > 1;
}

/** Add to the leaf's own gradient. It is copied unless `mine` says that nothing else uses its memory or will. */
function addToLeaf(target: Tensor, gradient: Tensor, mine: boolean): void {
  const { backend } = target;
  if (target.grad !== null) {
    const sum = sumOf(target.grad, gradient);
    target.grad.dispose();
    target.grad = sum.keep();
  } else if (mine && coversData(gradient.view)) {
    target.grad = leaf(gradient.data, gradient.shape, backend).keep();
  } else {
    const copy = backend.copy(gradient.view, gradient.dtype);
    track(copy, backend);
    target.grad = leaf(copy, gradient.shape, backend).keep();
  }
}

function sumOf(a: Tensor, b: Tensor): Tensor {
  const data = a.backend.binary('add', a.view, b.view, a.shape, a.dtype);
  track(data, a.backend);
  return leaf(data, a.shape, a.backend);
}
