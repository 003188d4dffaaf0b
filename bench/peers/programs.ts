/**
 * The peers as programs: how each is started for a group, on which numbers of threads.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program } from '../turns/child-process.ts';

export const groupNames = ['train', 'generate', 'gemm'] as const;
export type Group = (typeof groupNames)[number];

/** Which groups a peer takes part in. */
const peers: Readonly<Record<string, readonly Group[]>> = {
  pytorch: ['train', 'gemm'],
  'pytorch-compile': ['train'],
  transformers: ['generate'],
  'jax-js': ['gemm'],
  'tfjs-wasm': ['gemm'],
  C: ['generate', 'gemm'],
};
export const peerNames = Object.keys(peers);

const here = fileURLToPath(new URL('.', import.meta.url));

/** One program for each number of threads; none where the peer has nothing to do in the group. */
export function peersOf(group: Group, name: string, threads: readonly number[], python: string): Program[] {
  if (!peers[name]?.includes(group)) return [];
  switch (name) {
    case 'jax-js':
    case 'tfjs-wasm': {
      if (!threads.includes(1)) return [];
      const file = name === 'jax-js' ? 'jax_gemm.mjs' : 'tfjs_gemm.mjs';
      return [{ name, command: process.execPath, args: [join(here, file)] }];
    }
    case 'C': {
      const binary = compiledC();
      if (binary === null) return [];
      return threads.map((count) => ({ name, command: binary, args: [String(count)] }));
    }
    default: {
      const extra = name === 'pytorch' ? [] : [name === 'transformers' ? '--transformers' : '--compile'];
      return threads.map((count) => ({
        name,
        command: python,
        args: [join(here, 'pytorch.py'), '--threads', String(count), ...extra],
      }));
    }
  }
}

/** The C program, compiled for this processor; where there is no compiler it says so and gives null. */
function compiledC(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'tiny-llm-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, 'plain');
  const options = ['-O3', '-march=native', '-ffast-math', '-fopenmp'];
  const compiler = process.env.CC ?? 'cc';
  const { status, error, stderr } = spawnSync(
    compiler,
    [...options, join(here, 'plain.c'), '-o', binary, '-lm'],
    {
      encoding: 'utf8',
    },
  );
  if (status === 0) return binary;
  process.stderr.write(`C: ${error?.message ?? stderr.trim().split('\n').at(-1)}; left out\n`);
  return null;
}
