/**
 * Collector: what a caller wants to hear from inside a forward pass. Layers know nothing of who asks.
 *
 *   captured   values for pictures                                'attention' [B, H, T, S]
 *   losses     losses that layers add to that of the text, one number each, with their gradient
 *   numbers    statistics of any shape, without gradient
 *
 * Each is a list by name with one tensor for each layer that has it, in the order of the layers. One collector serves one
 * forward pass, and what it holds belongs to the scope of that pass: read it there. Without a collector a layer does nothing of
 * all this: it asks `pass.collect?.wants` first.
 */
import { formatShape, type Tensor } from '../tensor/index.ts';

export interface CollectorOptions {
  /** Where each token looks. Attention then runs through its plain formula instead of a fused kernel. */
  readonly attention?: boolean;
  /** The losses that layers add. */
  readonly losses?: boolean;
  /** The statistics of layers. */
  readonly numbers?: boolean;
}

/** One thing that a layer said. */
export interface Told {
  readonly kind: 'captured' | 'losses' | 'numbers';
  readonly name: string;
  readonly value: Tensor;
}

export class Collector {
  readonly wants: Required<CollectorOptions>;
  /** Everything said so far, in order. */
  readonly told: Told[] = [];

  constructor({ attention = false, losses = false, numbers = false }: CollectorOptions) {
    this.wants = { attention, losses, numbers };
  }

  /** Values of one layer for a picture. */
  capture(name: string, value: Tensor): void {
    this.told.push({ kind: 'captured', name, value: value.detach() });
  }

  /** A loss of one layer; its gradient flows once the caller adds it to a loss of its own. */
  addLoss(name: string, value: Tensor): void {
    if (value.size !== 1)
      throw new RangeError(
        `Collector: the loss "${name}" must be one number, got ${formatShape(value.shape)}`,
      );
    this.told.push({ kind: 'losses', name, value });
  }

  /** Statistics of one layer. */
  addNumbers(name: string, value: Tensor): void {
    this.told.push({ kind: 'numbers', name, value: value.detach() });
  }

  get captured(): Map<string, Tensor[]> {
    return this.byName('captured');
  }

  get losses(): Map<string, Tensor[]> {
    return this.byName('losses');
  }

  get numbers(): Map<string, Tensor[]> {
    return this.byName('numbers');
  }

  private byName(kind: Told['kind']): Map<string, Tensor[]> {
    const lists = new Map<string, Tensor[]>();
    for (const { name, value } of this.told.filter((entry) => entry.kind === kind))
      lists.set(name, [...(lists.get(name) ?? []), value]);
    return lists;
  }
}
