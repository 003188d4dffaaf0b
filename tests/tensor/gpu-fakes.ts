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
} from '../../src/tensor/backends/gpu/library.ts';

export interface FakeState {
  /** Buffers or textures made and not deleted. */
  live: number;
  lost: boolean;
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

export function fakeLibrary(mode: 'webgpu' | 'webgl2', maxTextureSize = 4096) {
  const state: FakeState = { live: 0, lost: false, outputs: [], fallbackReason: null };
  const context: DeviceContext = {
    isContextLost: () => state.lost,
    getParameter: () => maxTextureSize,
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
        return mode === 'webgpu' ? later(() => buffer(values)) : texture(values);
      };
      const { fallbackReason } = state;
      return Object.assign(call, {
        kernel: { constructor: { mode: fallbackReason === null ? mode : 'cpu' }, context, fallbackReason },
        destroy: () => {},
      }) as unknown as LibraryKernel;
    }

    destroy(): Promise<void> {
      return this.gpu.destroy();
    }
  }

  const held = (values: Float32Array) => {
    state.live++;
    let deleted = false;
    return {
      values,
      delete: () => {
        if (deleted) throw new Error('deleted twice');
        deleted = true;
        state.live--;
      },
    };
  };
  const buffer = (values: Float32Array) => ({
    ...held(values),
    output: [0],
    toArray: () => later(() => values.slice()),
  });
  const texture = (values: Float32Array) => ({
    ...held(values),
    renderValues: () => Float32Array.from({ length: 4 * values.length + 8 }, (_, i) => values[i >> 2] ?? -1),
  });
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
