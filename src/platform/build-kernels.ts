/**
 * Compiles the kernels, three times:
 *
 *   kernels.fma.wasm     relaxed SIMD: one rounding in multiply-add, where the engine validates it
 *   kernels.simd.wasm    fixed-width SIMD, every engine of the last years
 *   kernels.plain.wasm   the same for a memory that is not shared: pages without cross-origin isolation, one thread
 *
 *   npx tsx src/platform/build-kernels.ts          (npm runs it after an install, as "prepare")
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('../tensor/backends/wasm/', import.meta.url));
const folder = `${here}build`;

const variants = ['fma', 'simd', 'plain'] as const;
export type Variant = (typeof variants)[number];

export function kernelPath(variant: Variant): string {
  return `${folder}/kernels.${variant}.wasm`;
}

/** True if the compiled kernels are missing or older than their source. */
export function isStale(): boolean {
  const sources = readdirSync(`${here}assembly`).map((name) => statSync(`${here}assembly/${name}`).mtimeMs);
  const built = variants.map(kernelPath);
  return built.some((path) => !existsSync(path) || statSync(path).mtimeMs < Math.max(...sources));
}

let builds = 0;

/** Compile all variants. Throws with the compiler's messages. */
export async function buildKernels(): Promise<void> {
  // Loading the compiler takes seconds: only when there is something to compile.
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(folder, { recursive: true });
  for (const variant of variants) {
    const partial = `build/partial-${process.pid}-${builds++}-${variant}.wasm`;
    const features = { fma: 'simd,threads,relaxed-simd', simd: 'simd,threads', plain: 'simd' }[variant];
    const shared = variant === 'plain' ? [] : ['--sharedMemory'];
    const { error, stderr } = await asc.main(
      [
        'assembly/index.ts',
        ...['--baseDir', here, '--outFile', partial, '-O3', '--noAssert', '--runtime', 'stub'],
        ...['--importMemory', ...shared, '--initialMemory', '1', '--maximumMemory', '65536'],
        ...['--enable', features, '--disableWarning', '233'],
      ],
      {},
    );
    if (error !== null) {
      rmSync(`${here}${partial}`, { force: true });
      throw new Error(`The wasm kernels do not compile (${variant}): ${error.message}\n${stderr.toString()}`);
    }
    renameSync(`${here}${partial}`, kernelPath(variant)); // several processes may build at once: the last one wins
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels();
