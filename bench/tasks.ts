/**
 * What a child of ours can be asked to do, made ready: an amount of work and a call that does it.
 */
import type { WasmBackend } from '../src/tensor/backends/wasm/index.ts';
import type { Backend } from '../src/tensor/index.ts';
import { makeDecoder, newTokens } from './generate.ts';
import { mixtureStep } from './mixtures.ts';
import { opTable, runOp } from './op-table.ts';
import { ceilingOf, productFlops, productOn, slowProduct } from './products.ts';
import { makeTrainer, type PhaseClock, phaseClock } from './trainer.ts';
import type { Task } from './turns/protocol.ts';

/** One way to compute: a backend with a number of threads. */
export interface Contender {
  readonly backend: Backend;
  readonly threads: number;
  /** The same backend with what only wasm has; null for the reference. */
  readonly wasm: WasmBackend | null;
}

export interface Prepared {
  /** Divided by the milliseconds of a call it is a number of `unit`. */
  readonly amount: number;
  readonly unit: string;
  run(): unknown;
  readonly phases?: PhaseClock;
  readonly details?: Readonly<Record<string, number>>;
}

const perSecond = (tokens: number) => ({ amount: 1000 * tokens, unit: 'tokens/s' });
const gigaflops = (flops: number) => ({ amount: flops / 1e6, unit: 'GFLOP/s' });
const gigabytes = (bytes: number) => ({ amount: bytes / 1e6, unit: 'GB/s' });

export function openTask(task: Task, contender: Contender): Prepared {
  const { backend } = contender;
  switch (task.group) {
    case 'ceiling': {
      const { flops, run } = ceilingOf(contender);
      return { ...gigaflops(flops), run };
    }
    case 'gemm': {
      const run = task.by === undefined ? productOn(backend, task) : slowProduct(task.by, task);
      return { ...gigaflops(productFlops(task.size)), run };
    }
    case 'ops': {
      const op = opTable(backend).find(({ name }) => name === task.name);
      if (op === undefined) throw new Error(`there is no kernel "${task.name}" in the table`);
      return { ...(op.flops ? gigaflops(op.work) : gigabytes(4 * op.work)), run: () => runOp(backend, op) };
    }
    case 'train': {
      const phases = phaseClock();
      const { name, rows, context } = task;
      const { tokens, step, model } = makeTrainer(name, rows, backend, phases.enter, { context });
      return { ...perSecond(tokens), run: step, phases, details: { parameters: model.parameterCount() } };
    }
    case 'moe': {
      const { tokens, step } = mixtureStep(task.name, backend);
      return { ...perSecond(tokens), run: step };
    }
    case 'generate':
      return {
        ...perSecond(newTokens(task.name) * task.batch),
        run: makeDecoder(task.name, backend, task.batch),
      };
  }
}
