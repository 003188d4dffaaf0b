/**
 * A block under activation checkpointing (tensor/checkpoint.ts), together with what it tells the collector.
 *
 *   checkpointed function   x -> (y, loss 1, loss 2, ...) as one row of numbers     it runs twice, first without recording
 *   outside                 the row cut up again: y goes on, the losses go to the caller's collector
 *
 * A checkpointed function gives one tensor, and whatever else it makes is released or, the first time, cut off from the
 * gradient. So all that comes out of it is in that tensor, and a loss that a layer adds has the same gradient as without
 * checkpointing.
 * Shapes: x, y [B, T, D].
 */
import { checkpoint, concat, type Random, type Tensor } from '../tensor/index.ts';
import type { Block } from './block.ts';
import { Collector, type Told } from './collector.ts';
import type { ForwardPass } from './forward-pass.ts';

/** block.forward(x, pass), computed again for its gradient. `random` is what its dropout draws from. */
export function checkpointed(block: Block, x: Tensor, pass: ForwardPass, random: Random): Tensor {
  const { collect } = pass;
  if (collect === null) return checkpoint((h) => block.forward(h, pass), x, random);
  let told: readonly Told[] = [];
  const packed = checkpoint(
    (h) => {
      const inside = new Collector(collect.wants);
      const y = block.forward(h, pass.heardBy(inside));
      told = inside.told;
      return told.length === 0
        ? y
        : concat([y, ...told.map(({ value }) => value)].map((part) => part.reshape([-1])));
    },
    x,
    random,
  );
  if (told.length === 0) return packed;
  let at = x.size;
  for (const { kind, name, value } of told) {
    const part = packed.slice(0, at, at + value.size).reshape(value.shape);
    collect.told.push({ kind, name, value: kind === 'losses' ? part : part.detach() });
    at += value.size;
  }
  return packed.slice(0, 0, x.size).reshape(x.shape);
}
