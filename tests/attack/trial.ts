/**
 * One try of an attack: its own seed, its own folder, and what went wrong in it.
 *
 * The seed decides what is tried (which signal, to whom, after how many milliseconds); where it then meets the program is up
 * to the machine. A fault therefore keeps its folder, with the whole story in story.txt, besides the command that tries the
 * same again.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../src/tensor/random.ts';
import type { Ended, Session } from './session.ts';

export class Trial {
  readonly part: string;
  readonly seed: number;
  readonly folder: string;
  readonly random: Random;
  readonly faults: string[] = [];
  private readonly story: string[] = [];

  constructor(part: string, seed: number, folder: string) {
    this.part = part;
    this.seed = seed;
    this.folder = folder;
    this.random = new Random(seed);
    mkdirSync(folder, { recursive: true });
  }

  /** True with this probability. */
  chance(share: number): boolean {
    return this.random.float() < share;
  }

  /** A number in [0, limit). */
  below(limit: number): number {
    return this.random.float() * limit;
  }

  tell(text: string): void {
    this.story.push(text);
  }

  fault(text: string): void {
    this.faults.push(text);
    this.tell(`FAULT: ${text}`);
    process.stdout.write(
      `FAULT in ${this.part}: ${text}\n` +
        `  again: npx tsx tests/attack/run.ts --only ${this.part} --trials 1 --seed ${this.seed}; kept: ${this.folder}\n`,
    );
  }

  /** One fault for all that differs: where one file does, those that were made from it do as well. */
  expect(what: string, differences: readonly string[]): void {
    if (differences.length === 0) return;
    const more = differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : '';
    for (const difference of differences) this.tell(difference);
    this.fault(`${what}: ${differences.slice(0, SHOWN).join('; ')}${more}`);
  }

  /** What every command owes its user, however it ended: no stack, and no work for the watchdog. */
  judge(session: Session, ended: Ended): void {
    const { stdout, stderr, watchdog } = ended;
    this.tell(`$ ${session.words}\n${stdout}${stderr}-> ${ended.code ?? ended.signal}`);
    if (watchdog !== null) this.fault(`${session.words}: ${watchdog}`);
    const stack = STACK.exec(stdout + stderr);
    if (stack !== null)
      this.fault(`${session.words}: printed a stack or an error of Node: ${stack[0].trim()}`);
  }

  /** The folder goes, unless it shows a fault. */
  close(): void {
    if (this.faults.length === 0) rmSync(this.folder, { recursive: true, force: true });
    else writeFileSync(join(this.folder, 'story.txt'), `${this.story.join('\n')}\n`);
  }
}

/** Differences that a fault names. */
const SHOWN = 4;

const STACK = /^\s+at .+|^.*node:internal.*|^.*\b[A-Z]\w*(Error|Exception)\b.*|^.*heap out of memory.*/m;

/** The refusal of something: one sentence, exit code 2, nothing on standard output. Null if it is one, else what it was. */
export function notARefusal({ code, stdout, stderr }: Ended, words: RegExp): string | null {
  const errors = stderr.split('\n').filter((line) => line.startsWith('error: '));
  if (code !== 2) return `exit code ${code} instead of 2`;
  if (errors.length !== 1) return `${errors.length} lines with "error: " instead of one`;
  if (!words.test(errors[0] ?? '')) return `"${errors[0]}" does not say ${words}`;
  return stdout === '' ? null : 'it printed something on standard output';
}

/** A folder that no other attack on this machine uses. */
export function attackFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tiny-llm-attack-'));
}
