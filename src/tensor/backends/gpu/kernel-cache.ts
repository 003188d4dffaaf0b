/**
 * Compiled kernels, each kept under its key: (definition, grid, constants, sizes of its arguments).
 *
 * A training step after the first finds all of its kernels here. gpu.js replaces a kernel that a mode cannot run by a slow one,
 * with no more than a warning; here that is an error.
 */
import { FaultError } from '../../../errors.ts';
import type { Helper, KernelDefinition } from './kernel.ts';
import { type GpuMode, isHostMode, isTextureMode, type LibraryGpu, type LibraryKernel } from './library.ts';

/** More than a run of any model needs; where shapes never repeat, the oldest give way. */
const KERNELS_KEPT = 2048;

const VERSION = 0x1f02; // WebGL's number for the name and version of a context

export interface Compiled {
  readonly definition: KernelDefinition;
  readonly run: LibraryKernel;
  checked: boolean;
}

export class KernelCache {
  /** Kernels compiled so far. */
  compiled = 0;
  private readonly gpu: LibraryGpu;
  private readonly mode: GpuMode;
  private readonly kernels = new Map<string, Compiled>();

  constructor(gpu: LibraryGpu, mode: GpuMode) {
    this.gpu = gpu;
    this.mode = mode;
  }

  /** The kernel under this key, compiled if it is not there. */
  take(
    key: string,
    kernel: KernelDefinition,
    output: readonly number[],
    constants: Readonly<Record<string, number>>,
    arrayType = this.arrayType,
  ): Compiled {
    const found = this.kernels.get(key);
    if (found !== undefined) return found;
    const made = this.compile(kernel, output, constants, arrayType);
    this.kernels.set(key, made);
    if (this.kernels.size > KERNELS_KEPT) {
      const [[oldest, { run }]] = this.kernels as unknown as [[string, Compiled]];
      run.destroy();
      this.kernels.delete(oldest);
    }
    return made;
  }

  /** A kernel that is not kept here. */
  compile(
    definition: KernelDefinition,
    output: readonly number[],
    constants: Readonly<Record<string, number>>,
    arrayType = this.arrayType,
  ): Compiled {
    this.compiled++;
    const types = { array: arrayType, integer: 'Integer', float: 'Float' } as const;
    const run = this.gpu.createKernel(definition.source.toString(), {
      output,
      constants,
      constantTypes: Object.fromEntries(Object.keys(constants).map((name) => [name, 'Integer' as const])),
      argumentTypes: definition.takes.map((kind) => types[kind]),
      functions: definition.helpers.map(libraryFunction),
      pipeline: true,
      immutable: true,
      precision: 'single',
      dynamicArguments: !isHostMode(this.mode),
      loopMaxIterations: 1 << 30,
    });
    return { definition, run, checked: false };
  }

  /** Throws if the kernel, which has run by now, did so in another mode. */
  check(compiled: Compiled): void {
    if (compiled.checked) return;
    compiled.checked = true;
    const { fallbackReason } = compiled.run.kernel;
    const mode = modeOf(compiled.run.kernel);
    if (mode === this.mode && fallbackReason === null) return;
    throw new FaultError(
      `gpu: the kernel "${compiled.definition.name}" does not run in mode ${this.mode}, gpu.js would run it as ${mode}` +
        `${fallbackReason === null ? '' : ` (${fallbackReason})`}; take --backend wasm`,
    );
  }

  /** Forget all kernels and what they hold on the device. */
  drop(): void {
    for (const { run } of this.kernels.values()) run.destroy();
    this.kernels.clear();
  }

  private get arrayType(): string {
    return isHostMode(this.mode) ? 'Array' : isTextureMode(this.mode) ? 'ArrayTexture(1)' : 'WebGPUBuffer';
  }
}

/** The mode in which a kernel really runs. gpu.js says no more than `gpu` of everything on OpenGL; its context knows better. */
function modeOf(kernel: LibraryKernel['kernel']): string {
  const { context } = kernel;
  const { mode } = kernel.constructor;
  if (mode !== 'gpu') return mode;
  if (context?.getExtension?.('STACKGL_resize_drawingbuffer')) return 'headlessgl';
  const version = String(context?.getParameter?.(VERSION));
  return version.startsWith('WebGL 2') ? 'webgl2' : `gpu with the context "${version}"`;
}

function libraryFunction({ name, source, takes, gives }: Helper) {
  return { name, source: source.toString(), argumentTypes: [...takes], returnType: gives };
}
