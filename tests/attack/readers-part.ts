/** The readers have an attack of their own, readers.ts, in a process of its own; here its last line is counted. */
import { Session } from './session.ts';

const FILES = 50_000;
const FILES_SHORT = 500;

export interface ReadersCount {
  readonly files: number;
  readonly faults: number;
}

export async function attackReaders({
  seed,
  seconds,
  short,
}: {
  readonly seed: number;
  readonly seconds: number;
  readonly short: boolean;
}): Promise<ReadersCount> {
  const limits = { count: short ? FILES_SHORT : FILES, seed, seconds };
  const flags = Object.entries(limits).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const session = new Session('node', 'tests/attack/readers.ts', flags, { limitMs: Infinity });
  const { stdout, stderr } = await session.ended;
  process.stdout.write(stdout);
  const line = /([\d,]+) mutated files, ([\d,]+) faults\s*$/.exec(stdout);
  if (line === null) {
    process.stdout.write(
      `FAULT in readers: no last line with counts\n  again: ${session.words}\n${stderr}\n`,
    );
    return { files: 0, faults: 1 };
  }
  const [files, faults] = line.slice(1).map((digits) => Number(digits.replaceAll(',', '')));
  return { files: files ?? 0, faults: faults ?? 0 };
}
