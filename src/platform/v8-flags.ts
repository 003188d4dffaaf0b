/**
 * Flags of V8 that change how it compiles WebAssembly, set while the process runs, and only where this V8 is known to take them:
 *
 *   an unknown flag           prints "Error: unrecognized flag" on standard error, past everything that JavaScript can catch
 *   a flag without another    can end the process: V8 14 checks that nothing deoptimizes where Liftoff does not compile. On the
 *                             command line --no-liftoff implies --no-wasm-deopt; set later it implies nothing
 *
 * What was measured (`node --v8-options`, and a 6 x 16 tile of products with the pass on and off; Linux, x86-64):
 *
 *   Node                        20       22       23       24       25       26
 *   V8                          11.3     12.4     12.9     13.6     14.1     14.6
 *   relaxed SIMD                a flag   always   always   always   always   always
 *   --(no-)wasm-deopt           none     none     off      off      on       on
 *   revectorize: the flag       none     listed   listed   listed   listed   listed
 *   the tile with it            -        x 1.0    x 1.0    x 4.6    x 4.6    x 4.7
 *   --no-liftoff, no lazy       works    works    works    works    abort    abort without --no-wasm-deopt
 *
 * Whether the pass has been compiled in stands in `process.config` (x86-64, anything but macOS). Bun and Deno have neither that
 * nor flags to set. Any other V8 is asked for its flags, and tried in a process of its own (0.1 s): the one in Chromium 156 has
 * renamed one of them.
 */
import { spawnSync } from 'node:child_process';
import * as v8 from 'node:v8';
import { kernelPath } from './build-kernels.ts';

export interface Engine {
  /** process.versions.v8, such as "13.6.233.17-node.53". */
  readonly version: string;
  /** False in Bun and Deno, which say they were Node but have other engines or other ways to set flags. */
  readonly isNode: boolean;
  /** The pass has been compiled in. */
  readonly hasPass: boolean;
  /** What `node --v8-options` prints; asked of a V8 that nobody has measured. */
  readonly listOptions: () => string;
  /** True if a process that sets these flags can compile all kernels and has nothing to say; asked likewise. */
  readonly tryFlags: (flags: readonly string[]) => boolean;
}

/** Names without dashes; null for what this engine does not know, or does not need. */
export interface KnownFlags {
  readonly relaxedSimd: string | null;
  readonly revectorize: string | null;
  /** What has to be switched off for the optimizing compiler to work at once, and whether it is on by default. */
  readonly eager: Readonly<Record<string, boolean>>;
}

const compilers = { liftoff: true, 'wasm-lazy-compilation': true };
const revectorize = 'experimental-wasm-revectorize';

const measured: Readonly<Record<string, KnownFlags>> = {
  '11.3': { relaxedSimd: 'experimental-wasm-relaxed-simd', revectorize: null, eager: compilers },
  '12.4': { relaxedSimd: null, revectorize: null, eager: compilers },
  '12.9': { relaxedSimd: null, revectorize: null, eager: compilers },
  '13.6': { relaxedSimd: null, revectorize, eager: { ...compilers, 'wasm-deopt': false } },
  '14.1': { relaxedSimd: null, revectorize, eager: { ...compilers, 'wasm-deopt': true } },
  '14.6': { relaxedSimd: null, revectorize, eager: { ...compilers, 'wasm-deopt': true } },
};

const nothing: KnownFlags = { relaxedSimd: null, revectorize: null, eager: {} };

/** The flags that this engine takes. */
export function knownFlags({ version, isNode, hasPass, listOptions, tryFlags }: Engine): KnownFlags {
  const release = /^\d+\.\d+/.exec(version)?.[0];
  if (!isNode || release === undefined) return nothing;
  const known = measured[release];
  if (known !== undefined) return hasPass ? known : { ...known, revectorize: null };
  if (!hasPass) return nothing;
  const listed = listOptions();
  const name = /^ *--((?:experimental-)?wasm-revectorize) /m.exec(listed)?.[1];
  const eager = Object.fromEntries(
    [...listed.matchAll(OPTION)].map(([, option, no]) => [option!, no === undefined]), // that group is always there
  );
  if (name === undefined) return nothing;
  const wanted = [name, ...Object.keys(eager).map((option) => `no-${option}`)];
  return tryFlags(wanted) ? { relaxedSimd: null, revectorize: name, eager } : nothing;
}

/** Two lines of `node --v8-options`: "  --liftoff (what it does)" and "        type: bool  default: --no-liftoff". */
const OPTION = /^ *--(liftoff|wasm-lazy-compilation|wasm-deopt) .*\n.*default: --(no-)?/gm;

/** Lets this process compile kernels with relaxed SIMD (fused multiply-add): Node 20 has to be told. Before the first compile. */
export function enableRelaxedSimd(): void {
  const { relaxedSimd } = flags();
  if (relaxedSimd !== null) set(relaxedSimd);
}

/** True if this V8 can fuse two neighbouring 128-bit operations into one of 256 bit. Whether that is faster, only a trial says. */
export function canRevectorize(): boolean {
  return flags().revectorize !== null;
}

/** Does so, or not, in everything that is compiled from now on; modules with the same bytes as an earlier one are not compiled. */
export function setRevectorize(on: boolean): void {
  const { revectorize } = flags();
  if (revectorize !== null) set(on ? revectorize : `no-${revectorize}`);
}

/**
 * Calls `fn` while WebAssembly is compiled at once and by the optimizing compiler, instead of on the first call and by the quick
 * one; afterwards all is as it was. `fn` has to compile before it returns: `new WebAssembly.Module`, no promise.
 */
export function withEagerOptimizing<T>(fn: () => T): T {
  const were = Object.entries(eagerNow()).filter(([, isOn]) => isOn);
  for (const [name] of were) turn(name, false);
  try {
    return fn();
  } finally {
    for (const [name] of were) turn(name, true);
  }
}

/**
 * What the last of the arguments that name the flag says, or else `otherwise`. V8 reads --no-liftoff, --noliftoff, --no_liftoff
 * and --liftoff=false as one.
 */
export function saidOf(flag: string, args: readonly string[], otherwise: boolean): boolean {
  const plain = (text: string) => text.replace(/^--?/, '').replaceAll('_', '-');
  const said = args.map(plain).findLast((word) => word.replace(/^no-?|=.*$/g, '') === flag);
  return said === undefined ? otherwise : !said.startsWith('no') && !said.endsWith('=false');
}

let known: KnownFlags | null = null;

function flags(): KnownFlags {
  known ??= knownFlags(thisEngine());
  return known;
}

/** V8 tells nobody what its flags are: as they are by default, unless the command line says otherwise, and changed only here. */
let eagerState: Record<string, boolean> | null = null;

function eagerNow(): Record<string, boolean> {
  if (eagerState === null) {
    const { eager } = flags();
    const { liftoff = true } = eager;
    const implied = saidOf('liftoff', process.execArgv, liftoff); // --no-liftoff switches wasm-deopt off too
    eagerState = {};
    for (const [name, byDefault] of Object.entries(eager)) {
      const otherwise = name === 'wasm-deopt' ? byDefault && implied : byDefault;
      eagerState[name] = saidOf(name, process.execArgv, otherwise);
    }
  }
  return eagerState;
}

function turn(name: string, on: boolean): void {
  set(on ? name : `no-${name}`);
  eagerNow()[name] = on;
}

function set(flag: string): void {
  v8.setFlagsFromString(`--${flag}`);
}

function thisEngine(): Engine {
  const { versions, release, config } = process;
  const isNode = release?.name === 'node' && !('bun' in versions) && !('deno' in versions);
  const { v8_enable_wasm_simd256_revec: built } = { ...config?.variables } as Record<string, unknown>;
  return { version: versions.v8 ?? '', isNode, hasPass: built === 1, listOptions, tryFlags };
}

function listOptions(): string {
  return ask(['--v8-options'])?.stdout ?? '';
}

/** Exported for its test. */
export function tryFlags(names: readonly string[]): boolean {
  const program = `for (const flag of ${JSON.stringify(names)}) require('v8').setFlagsFromString('--' + flag);
    new WebAssembly.Module(require('fs').readFileSync(${JSON.stringify(kernelPath('fma'))}));`;
  const { status, stderr } = ask(['-e', program]) ?? {};
  return status === 0 && stderr === '';
}

/** A second process of this Node, without what the environment adds to it; in Electron it would be another window. */
function ask(args: readonly string[]) {
  if ('electron' in process.versions) return null;
  const { NODE_OPTIONS: _, ...env } = process.env;
  return spawnSync(process.execPath, args, { env, encoding: 'utf8', timeout: 10_000, windowsHide: true });
}
