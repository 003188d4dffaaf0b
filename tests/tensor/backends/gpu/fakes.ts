/**
 * GPUs that are not there: gpu.js's mode cpu behind the manners of another mode, to test what cannot run in Node.
 *
 *   webgpu   every call returns a promise, which is kept a few turns of the event loop; buffers that can be counted
 *   webgl2   textures of four floats a value, with a small limit of size; a context that can be lost
 */
import { GPU } from 'gpu.js';
import type {
  DeviceContext,
  GpuLibrary,
  GpuMode,
  KernelSettings,
  LibraryKernel,
} from '../../../../src/tensor/backends/gpu/library.ts';

export interface FakeState {
  /** Buffers or textures made and not deleted. */
  live: number;
  lost: boolean;
  /** What getError gives, one after the other. */
  errors: number[];
  /** The shape of every output, by kernel text. */
  readonly outputs: (readonly number[])[];
  /** Called before a kernel runs: may throw. */
  onCall?: (source: string) => void;
  /** What gpu.js would say when it replaces a kernel by a slow one. */
  fallbackReason: string | null;
}

interface Held {
  readonly values: Float32Array;
}

/** What counts the references to one texture or buffer, as gpu.js does. */
interface Memory {
  references: number;
}

export function fakeLibrary(mode: 'webgpu' | 'webgl2', maxTextureSize = 4096) {
  const state: FakeState = { live: 0, lost: false, errors: [], outputs: [], fallbackReason: null };
  const context: DeviceContext = {
    isContextLost: () => state.lost,
    getParameter: (name) => (name === 0x1f02 ? 'WebGL 2.0 (a fake)' : maxTextureSize),
    getError: () => state.errors.shift() ?? 0,
    device: { limits: { maxStorageBufferBindingSize: 4e6, maxBufferSize: 8e6 } },
  };

  class FakeGpu {
    readonly context = mode === 'webgl2' ? context : null;
    private readonly gpu: GPU;

    constructor(settings: { mode: GpuMode }) {
      if (settings.mode !== mode) throw new Error(`this fake is for ${mode}`);
      this.gpu = new GPU({ mode: 'cpu' });
    }

    createKernel(source: string, settings: KernelSettings): LibraryKernel {
      state.outputs.push(settings.output);
      const argumentTypes = settings.argumentTypes.map((type) =>
        type === 'WebGPUBuffer' || type === 'ArrayTexture(1)' ? 'Array' : type,
      );
      const kernel = this.gpu.createKernel(source, { ...settings, argumentTypes } as never);
      const call = (...args: unknown[]): unknown => {
        state.onCall?.(source);
        const plain = args.map((arg) => (isHeld(arg) ? arg.values : arg));
        const values = flat((kernel as unknown as (...args: unknown[]) => unknown)(...plain));
        return mode === 'webgpu' ? later(() => new FakeBuffer({ values })) : new FakeTexture({ values });
      };
      const { fallbackReason } = state;
      return Object.assign(call, {
        kernel: {
          constructor: { mode: fallbackReason !== null ? 'cpu' : mode === 'webgl2' ? 'gpu' : mode },
          context,
          fallbackReason,
        },
        destroy: () => {},
      }) as unknown as LibraryKernel;
    }

    destroy(): Promise<void> {
      return this.gpu.destroy();
    }
  }

  class FakeTexture {
    readonly values: Float32Array;
    readonly memory: Memory;
    readonly kernel: unknown = 'a kernel';
    private deleted = false;

    constructor({ values, memory = { references: 0 } }: { values: Float32Array; memory?: Memory }) {
      this.values = values;
      this.memory = memory;
      if (memory.references++ === 0) state.live++;
    }

    delete(): void {
      if (this.deleted) throw new Error('deleted twice');
      this.deleted = true;
      if (--this.memory.references === 0) state.live--;
    }

    renderValues(): Float32Array {
      return Float32Array.from({ length: 4 * this.values.length + 8 }, (_, i) => this.values[i >> 2] ?? -1);
    }
  }
  class FakeBuffer extends FakeTexture {
    output = [0];

    toArray(): Promise<Float32Array> {
      return later(() => this.values.slice());
    }
  }
  return { library: { GPU: FakeGpu } as unknown as GpuLibrary, state };
}

function isHeld(value: unknown): value is Held {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && 'values' in value;
}

async function later<T>(make: () => T): Promise<T> {
  for (let i = 0; i < 3; i++) await Promise.resolve();
  return make();
}

function flat(result: unknown): Float32Array {
  if (result instanceof Float32Array) return result;
  return Float32Array.from((result as unknown[]).flatMap((part) => [...flat(part)]));
}
