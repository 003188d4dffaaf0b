/**
 * Seconds of each stage of a run that has been made, from its history.json: npm run bench -- --only stages --run runs/default
 *
 * A run that was stopped and resumed has the sum of its sessions.
 */
import { join } from 'node:path';
import { readSessions } from '../src/report/run-files.ts';
import { HISTORY_FILE } from '../src/training/history.ts';
import type { Measurement } from './measurement.ts';

export function* stages(run: string): Generator<Measurement> {
  const sessions = readSessions(join(run, HISTORY_FILE));
  const seconds = new Map<string, number>();
  for (const session of sessions) {
    for (const [stage, value] of Object.entries(session.seconds)) {
      seconds.set(stage, (seconds.get(stage) ?? 0) + value);
    }
  }
  const { backend, node } = sessions.at(-1) ?? { backend: '', node: '' };
  const threads = Number(/(\d+) threads?/.exec(backend)?.[1] ?? 1);
  const total = [...seconds.values()].reduce((sum, value) => sum + value, 0);
  const version = `Node ${node.replace(/^v/, '')}`;
  for (const [name, value] of [...seconds, ['all', total] as const]) {
    yield { group: 'stages', name, backend: backend || 'unknown', threads, value, unit: 's', version };
  }
}
