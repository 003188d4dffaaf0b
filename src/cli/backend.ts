/**
 * Which backend a command computes on.
 *
 *   auto        wasm where it starts, else reference
 *   wasm        SIMD kernels on all cores (--threads N)          --deterministic keeps to the bits every processor gives
 *   reference   plain loops on one core: slow, readable, the specification
 */
import { UserError } from '../errors.ts';
import { startWasmBackend } from '../platform/node.ts';
import { reference, setDefaults } from '../tensor/index.ts';
import type { FlagTable } from './flags.ts';

export const backendFlags = {
  backend: { type: 'choice', choices: ['auto', 'reference', 'wasm'], help: 'what computes', default: 'auto' },
  threads: {
    type: 'number',
    whole: true,
    min: 1,
    max: 64,
    help: 'threads of the wasm backend',
    default: 'all cores',
  },
  deterministic: { type: 'boolean', help: 'the same bits on every processor (a little slower)' },
} as const satisfies FlagTable;

export interface BackendChoice {
  readonly backend?: string | undefined;
  readonly threads?: number | undefined;
  readonly deterministic?: boolean | undefined;
}

/** Make the chosen backend the default one; returns its name with details, for the log. */
export async function useBackend({
  backend = 'auto',
  threads,
  deterministic,
}: BackendChoice): Promise<string> {
  if (backend === 'reference') {
    if (threads !== undefined && threads > 1) {
      throw new UserError('--threads belongs to --backend wasm; the reference backend has one thread');
    }
    setDefaults({ backend: reference });
    return 'reference, 1 thread';
  }
  try {
    const wasm = await startWasmBackend({ threads, deterministic });
    setDefaults({ backend: wasm });
    return `wasm (${wasm.variant}), ${wasm.threads} ${wasm.threads === 1 ? 'thread' : 'threads'}`;
  } catch (error) {
    if (backend === 'wasm') throw error;
    setDefaults({ backend: reference });
    return `reference, 1 thread (wasm does not start here: ${(error as Error).message.split('\n')[0]})`;
  }
}
