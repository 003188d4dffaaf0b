/**
 * Results of gpu.js made into what holds a tensor's numbers, and read again.
 *
 *   cpu, webasm          rows of rows                      one Float32Array
 *   webgl2, headlessgl   a texture, one number per texel   the same texture, with no trace of the kernel that wrote it
 *   webgpu               a storage buffer                  the same buffer, likewise
 *
 * gpu.js ties a result to its kernel: to read or delete a texture it asks that kernel, in vain when the kernel was destroyed;
 * and textures of 1D, 2D and 3D outputs are of different classes, between which a compiled kernel refuses to switch. So every
 * result is handed over to one kernel that lives as long as the device (its result is the `keeper`), and every texture gets the
 * class of a 1D one.
 */
import { type GlTexture, type GpuBuffer, type GpuMode, isTextureMode, type Nested } from './library.ts';

export function adoptTexture(result: GlTexture, keeper: GlTexture): GlTexture {
  const Flat = keeper.constructor as new (settings: GlTexture) => GlTexture;
  const flat = new Flat({ ...result, kernel: keeper.kernel }); // one more reference to the texture itself,
  result.delete(); // and one less
  return flat;
}

export function adoptBuffer(result: GpuBuffer, keeper: GpuBuffer, size: number): GpuBuffer {
  result.kernel = keeper.kernel;
  result.output = [size]; // flat when it is read
  return result;
}

/** Numbers of a texture or buffer. */
export async function readStore(
  mode: GpuMode,
  store: GlTexture | GpuBuffer,
  length: number,
): Promise<Float32Array> {
  if (!isTextureMode(mode)) return (store as GpuBuffer).toArray();
  const texels = (store as GlTexture).renderValues();
  return Float32Array.from({ length }, (_, i) => texels[4 * i]!);
}

/** Rows of a host mode as one array. webasm cuts its rows from one array, which is then used as it is. */
export function flatten(result: Nested, size: number): Float32Array {
  if (result instanceof Float32Array) return result;
  let first: Nested = result;
  while (!(first instanceof Float32Array)) first = first[0]!;
  if (first.buffer.byteLength === 4 * size) return new Float32Array(first.buffer as ArrayBuffer);
  const flat = new Float32Array(size);
  let at = 0;
  const append = (part: Nested) => {
    if (part instanceof Float32Array) {
      flat.set(part, at);
      at += part.length;
    } else for (const inner of part) append(inner);
  };
  append(result);
  return flat;
}
