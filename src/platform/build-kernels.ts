/**
 * The compiled kernels: where they lie, whether they are what their sources say, and how they are made.
 *
 *   kernels.fma.wasm     relaxed SIMD: one rounding in multiply-add, where the engine validates it
 *   kernels.simd.wasm    fixed-width SIMD, every engine of the last years
 *   kernels.plain.wasm   the same for a memory that is not shared: pages without cross-origin isolation, one thread
 *   kernels.tiles.wasm, kernels.tiles-simd.wasm    only the tiles of the product, for the choice between them (width.ts)
 *   kernels.json         SHA-256 of the sources that they were made from, and of each file
 *
 * They are kept in the repository, since the compiler is 102 MB that training does not need. Changed sources are seen by their
 * sum and compiled when a backend starts; the new files belong into the same commit.
 *
 *   npm run build-kernels
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FaultError } from '../errors.ts';
import { dotTilesSource } from './dot-tile-source.ts';
import { ceilingsSource, tilesSource } from './tile-source.ts';

interface Build {
  /** The file in assembly/ that exports what is compiled. */
  readonly entry: string;
  /** WebAssembly features beyond the first version. */
  readonly features: string;
  /** A memory from outside, which several threads see or one; or its own. */
  readonly memory: 'shared' | 'given' | 'own';
}

/** Every file there is; a new build is a new row. */
const builds = {
  fma: { entry: 'index', features: 'simd,threads,relaxed-simd', memory: 'shared' },
  simd: { entry: 'index', features: 'simd,threads', memory: 'shared' },
  plain: { entry: 'index', features: 'simd', memory: 'given' },
  tiles: { entry: 'tiles', features: 'simd,relaxed-simd', memory: 'own' },
  'tiles-simd': { entry: 'tiles', features: 'simd', memory: 'own' },
} as const satisfies Readonly<Record<string, Build>>;

export type Variant = keyof typeof builds;
export const variants = Object.keys(builds) as readonly Variant[];

/** The folder that holds assembly/ and build/. */
const home = fileURLToPath(new URL('../tensor/backends/wasm/', import.meta.url));
const RECORD = 'build/kernels.json';

/** What kernels.json holds. */
interface Sums {
  readonly sources: string;
  readonly files: Readonly<{ [Name in Variant]: string }>;
}

export function kernelPath(variant: Variant, folder = home): string {
  return `${folder}${fileOf(variant)}`;
}

function fileOf(variant: Variant): string {
  return `build/kernels.${variant}.wasm`;
}

/** True if the compiled kernels are missing, damaged, or made from other sources than are there. */
export function isStale(folder = home): boolean {
  try {
    const { sources, files } = JSON.parse(readFileSync(`${folder}${RECORD}`, 'utf8')) as Sums;
    const isWhole = (variant: Variant) =>
      sha256(readFileSync(kernelPath(variant, folder))) === files[variant];
    return sources !== sumOfSources(folder) || !variants.every(isWhole);
  } catch {
    return true; // a file is not there, or kernels.json is not what is written here
  }
}

/** Sum of the sources and of how each build is compiled; line ends may be those of any system. */
function sumOfSources(folder: string): string {
  const names = readdirSync(`${folder}assembly`).sort();
  const texts = names.map((name) =>
    readFileSync(`${folder}assembly/${name}`, 'utf8').replaceAll('\r\n', '\n'),
  );
  const commands = variants.map((variant) => argumentsFor(variant));
  return sha256(JSON.stringify([names, texts, commands]));
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Compile all builds into `folder`. Throws with the compiler's messages. */
export async function buildKernels(folder = home, load: LoadCompiler = importCompiler): Promise<void> {
  const sources = sumOfSources(folder);
  mkdirSync(`${folder}build`, { recursive: true });
  const sums: { [name: string]: string } = {};
  for (const variant of variants) {
    const bytes = await compileKernels(variant, folder, load);
    sums[variant] = sha256(bytes);
    replaceFile(kernelPath(variant, folder), bytes);
  }
  replaceFile(`${folder}${RECORD}`, `${JSON.stringify({ sources, files: sums }, null, 2)}\n`); // last: now they are whole
}

/** The bytes of one build. */
export async function compileKernels(
  variant: Variant,
  folder = home,
  load: LoadCompiler = importCompiler,
): Promise<Uint8Array> {
  const asc = await compilerFrom(load);
  let bytes: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    [
      `assembly/${builds[variant].entry}.ts`,
      '--baseDir',
      folder,
      '--outFile',
      fileOf(variant),
      ...argumentsFor(variant),
    ],
    {
      writeFile(_, content) {
        bytes = content as Uint8Array; // the one file asked for, and it is binary
      },
    },
  );
  if (error !== null || bytes === null) {
    const why = `${error?.message ?? 'nothing was written'}\n${stderr.toString()}`;
    throw new Error(`The wasm kernels do not compile (${variant}): ${why}`);
  }
  return bytes;
}

function argumentsFor(variant: Variant): string[] {
  const { features, memory } = builds[variant];
  return [
    ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', features, '--disableWarning', '233'],
    ...(memory === 'own' ? ['--initialMemory', '2'] : ['--importMemory', '--initialMemory', '1']),
    ...(memory === 'own' ? [] : ['--maximumMemory', '65536']),
    ...(memory === 'shared' ? ['--sharedMemory'] : []),
  ];
}

/** Several processes may build at once: each file is one of theirs and whole, and all of them are the same. */
function replaceFile(path: string, content: Uint8Array | string): void {
  const partial = `${path}.partial-${process.pid}`;
  writeFileSync(partial, content);
  renameSync(partial, path);
}

type Compiler = typeof import('assemblyscript/asc').default;
type LoadCompiler = () => Promise<{ readonly default: Compiler }>;

/** Loading it takes seconds: only when there is something to compile. */
const importCompiler: LoadCompiler = () => import('assemblyscript/asc');

async function compilerFrom(load: LoadCompiler): Promise<Compiler> {
  try {
    return (await load()).default;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new FaultError(
      'The wasm kernels are not those of their sources, and the compiler is not installed; "npm ci" installs it, ' +
        '"git checkout src/tensor/backends/wasm" brings back sources and kernels as they were',
      { cause: error },
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  replaceFile(`${home}assembly/tiles.ts`, tilesSource());
  replaceFile(`${home}assembly/dot-tiles.ts`, dotTilesSource());
  replaceFile(`${home}assembly/ceilings.ts`, ceilingsSource());
  replaceFile(`${home}assembly/dot-tiles.ts`, dotTilesSource());
  await buildKernels();
}
