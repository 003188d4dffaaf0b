/** What a reader may do with a damaged file: read it, or refuse it with one sentence. Anything else is a fault. */
import { FaultError, UserError } from '../../../src/errors.ts';
import type { Sample } from './samples.ts';

export type Outcome = 'read' | 'refused' | 'fault';

export interface Judgement {
  readonly outcome: Outcome;
  readonly why: string;
}

/** `expected`: what the reader returns for the undamaged file. */
export async function judge({ read }: Pick<Sample, 'read'>, expected: unknown): Promise<Judgement> {
  try {
    const found = await read();
    const same = found === undefined || found === expected;
    return same
      ? { outcome: 'read', why: '' }
      : { outcome: 'fault', why: 'its checksum does not fit, and it was read' };
  } catch (error) {
    if (!(error instanceof UserError || error instanceof FaultError)) {
      const stack = (error as Error | null)?.stack ?? String(error);
      return { outcome: 'fault', why: stack.split('\n').slice(0, 4).join(' | ').slice(0, 500) };
    }
    const { message } = error;
    if (/\p{Cc}|\u2028|\u2029/u.test(message))
      return { outcome: 'fault', why: `not printable: ${JSON.stringify(message)}` };
    if (message.length > 2000)
      return {
        outcome: 'fault',
        why: `a sentence of ${message.length} characters: ${message.slice(0, 200)}`,
      };
    return { outcome: 'refused', why: message };
  }
}
