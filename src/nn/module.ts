/**
 * Module: a layer with named parameters, made of other modules.
 *
 * A module is an ordinary class whose fields are its parameters and sub-modules; nothing is registered by hand. The name of a
 * parameter is the path of fields that leads to it, written as Hugging Face writes it (snake_case, list positions as numbers):
 * `model.layers.0.selfAttn.qProj.weight` becomes `model.layers.0.self_attn.q_proj.weight`. So the names on disk are the names in
 * the code, and renaming a field changes the file format: do it knowingly.
 */
import { formatShape, type Shape, type Tensor, Tensor as TensorClass } from '../tensor/index.ts';

/** A tensor that training changes. */
export type Parameter = Tensor;

/** Names or shapes of loaded weights that do not fit the module. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

export abstract class Module {
  /** True while training: dropout acts only then. Set it on the whole tree with `train()` and `eval()`. */
  training = true;
  readonly #parameters = new Set<Tensor>();

  /** Declare a field as a parameter: it gets gradients, a name, and outlives every scope. */
  protected parameter(values: Tensor): Parameter {
    this.#parameters.add(values);
    return values.requireGrad().keep();
  }

  /** Every parameter of this module and those below it, once, in the order of the fields. */
  namedParameters(): Map<string, Parameter> {
    const found = new Map<string, Parameter>();
    const seen = new Set<Tensor>();
    this.visit('', (name, parameter) => {
      if (seen.has(parameter)) return;
      seen.add(parameter);
      found.set(name, parameter);
    });
    return found;
  }

  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  parameterCount(): number {
    return this.parameters().reduce((total, parameter) => total + parameter.size, 0);
  }

  train(): this {
    return this.setTraining(true);
  }

  eval(): this {
    return this.setTraining(false);
  }

  /** Stop (or resume) asking for gradients: a frozen model costs nothing in `backward()`. */
  freeze(frozen = true): this {
    for (const parameter of this.parameters()) parameter.requireGrad(!frozen);
    return this;
  }

  /** After an update of the optimizer: what a layer keeps beside its parameters may move now. */
  afterUpdate(): void {
    for (const [, child] of this.children()) child.afterUpdate();
  }

  /**
   * What a resumed run needs beside the parameters, by name like those: assign what was saved to these tensors. A layer that keeps something
   * overrides `ownState`.
   */
  keptState(): Map<string, Tensor> {
    const kept = this.ownState();
    for (const [name, child] of this.children())
      for (const [inner, tensor] of child.keptState()) kept.set(`${name}.${inner}`, tensor);
    return kept;
  }

  protected ownState(): Map<string, Tensor> {
    return new Map();
  }

  zeroGrad(): void {
    for (const parameter of this.parameters()) {
      parameter.grad?.dispose();
      parameter.grad = null;
    }
  }

  /**
   * Copy values into the parameters. Strict: every parameter must be given, nothing else may be, and shapes must agree;
   * otherwise a StateError lists what is wrong and nothing has been changed.
   */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    const own = this.namedParameters();
    const problems = [...own].flatMap(([name, parameter]) =>
      mismatch(name, parameter.shape, state.get(name)),
    );
    for (const name of state.keys())
      if (!own.has(name)) problems.push(`${name} is not a parameter of this model`);
    if (problems.length > 0) {
      const more = problems.length > 3 ? ` (and ${problems.length - 3} more)` : '';
      throw new StateError(`These weights do not fit the model: ${problems.slice(0, 3).join('; ')}${more}`);
    }
    for (const [name, parameter] of own) parameter.assign(state.get(name)!.to(parameter.dtype));
  }

  private setTraining(on: boolean): this {
    this.training = on;
    for (const [, child] of this.children()) child.setTraining(on);
    return this;
  }

  private visit(path: string, fn: (name: string, parameter: Parameter) => void): void {
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof TensorClass && this.#parameters.has(value)) fn(path + snakeCase(field), value);
    }
    for (const [name, child] of this.children()) child.visit(`${path}${name}.`, fn);
  }

  private *children(): Generator<[string, Module]> {
    for (const [field, value] of Object.entries(this)) {
      if (value instanceof Module) yield [snakeCase(field), value];
      if (!Array.isArray(value)) continue;
      for (const [index, item] of value.entries()) {
        if (item instanceof Module) yield [`${snakeCase(field)}.${index}`, item];
      }
    }
  }
}

function mismatch(name: string, expected: Shape, given: Tensor | undefined): string[] {
  if (given === undefined) return [`${name} ${formatShape(expected)} is missing`];
  if (formatShape(given.shape) === formatShape(expected)) return [];
  return [`${name} has shape ${formatShape(given.shape)}, the model needs ${formatShape(expected)}`];
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
