/**
 * Reverse-mode automatic differentiation on a graph that is recorded while the program runs.
 *
 *   forward:   y = f(x)            each op calls `record`, which remembers its inputs and adjoints
 *   backward:  dx += f'(x)^T dy    `backward` walks the graph from the loss to the leaves, the chain rule at every node
 *
 * Nodes are numbered as they are made, so sorting the reachable ones by descending number is a topological order: no
 * recursion, and a chain of 10,000 ops needs no deep stack. Inputs that need no gradient are never visited and their
 * adjoints never run. Source of the method: Griewank & Walther, "Evaluating Derivatives", chapter 3.
 *
 * Adding up gradients and giving back their memory is the business of gradient-memory.ts.
 */
import { type CallSite, callSite, checkFinite, isAnomalyMode, withoutAnomalyMode } from './anomaly.ts';
import type { Data } from './dtype.ts';
import { type Contribution, GradientMemory } from './gradient-memory.ts';
import { runScope, track } from './scope.ts';
import { formatShape, type Shape, sameShape } from './shape.ts';
import { type Adjoint, type GraphNode, leaf, Tensor } from './tensor.ts';
import type { View } from './view.ts';

let recording = true;
let nodesMade = 0;

export function isRecording(): boolean {
  return recording;
}

/** Run `fn` without recording: evaluation, generation, optimizer updates. */
export function noGrad<T>(fn: () => T): T {
  return withRecording(false, fn);
}

/** Run `fn` with recording on, inside `noGrad` (adjoints that compute their forward pass again). */
export function enableGrad<T>(fn: () => T): T {
  return withRecording(true, fn);
}

function withRecording<T>(on: boolean, fn: () => T): T {
  const before = recording;
  recording = on;
  try {
    return fn();
  } finally {
    recording = before;
  }
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

interface BackwardOptions {
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
  noGrad(() =>
    runScope(
      () => walk(output, options.gradient ?? oneFor(output)),
      () => [],
    ),
  );
}

function walk(output: Tensor, first: Tensor): void {
  checkUpstream(output, first);
  const gradients = new GradientMemory();
  gradients.start(output, first);
  for (const node of newestFirst(output)) {
    const dy = gradients.of(node);
    if (node.adjoints === null) {
      throw new Error(
        `backward: the values saved by "${node.op}" are already freed; ` +
          'backward() can run once through a graph, compute the loss again for another gradient',
      );
    }
    if (dy === undefined) continue; // no adjoint leads here
    gradients.pass(node, () => chainRule(node, dy));
    node.adjoints = null;
  }
}

/** dx = f'(x)^T dy for each input x that requires a gradient. */
function chainRule(node: GraphNode, dy: Tensor): Contribution[] {
  const contributions: Contribution[] = [];
  for (const [i, input] of node.inputs.entries()) {
    const adjoint = node.adjoints?.[i];
    if (!adjoint || !input.requiresGrad) continue;
    const gradient = withoutAnomalyMode(() => adjoint(dy));
    checkGradient(node, i, gradient, dy);
    contributions.push({ input, gradient });
  }
  return contributions;
}

/** Every node the output depends on. */
function newestFirst(output: Tensor): GraphNode[] {
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

/** d(output)/d(output) = 1. */
function oneFor(output: Tensor): Tensor {
  if (output.size !== 1) {
    throw new Error(
      `backward: a tensor of shape ${formatShape(output.shape)} needs { gradient }; only a single number starts at 1`,
    );
  }
  const data = output.backend.allocate(output.dtype, 1);
  track(data, output.backend);
  const one = leaf(data, output.shape, output.backend);
  output.backend.fill(one.view, 1);
  return one;
}

function checkUpstream(output: Tensor, gradient: Tensor): void {
  if (!sameShape(gradient.shape, output.shape)) {
    throw new Error(
      `backward: the gradient has shape ${formatShape(gradient.shape)}, the tensor ${formatShape(output.shape)}`,
    );
  }
  if (gradient.dtype !== output.dtype) {
    throw new TypeError(`backward: the gradient is ${gradient.dtype}, the tensor ${output.dtype}`);
  }
}

function checkGradient(node: GraphNode, i: number, gradient: Tensor, dy: Tensor): void {
  const input = node.inputs[i]!;
  if (!sameShape(gradient.shape, input.shape)) {
    throw new Error(
      `backward: the adjoint of "${node.op}" made a gradient of shape ${formatShape(gradient.shape)} ` +
        `for an input of shape ${formatShape(input.shape)}`,
    );
  }
  const site = node.callSite ?? (isAnomalyMode() ? callSite() : null);
  if (site !== null) checkFinite(`the gradient of input ${i} of ${node.op}`, gradient, [dy, input], site);
}
