/**
 * Flags of V8 that change how it compiles WebAssembly, set while the process runs, and only where this V8 knows them: an unknown
 * one makes V8 print "Error: unrecognized flag" on standard error, past everything that JavaScript can catch.
 *
 * What was measured (`node --v8-options`, and a tile with the pass on and off; Linux, x86-64):
 *
 *   Node                     20       22       23       24       25       26
 *   V8                       11.3     12.4     12.9     13.6     14.1     14.6
 *   relaxed SIMD             a flag   always   always   always   always   always
 *   revectorize: the flag    none     listed   listed   listed   listed   listed
 *   a 6 x 16 tile with it    -        x 1.0    x 1.0    x 4.6    x 4.6    x 4.7
 *
 * Whether the pass has been compiled into V8 stands in `process.config` (x86-64, anything but macOS). Bun and Deno have neither
 * that nor flags to set. A V8 newer than these may have renamed the flag (the one in Chromium 156 has): there the program says
 * itself, which takes 20 ms, once.
 */
import { spawnSync } from 'node:child_process';
import * as v8 from 'node:v8';

/** What decides which flags there are. */
export interface Engine {
  /** process.versions.v8, such as "13.6.233.17-node.53". */
  readonly version: string;
  /** False in Bun and Deno, which say they were Node but have other engines or other ways to set flags. */
  readonly isNode: boolean;
  /** The pass has been compiled in. */
  readonly hasPass: boolean;
  /** What `node --v8-options` prints, for a V8 that nobody has measured. */
  readonly listOptions: () => string;
}

export interface KnownFlags {
  readonly relaxedSimd: string | null;
  readonly revectorize: string | null;
}

/** The first V8 whose pass fuses anything, and the last whose flags are in the table above. */
const FIRST_WITH_PASS = 13.06;
const LAST_MEASURED = 14.06;

/** The names of the flags that this engine knows and needs. */
export function knownFlags({ version, isNode, hasPass, listOptions }: Engine): KnownFlags {
  const [major = Number.NaN, minor = Number.NaN] = version.split('.').map(Number);
  const release = major + minor / 100; // 13.6 is older than 13.10
  if (!isNode || Number.isNaN(release)) return { relaxedSimd: null, revectorize: null };
  const relaxedSimd = release < 11.04 ? '--experimental-wasm-relaxed-simd' : null;
  if (!hasPass || release < FIRST_WITH_PASS) return { relaxedSimd, revectorize: null };
  if (release <= LAST_MEASURED) return { relaxedSimd, revectorize: '--experimental-wasm-revectorize' };
  const listed = /^ *(--(?:experimental-)?wasm-revectorize) /m.exec(listOptions());
  return { relaxedSimd, revectorize: listed?.[1] ?? null };
}

/** Lets this process compile kernels with relaxed SIMD (fused multiply-add): Node 20 has to be told. Before the first compile. */
export function enableRelaxedSimd(): void {
  const flag = flags().relaxedSimd;
  if (flag !== null) set(flag);
}

/** True if this V8 can fuse two neighbouring 128-bit operations into one of 256 bit. Whether that is faster, only a trial says. */
export function canRevectorize(): boolean {
  return flags().revectorize !== null;
}

/** Does so, or not, in everything that is compiled from now on; V8 gives modules that it has compiled before as they are. */
export function setRevectorize(on: boolean): void {
  const flag = flags().revectorize;
  if (flag !== null) set(on ? flag : negated(flag));
}

/**
 * Calls `fn` while WebAssembly is compiled at once and by the optimizing compiler, instead of on the first call and by the quick
 * one; afterwards all is as it was. `fn` has to compile before it returns: `new WebAssembly.Module`, no promise.
 */
export function withEagerOptimizing<T>(fn: () => T): T {
  if (!isNode) return fn();
  const before = { ...compilers };
  turn('liftoff', false);
  turn('wasm-lazy-compilation', false);
  try {
    return fn();
  } finally {
    turn('liftoff', before.liftoff);
    turn('wasm-lazy-compilation', before['wasm-lazy-compilation']);
  }
}

/** True unless the last of the arguments that name the flag says no: --no-liftoff, --noliftoff, --liftoff=false, with _ for -. */
export function isOn(flag: string, args: readonly string[]): boolean {
  const plain = (text: string) => text.replace(/^--?/, '').replaceAll('_', '-');
  const said = args.map(plain).findLast((word) => word.replace(/^no-?|=.*$/g, '') === flag);
  return said === undefined || !(said.startsWith('no') || said.endsWith('=false'));
}

const isNode =
  process.release?.name === 'node' && !('bun' in process.versions) && !('deno' in process.versions);

/** V8 tells nobody what its flags are: on by default, unless the command line says otherwise, and changed only here. */
const compilers = {
  liftoff: isOn('liftoff', process.execArgv),
  'wasm-lazy-compilation': isOn('wasm-lazy-compilation', process.execArgv),
};

function turn(flag: keyof typeof compilers, on: boolean): void {
  if (compilers[flag] === on) return;
  set(on ? `--${flag}` : negated(`--${flag}`));
  compilers[flag] = on;
}

let known: KnownFlags | null = null;

function flags(): KnownFlags {
  const { v8_enable_wasm_simd256_revec: built } = { ...process.config?.variables } as Record<string, unknown>;
  known ??= knownFlags({ version: process.versions.v8 ?? '', isNode, hasPass: built === 1, listOptions });
  return known;
}

function listOptions(): string {
  if ('electron' in process.versions) return ''; // execPath would open a window
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], {
    ...{ env, encoding: 'utf8', timeout: 5000, windowsHide: true },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return stdout ?? '';
}

function negated(flag: string): string {
  return flag.replace('--', '--no-');
}

function set(flag: string): void {
  v8.setFlagsFromString?.(flag);
}
