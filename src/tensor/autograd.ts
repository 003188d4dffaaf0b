/**
 * Reverse-mode automatic differentiation on a graph that is recorded while the program runs.
 *
 *   forward:   y = f(x)            each op calls `record`, which remembers its inputs and adjoints
 *   backward:  dx += f'(x)^T dy    `backward` walks the graph from the loss to the leaves
 *
 * Nodes are numbered as they are made, so sorting the reachable ones by descending number is a topological order: no
 * recursion, and a chain of 10,000 ops needs no deep stack. Inputs that need no gradient are never visited and their
 * adjoints never run. Source of the method: Griewank & Walther, "Evaluating Derivatives", chapter 3.
 */
import { type CallSite, callSite, checkFinite, isAnomalyMode, withoutAnomalyMode } from './anomaly.ts';
import type { Backend } from './backend.ts';
import type { Data } from './dtype.ts';
import { isOwnedHere, releaseNow, runScope, track } from './scope.ts';
import { formatShape, type Shape, sameShape } from './shape.ts';
import { type Adjoint, type GraphNode, leaf, Tensor } from './tensor.ts';
import { coversData, type View } from './view.ts';

let recording = true;
let nodesMade = 0;

/** Run `fn` without recording: evaluation, generation, optimizer updates. */
export function noGrad<T>(fn: () => T): T {
  const before = recording;
  recording = false;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

/** Run `fn` with recording on, inside of `noGrad` (adjoints that compute their forward pass again). */
export function enableGrad<T>(fn: () => T): T {
  const before = recording;
  recording = true;
  try {
    return fn();
  } finally {
    recording = before;
  }
}

export function isRecording(): boolean {
  return recording;
}

/**
 * Wrap the result of a kernel into a tensor and remember how it was made.
 *
 * `adjoints` has one entry for each of the first inputs; null (or nothing) marks an input without gradient, such as indices.
 */
export function record(
  op: string,
  data: Data,
  shape: Shape,
  inputs: readonly Tensor[],
  adjoints: readonly (Adjoint | null)[] = [],
): Tensor {
  const backend = inputs[0]!.backend;
  track(data, backend);
  return connect(op, leaf(data, shape, backend), inputs, adjoints);
}

/** Like `record`, for ops that only look at the same memory in another way. */
export function recordView(op: string, view: View, input: Tensor, adjoint: Adjoint): Tensor {
  return connect(op, new Tensor(view, input.backend), [input], [adjoint]);
}

function connect(
  op: string,
  output: Tensor,
  inputs: readonly Tensor[],
  adjoints: readonly (Adjoint | null)[],
): Tensor {
  const site: CallSite = isAnomalyMode() ? callSite() : null;
  if (site !== null) checkFinite(`the result of ${op}`, output, inputs, site);
  if (!recording) return output;
  let needed = false;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i]!.requiresGrad && adjoints[i]) needed = true;
  }
  if (!needed) return output;
  output.requiresGrad = true;
  output.node = { op, order: nodesMade++, inputs, adjoints, callSite: site };
  return output;
}

export interface BackwardOptions {
  /** d(loss)/d(this); ones for a single number, required for any other shape. */
  readonly gradient?: Tensor;
}

/**
 * Differentiate `output` with respect to every leaf that requires it, adding to the leaves' `grad`.
 *
 * Saved values are freed on the way, so a second call through the same graph is an error. Gradients on the way live from the node that
 * made them to the node that uses them, so that all of them together take no more memory than the widest part of the graph.
 */
export function backward(output: Tensor, options: BackwardOptions = {}): void {
  if (!output.requiresGrad) {
    throw new Error('backward: nothing to differentiate, no input of this tensor requires a gradient');
  }
  noGrad(() => runScope(() => walk(output, options.gradient ?? onesForScalar(output)), nothing));
}

const nothing = (): Data[] => [];

function walk(output: Tensor, first: Tensor): void {
  if (!sameShape(first.shape, output.shape)) {
    throw new Error(
      `backward: the gradient has shape ${formatShape(first.shape)}, the tensor ${formatShape(output.shape)}`,
    );
  }
  if (first.dtype !== output.dtype) {
    throw new TypeError(`backward: the gradient is ${first.dtype}, the tensor ${output.dtype}`);
  }
  if (output.node === null) {
    deliverToLeaf(output, first, false);
    return;
  }
  const pending = new PendingGradients();
  pending.add(output.node, first);
  for (const node of descending(output)) {
    const dy = pending.get(node);
    if (node.adjoints === null) {
      throw new Error(
        `backward: the values saved by "${node.op}" are already freed; ` +
          'backward() can run once through a graph, compute the loss again for another gradient',
      );
    }
    if (dy === undefined) continue;
    runScope(
      () => propagate(node, dy, pending),
      (delivered) => delivered,
    );
    node.adjoints = null;
    pending.finish(node);
  }
}

/** Gradients of a node's inputs, delivered. Returns the memory that later nodes need; the rest was for this node alone. */
function propagate(node: GraphNode, dy: Tensor, pending: PendingGradients): Data[] {
  const inputs: Tensor[] = [];
  const gradients: Tensor[] = [];
  for (let i = 0; i < node.inputs.length; i++) {
    const adjoint = node.adjoints?.[i];
    const input = node.inputs[i]!;
    if (!adjoint || !input.requiresGrad) continue;
    const dx = withoutAnomalyMode(() => adjoint(dy));
    if (!sameShape(dx.shape, input.shape)) {
      throw new Error(
        `backward: the adjoint of "${node.op}" made a gradient of shape ${formatShape(dx.shape)} ` +
          `for an input of shape ${formatShape(input.shape)}`,
      );
    }
    const site = node.callSite ?? (isAnomalyMode() ? callSite() : null);
    if (site !== null) checkFinite(`the gradient of input ${i} of ${node.op}`, dx, [dy, input], site);
    inputs.push(input);
    gradients.push(dx);
  }
  const delivered: Data[] = [];
  for (const [i, input] of inputs.entries()) {
    const dx = gradients[i]!;
    if (input.node !== null) delivered.push(pending.add(input.node, dx));
    else deliverToLeaf(input, dx, isOwnedHere(dx.data) && !isShared(dx, gradients));
  }
  return delivered;
}

/** True if another of the gradients lies in the same memory. */
function isShared(dx: Tensor, all: readonly Tensor[]): boolean {
  let users = 0;
  for (const { data } of all) if (data === dx.data) users++;
  return users > 1;
}

/** Gradients on their way from the node that made them to the node that will use them. */
class PendingGradients {
  private readonly gradients = new Map<GraphNode, Tensor>();
  /** How many of them lie in each piece of memory: adjoints may pass `dy` on, or views of it. */
  private readonly users = new Map<Data, number>();
  /** Memory that nobody waits for any more. */
  private readonly idle = new Map<Data, Backend>();

  get(node: GraphNode): Tensor | undefined {
    return this.gradients.get(node);
  }

  /** Add to the gradient of a node's result; returns the memory in which the sum lies. */
  add(node: GraphNode, dx: Tensor): Data {
    const sum = this.gradients.get(node);
    const next = sum === undefined ? dx : addInto(sum, dx);
    this.gradients.set(node, next);
    this.users.set(next.data, (this.users.get(next.data) ?? 0) + 1);
    this.idle.delete(next.data);
    if (sum !== undefined) this.drop(sum);
    return next.data;
  }

  /** The node has used its gradient: give back the memory that nobody waits for. What the caller owns is left alone. */
  finish(node: GraphNode): void {
    this.drop(this.gradients.get(node)!);
    this.gradients.delete(node);
    for (const [data, backend] of this.idle) if (isOwnedHere(data)) releaseNow(data, backend);
    this.idle.clear();
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

/** Add a gradient to the leaf's own. It is copied unless `mine` says that nothing else uses its memory or will. */
function deliverToLeaf(target: Tensor, dx: Tensor, mine: boolean): void {
  const { backend } = target;
  if (target.grad !== null) {
    const sum = addInto(target.grad, dx);
    target.grad.dispose();
    target.grad = sum.keep();
  } else if (mine && coversData(dx.view)) {
    target.grad = leaf(dx.data, dx.shape, backend).keep();
  } else {
    const copy = backend.copy(dx.view, dx.dtype);
    track(copy, backend);
    target.grad = leaf(copy, dx.shape, backend).keep();
  }
}

function addInto(a: Tensor, b: Tensor): Tensor {
  const data = a.backend.binary('add', a.view, b.view, a.shape, a.dtype);
  track(data, a.backend);
  return leaf(data, a.shape, a.backend);
}

/** Every node the output depends on, newest first. */
function descending(output: Tensor): GraphNode[] {
  const seen = new Set<GraphNode>();
  const stack: GraphNode[] = [];
  const visit = (node: GraphNode | null) => {
    if (node === null || seen.has(node)) return;
    seen.add(node);
    stack.push(node);
  };
  visit(output.node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const input of node.inputs) visit(input.node);
  }
  return [...seen].sort((a, b) => b.order - a.order);
}

function onesForScalar(output: Tensor): Tensor {
  if (output.size !== 1) {
    throw new Error(
      `backward: a tensor of shape ${formatShape(output.shape)} needs { gradient }; only a single number starts at 1`,
    );
  }
  const data = output.backend.allocate(output.dtype, 1);
  track(data, output.backend);
  const ones = leaf(data, output.shape, output.backend);
  output.backend.fill(ones.view, 1);
  return ones;
}
