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
import type { Data } from './dtype.ts';
import { track } from './scope.ts';
import { formatShape, type Shape, sameShape } from './shape.ts';
import { type Adjoint, type GraphNode, leaf, Tensor } from './tensor.ts';
import type { View } from './view.ts';

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
 * Saved values are freed on the way, so a second call through the same graph is an error.
 */
export function backward(output: Tensor, options: BackwardOptions = {}): void {
  if (!output.requiresGrad) {
    throw new Error('backward: nothing to differentiate, no input of this tensor requires a gradient');
  }
  noGrad(() => {
    const gradients = new Map<GraphNode, Tensor>();
    const first = options.gradient ?? onesForScalar(output);
    if (!sameShape(first.shape, output.shape)) {
      throw new Error(
        `backward: the gradient has shape ${formatShape(first.shape)}, the tensor ${formatShape(output.shape)}`,
      );
    }
    if (first.dtype !== output.dtype) {
      throw new TypeError(`backward: the gradient is ${first.dtype}, the tensor ${output.dtype}`);
    }
    deliver(output, first, gradients);
    for (const node of descending(output)) {
      const dy = gradients.get(node);
      gradients.delete(node);
      if (node.adjoints === null) {
        throw new Error(
          `backward: the values saved by "${node.op}" are already freed; ` +
            'backward() can run once through a graph, compute the loss again for another gradient',
        );
      }
      if (dy === undefined) continue;
      for (let i = 0; i < node.inputs.length; i++) {
        const adjoint = node.adjoints[i];
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
        deliver(input, dx, gradients);
      }
      node.adjoints = null;
    }
  });
}

/** Add a gradient to where it belongs: the node that made the tensor, or the leaf itself. */
function deliver(target: Tensor, dx: Tensor, gradients: Map<GraphNode, Tensor>): void {
  if (target.node !== null) {
    const sum = gradients.get(target.node);
    gradients.set(target.node, sum === undefined ? dx : addInto(sum, dx));
    return;
  }
  if (target.grad === null) {
    // A copy: `dx` may be shared with other inputs, and it may be a view into memory that the scope releases.
    const copy = target.backend.copy(dx.view, dx.dtype);
    track(copy, target.backend);
    target.grad = leaf(copy, dx.shape, target.backend).keep();
    return;
  }
  const sum = addInto(target.grad, dx);
  target.grad.dispose();
  target.grad = sum.keep();
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
