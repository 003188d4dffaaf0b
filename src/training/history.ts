/**
 * history.json: who made the run, and how long it took. One entry each time the run was started or resumed.
 *
 *   [{ command, started, package, commit, node, platform, backend, seconds: { STAGE: s, ... } }, ...]
 *
 * metrics.jsonl cannot tell the time of a stage: it has no lines for reading data, evaluating or saving. A process that was
 * killed in the middle of a stage has no seconds for that stage; its later entry has those of the rest.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prettyJson } from '../formats/json.ts';
import { writeFileAtomically } from '../storage/atomic.ts';

export interface Session {
  /** As it can be typed again; null where the run was not started by a command. */
  readonly command: string | null;
  /** ISO 8601, UTC. */
  readonly started: string;
  readonly package: string;
  /** Git commit of the code, with "+" if files were changed since; null outside a checkout. */
  readonly commit: string | null;
  readonly node: string;
  readonly platform: string;
  readonly backend: string;
  readonly seconds: Readonly<Record<string, number>>;
  /** What ended a stage that failed: one sentence each. */
  readonly failed?: Readonly<Record<string, string>>;
}

export const HISTORY_FILE = 'history.json';

export class RunHistory {
  private readonly path: string;
  private readonly earlier: readonly unknown[];
  private session: Session;

  constructor(
    out: string,
    { command, backend }: { readonly command: string | null; readonly backend: string },
  ) {
    this.path = join(out, HISTORY_FILE);
    this.earlier = entriesOf(this.path);
    this.session = {
      command,
      started: new Date().toISOString(),
      ...versions(),
      backend,
      seconds: {},
    };
  }

  /** Seconds of all earlier sessions. */
  earlierSeconds(): number {
    const seconds = this.earlier.flatMap((entry) => Object.values((entry as Partial<Session>).seconds ?? {}));
    return seconds.reduce((sum, each) => sum + (Number.isFinite(each) ? each : 0), 0);
  }

  /** Seconds spent on a stage, on disk at once. */
  record(stage: string, seconds: number): void {
    const sum = (this.session.seconds[stage] ?? 0) + seconds;
    const rounded = Number(sum.toFixed(2));
    this.session = { ...this.session, seconds: { ...this.session.seconds, [stage]: rounded } };
    this.write();
  }

  /** What ended a stage, on disk at once: src/diagnose.ts reads it. */
  recordFailure(stage: string, message: string): void {
    this.session = { ...this.session, failed: { ...this.session.failed, [stage]: message } };
    this.write();
  }

  private write(): void {
    writeFileAtomically(this.path, prettyJson([...this.earlier, this.session]));
  }
}

/** Entries of earlier sessions. A damaged file must not stop a training run: the history starts again. */
function entriesOf(path: string): readonly unknown[] {
  return existsSync(path) ? entriesIn(readFileSync(path, 'utf8')) : [];
}

function entriesIn(file: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(file);
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    return [];
  }
}

/** The sessions in the text of such a file that made one of these stages, with the seconds of these alone. */
export function keepHistoryOf(file: string, stages: readonly string[]): string {
  const kept = entriesIn(file).flatMap((entry) => {
    const { seconds, ...session } = entry as Partial<Session>;
    const own = Object.entries(seconds ?? {}).filter(([name]) => stages.includes(name));
    return own.length === 0 ? [] : [{ ...session, seconds: Object.fromEntries(own) }];
  });
  return prettyJson(kept);
}

const root = fileURLToPath(new URL('../..', import.meta.url));

type Versions = Pick<Session, 'package' | 'commit' | 'node' | 'platform'>;

export function versions(): Versions {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return {
    package: version,
    commit: commitOf(root),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** Null without git, without a repository, and where the repository around it is another project's. */
function commitOf(folder: string): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (resolve(git('rev-parse', '--show-toplevel')) !== resolve(folder)) return null;
    const changed = git('--no-optional-locks', 'status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', '--short=12', 'HEAD') + (changed ? '+' : '');
  } catch {
    return null;
  }
}

/** The arguments as a shell takes them. */
export function commandLine(script: string, args: readonly string[]): string {
  const quote = (arg: string) => (/^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`);
  return ['npx', 'tsx', script, ...args].map(quote).join(' ');
}
