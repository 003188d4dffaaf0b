/**
 * Which backend a command computes on.
 *
 *   auto        the faster of wasm and a real GPU, by a short probe of the model's own matrix products; reference where neither
 *               starts
 *   wasm        SIMD kernels on all cores (--threads N), 256 bit wide where that is faster (--wide): the same bits
 *               --deterministic keeps to the bits every processor gives
 *   gpu         gpu.js kernels (--gpu-mode): webgpu or headlessgl where they exist, else webasm, correct but slow
 *   reference   plain loops on one core: slow, readable, the specification
 */
import { UserError } from '../errors.ts';
import type { ModelConfig } from '../models/config.ts';
import { findGpu, type GpuBackend, type GpuMode, startGpuBackend } from '../platform/gpu.ts';
import { startWasmBackend } from '../platform/node.ts';
import { canRevectorize } from '../platform/v8-flags.ts';
import type { WasmBackend } from '../tensor/backends/wasm/index.ts';
import { reference, setDefaults } from '../tensor/index.ts';
import type { FlagTable } from './flags.ts';
import { modelGemms, timeGemms } from './gemm-probe.ts';
import { adviceOnNode } from './newer-node.ts';

/** Modes that Node can have; webgl2 exists in pages only. */
const nodeModes = ['webgpu', 'headlessgl', 'webasm', 'cpu'] as const satisfies readonly GpuMode[];

export const backendFlags = {
  backend: {
    type: 'choice',
    choices: ['auto', 'reference', 'wasm', 'gpu'],
    help: 'what computes',
    default: 'auto',
  },
  'gpu-mode': {
    type: 'choice',
    choices: nodeModes,
    help: 'how --backend gpu computes',
    default: 'the best that starts',
  },
  threads: {
    type: 'number',
    whole: true,
    min: 1,
    max: 64,
    help: 'threads of the wasm backend',
    default: 'all cores',
  },
  wide: {
    type: 'choice',
    choices: ['auto', 'on', 'off'],
    help: 'wasm kernels that V8 makes 256 bit wide; the same bits',
    default: 'auto, by a short trial',
  },
  deterministic: { type: 'boolean', help: 'the same bits on every processor (a little slower)' },
} as const satisfies FlagTable;

export interface BackendChoice {
  readonly backend?: string | undefined;
  readonly gpuMode?: string | undefined;
  readonly threads?: number | undefined;
  readonly wide?: 'auto' | 'on' | 'off' | undefined;
  readonly deterministic?: boolean | undefined;
  /** What is going to be computed, for `auto`: the model, and the tokens of one batch. */
  readonly work?: { readonly config: ModelConfig; readonly tokens: number } | undefined;
}

export interface ChosenBackend {
  /** Short, for progress lines and metrics: "wasm (fma, 256 bit)", "gpu webasm". */
  readonly name: string;
  /** With details and reasons, for the log. */
  readonly description: string;
  /** A sentence on how the same machine would be faster. */
  readonly advice?: string | undefined;
  /** What a run that is resumed must choose again, where `auto` had a choice. */
  readonly decided?: { readonly backend: string; readonly gpuMode: string | null };
}

/** What has to end before the process can. */
let started: { stop(): void | Promise<void> } | null = null;

/** Make the chosen backend the default one. */
export async function useBackend(choice: BackendChoice): Promise<ChosenBackend> {
  const { backend = 'auto', gpuMode, threads = 1, wide } = choice;
  if (gpuMode !== undefined && backend !== 'gpu') throw new UserError('--gpu-mode belongs to --backend gpu');
  if (threads > 1 && (backend === 'reference' || backend === 'gpu')) {
    throw new UserError(
      backend === 'reference'
        ? '--threads belongs to --backend wasm; the reference backend has one thread'
        : '--threads belongs to --backend wasm; the gpu backend has none',
    );
  }
  if (wide !== undefined && (backend === 'reference' || backend === 'gpu'))
    throw new UserError(`--wide belongs to --backend wasm; the ${backend} backend has one width`);
  if (backend === 'reference') {
    setDefaults({ backend: reference });
    return { name: 'reference', description: 'reference, 1 thread' };
  }
  if (backend === 'gpu') return useGpu(gpuMode as GpuMode | undefined);
  if (backend === 'wasm') return useWasm(await startWasm(choice), choice);
  return chooseBackend(choice);
}

/** Let go of threads and devices, so that the process can end. */
export async function closeBackend(): Promise<void> {
  await started?.stop();
  started = null;
}

async function useGpu(mode: GpuMode | undefined): Promise<ChosenBackend> {
  if (mode === undefined) {
    const found = await findGpu();
    if ('backend' in found) return takeGpu(found.backend);
    return takeGpu(await startGpuBackend('webasm'), `; ${found.reason}`);
  }
  try {
    return takeGpu(await startGpuBackend(mode));
  } catch (error) {
    throw new UserError(
      `--gpu-mode ${mode}: ${(error as Error).message}; --gpu-mode webasm runs everywhere, --backend wasm is ` +
        'faster without a GPU',
    );
  }
}

function takeGpu(backend: GpuBackend, why = ''): ChosenBackend {
  started = backend;
  setDefaults({ backend });
  const isSlow = backend.mode === 'webasm' || backend.mode === 'cpu';
  const note = isSlow ? ' (runs on the processor: correct, but slower than --backend wasm)' : '';
  return { name: `gpu ${backend.mode}`, description: `gpu, mode ${backend.mode}${note}${why}` };
}

async function startWasm({ threads, deterministic, wide = 'auto' }: BackendChoice): Promise<WasmBackend> {
  if (wide === 'on' && !canRevectorize())
    throw new UserError(
      `--wide on takes Node 24 or newer on x86-64, other than macOS; this is Node ${process.versions.node} on ` +
        `${process.platform} ${process.arch}`,
    );
  return startWasmBackend({ threads, deterministic, wide: wide === 'auto' ? wide : wide === 'on' });
}

function useWasm(wasm: WasmBackend, choice: BackendChoice, why = ''): ChosenBackend {
  setDefaults({ backend: wasm });
  const threads = `${wasm.threads} ${wasm.threads === 1 ? 'thread' : 'threads'}`;
  const name = `wasm (${wasm.variant}${wasm.wide ? ', 256 bit' : ''})`;
  const advice = wasm.wide || choice.wide === 'off' ? null : adviceOnNode();
  return { name, description: `${name}, ${threads}${why}`, advice: advice ?? undefined };
}

async function chooseBackend(choice: BackendChoice): Promise<ChosenBackend> {
  let wasm: WasmBackend;
  try {
    wasm = await startWasm(choice);
  } catch (error) {
    if (error instanceof UserError) throw error; // what was asked for cannot be had
    const why = (error as Error).message.split('\n')[0];
    setDefaults({ backend: reference });
    return { name: 'reference', description: `reference, 1 thread (wasm does not start here: ${why})` };
  }
  // Answering is one token at a time: too little work for a GPU to gain anything.
  if (choice.deterministic === true || choice.work === undefined) return useWasm(wasm, choice);
  const found = await findGpu();
  if (!('backend' in found))
    return useWasm(wasm, choice, '; no GPU mode starts here, --backend gpu says why');
  const gpu = found.backend;
  const mode = `gpu ${gpu.mode}`;
  const shapes = modelGemms(choice.work.config, choice.work.tokens);
  const [onGpu, onWasm] = [await timeGemms(gpu, shapes), await timeGemms(wasm, shapes)];
  const times = (a: number, b: number) => `${a.toFixed(1)} ms against ${b.toFixed(1)} ms`;
  if (onGpu < onWasm) {
    wasm.stop();
    return {
      ...takeGpu(gpu, `; the model's matrix products take ${times(onGpu, onWasm)} on wasm`),
      decided: { backend: 'gpu', gpuMode: gpu.mode },
    };
  }
  await gpu.stop();
  return {
    ...useWasm(wasm, choice, `; the model's matrix products take ${times(onWasm, onGpu)} on ${mode}`),
    decided: { backend: 'wasm', gpuMode: null },
  };
}
