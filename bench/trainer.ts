/**
 * One training step of a preset, as training/loop.ts makes it: forward, backward, clipping, AdamW, gradients back to nothing.
 *
 * Every token is a target, drawn at random: speed does not depend on what the tokens say.
 */
import { maskedCrossEntropy } from '../src/losses/cross-entropy.ts';
import { layerLosses } from '../src/losses/layer-losses.ts';
import { CausalLM } from '../src/models/causal-lm.ts';
import type { ModelConfig } from '../src/models/config.ts';
import { preset } from '../src/models/presets.ts';
import { Collector } from '../src/nn/collector.ts';
import { AdamW } from '../src/optim/adamw.ts';
import { clipFactor, gradientNorm } from '../src/optim/clip.ts';
import { type Backend, fromArray, Random, scope, type Tensor, withDefaults } from '../src/tensor/index.ts';

/** Preset and batch: rows of a full context. */
export const trainingSizes = [
  { name: 'pico', rows: 16 },
  { name: 'nano', rows: 16 },
  { name: 'micro', rows: 8 },
] as const;

export interface Trainer {
  readonly model: CausalLM;
  readonly tokens: number;
  /** One update; returns the loss. */
  step(): number;
  /** The same on a backend that can only be read asynchronously. */
  stepLater(): Promise<number>;
}

/** What a step is divided into; a hook is called at the beginning of each part. */
export type Phase = 'forward' | 'backward' | 'clip' | 'adamw';

export interface TrainerOptions {
  /** Tokens in a row in place of the model's whole context. */
  readonly context?: number | undefined;
  /** In place of the preset's. */
  readonly config?: ModelConfig;
  /** Add the losses of the layers (the balance of experts). */
  readonly withLayerLosses?: boolean;
}

export function makeTrainer(
  name: string,
  rows: number,
  backend: Backend,
  onPhase: (phase: Phase) => void = () => {},
  { config = preset(name), withLayerLosses = false, context }: TrainerOptions = {},
): Trainer {
  const T = context ?? config.maxPositionEmbeddings;
  const random = new Random(2);
  const draw = (n: number) => Int32Array.from({ length: n }, () => random.int(config.vocabSize));
  const places = (n: number) => Int32Array.from({ length: n }, (_, i) => i);
  const { model, optimizer } = withDefaults({ backend }, () => {
    const model = new CausalLM(config, new Random(1)).train();
    return {
      model,
      optimizer: new AdamW(model, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 }),
    };
  });
  const gradients = () =>
    scope(() => {
      onPhase('forward');
      const collect = withLayerLosses ? new Collector({ losses: true }) : undefined;
      const loss = maskedCrossEntropy(model, {
        ids: fromArray(draw(rows * T), [rows, T]),
        targetRows: fromArray(places(rows * T), [rows * T]),
        targets: fromArray(draw(rows * T), [rows * T]),
        options: { collect },
      });
      const added = collect === undefined ? null : layerLosses(collect, config);
      onPhase('backward');
      (added === null ? loss : loss.add(added)).backward();
      return loss.detach();
    });
  const norm = () => {
    onPhase('clip');
    return scope(() => gradientNorm(model));
  };
  const update = (length: number) => {
    onPhase('adamw');
    scope(() => optimizer.update(1e-3, clipFactor(length, 1)));
    model.zeroGrad();
  };
  const here = <R>(fn: () => R) => withDefaults({ backend }, fn);
  const now = (tensor: Tensor) => {
    const value = tensor.item();
    tensor.dispose();
    return value;
  };
  const later = async (tensor: Tensor) => {
    const [value] = await tensor.read();
    tensor.dispose();
    return value!;
  };
  return {
    model,
    tokens: rows * T,
    step: () =>
      here(() => {
        const loss = now(gradients());
        update(now(norm()));
        return loss;
      }),
    async stepLater() {
      const loss = await later(here(gradients));
      const length = await later(here(norm));
      here(() => update(length));
      return loss;
    },
  };
}

/** Milliseconds spent in each phase of the steps since the last reset. */
export interface PhaseClock {
  readonly enter: (phase: Phase) => void;
  reset(): void;
  /** For each of `steps` steps, as details of a measurement. */
  read(steps: number): Record<string, number>;
}

export function phaseClock(): PhaseClock {
  const sums: Partial<Record<Phase, number>> = {};
  let current: Phase | null = null;
  let since = 0;
  const leave = () => {
    const now = performance.now();
    if (current !== null) sums[current] = (sums[current] ?? 0) + now - since;
    since = now;
  };
  return {
    enter(phase) {
      leave();
      current = phase;
    },
    reset() {
      current = null;
      for (const phase of Object.keys(sums)) delete sums[phase as Phase];
    },
    read(steps) {
      leave();
      current = null;
      return Object.fromEntries(Object.entries(sums).map(([phase, sum]) => [`${phase} ms`, sum / steps]));
    },
  };
}
