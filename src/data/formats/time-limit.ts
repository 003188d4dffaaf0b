/**
 * A limit of time for work that is done at once: Node's `vm` ends a script that takes too long, with all that it calls.
 *
 * For decoders of other hands: a damaged byte may send one round in circles, and nothing that runs in the same thread could stop
 * it. A process that was stopped (Ctrl-Z) has no time left when it goes on, so work that took too long gets a second try. It must
 * be work that may be done twice.
 */
import { createContext, Script } from 'node:vm';

const place: { work: (() => unknown) | null } = { work: null };
const context = createContext(place);
const script = new Script('work()');

/** What `work` returns; an Error if it takes longer than this, twice. */
export function withinTime<T>(milliseconds: number, work: () => T): T {
  for (let isLast = false; ; isLast = true) {
    place.work = work;
    try {
      return script.runInContext(context, { timeout: milliseconds }) as T;
    } catch (error) {
      if ((error as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      if (isLast) throw new Error(`it was not decoded within ${milliseconds / 1000} seconds`);
    } finally {
      place.work = null;
    }
  }
}
