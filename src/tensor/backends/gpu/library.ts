/**
 * gpu.js as this backend uses it: its modes, and one place where its types are made ours.
 *
 *   mode         runs on                                        memory of a tensor
 *   webgpu       compute shaders (pages; Node through Dawn)     storage buffer, everything is asynchronous
 *   webgl2       fragment shaders (pages)                       float texture
 *   headlessgl   fragment shaders of ANGLE (Node with `gl`)     float texture
 *   webasm       WebAssembly that gpu.js generates              Float32Array, copied in and out of every kernel
 *   cpu          JavaScript that gpu.js generates               Float32Array
 *
 * The last two are for correctness where there is no GPU. The typings of gpu.js 2.24 know neither `webasm` nor `webgpu`, so
 * what is used of it is described here by its structure.
 */
const gpuModes = ['cpu', 'webasm', 'webgl2', 'headlessgl', 'webgpu'] as const;
export type GpuMode = (typeof gpuModes)[number];

/** Modes that need no GPU: plain arrays, results at once. */
export function isHostMode(mode: GpuMode): mode is 'cpu' | 'webasm' {
  return mode === 'cpu' || mode === 'webasm';
}

/** Modes of float textures, with their limits of size. */
export function isTextureMode(mode: GpuMode): mode is 'webgl2' | 'headlessgl' {
  return mode === 'webgl2' || mode === 'headlessgl';
}

export interface GlTexture {
  /** The kernel that wrote it, which it asks when it is read or deleted. */
  readonly kernel: unknown;
  /** Four floats per texel, the first of which is the value. */
  renderValues(): Float32Array;
  delete(): void;
}

export interface GpuBuffer {
  kernel: unknown;
  output: number[];
  toArray(): Promise<Float32Array>;
  delete(): void;
}

/** What holds the numbers of a tensor. */
export type Store = Float32Array | GlTexture | GpuBuffer;

/** Rows of rows, as the host modes return them. */
export type Nested = Float32Array | readonly Nested[];

/** A WebGL context, or gpu.js's record of a WebGPU device. */
export interface DeviceContext {
  isContextLost?(): boolean;
  getParameter?(name: number): unknown;
  getExtension?(name: string): unknown;
  getError?(): number;
  readonly isLost?: boolean;
  readonly device?: {
    readonly limits: { readonly maxStorageBufferBindingSize: number; readonly maxBufferSize: number };
    addEventListener?(type: 'uncapturederror', listener: (event: { readonly error: Error }) => void): void;
  };
}

export interface LibraryKernel {
  (...args: unknown[]): unknown;
  /** The kernel that really runs: gpu.js replaces it where it degrades. */
  readonly kernel: {
    readonly constructor: { readonly mode: string };
    readonly context: DeviceContext | null;
    readonly fallbackReason: string | null;
  };
  destroy(): void;
}

interface LibraryFunction {
  readonly name: string;
  readonly source: string;
  readonly argumentTypes: readonly string[];
  readonly returnType: string;
}

export interface KernelSettings {
  readonly output: readonly number[];
  readonly constants: Readonly<Record<string, number>>;
  readonly constantTypes: Readonly<Record<string, 'Integer'>>;
  readonly argumentTypes: readonly string[];
  readonly functions: readonly LibraryFunction[];
  readonly pipeline: true;
  readonly immutable: true;
  readonly precision: 'single';
  readonly dynamicArguments: boolean;
  readonly loopMaxIterations: number;
}

export interface LibraryGpu {
  createKernel(source: string, settings: KernelSettings): LibraryKernel;
  destroy(): Promise<void>;
  readonly context: DeviceContext | null;
}

/** The part of the module `gpu.js` that is used. */
export interface GpuLibrary {
  readonly GPU: new (settings: { mode: GpuMode }) => LibraryGpu;
}

/** Load gpu.js; only programs that compute with it pay for that. */
export async function loadLibrary(): Promise<GpuLibrary> {
  const module: unknown = await import('gpu.js');
  const found = module as { GPU?: unknown; default?: { GPU?: unknown } };
  // A bundler may put the CommonJS module under `default`.
  return { GPU: (found.GPU ?? found.default?.GPU ?? found.default) as GpuLibrary['GPU'] };
}
