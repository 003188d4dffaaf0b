/**
 * The parent's end of a child process: start it, wait for its greeting, ask and be answered (protocol.ts).
 *
 * One backend lives in one process: two pools of threads in one process disturb each other, and came out in the wrong order.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { workingNode } from '../../src/cli/newer-node.ts';
import { FaultError } from '../../src/errors.ts';
import type { Measurement } from '../measurement.ts';
import type { Answer, Greeting, Opened, ProfileAnswer, Report, Request, Task, Turn } from './protocol.ts';

export interface Program {
  /** How it is called in the tables; what the greeting says by default. */
  readonly name?: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface OursOptions {
  readonly threads: number;
  readonly backend?: 'reference' | 'wasm';
  /** 256-bit arithmetic; as the backend decides by default. */
  readonly wide?: string | undefined;
  /** The one that does the work of the commands by default (src/cli/newer-node.ts). */
  readonly node?: string | undefined;
}

const ours = fileURLToPath(new URL('../child.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

export function usualNode(): string {
  return workingNode({ options: [], args: [] });
}

/** This project in a process of its own. */
export function ourProgram({ threads, backend = 'wasm', wide, node = usualNode() }: OursOptions): Program {
  const choice = wide === undefined ? [] : ['--wide', wide];
  const args = [
    '--expose-gc',
    '--import',
    tsx,
    ours,
    '--threads',
    String(threads),
    '--backend',
    backend,
    ...choice,
  ];
  return { command: node, args };
}

/** A child that does not start, or breaks off; the last thing it said is in the message. */
export class ChildError extends FaultError {}

export class Child {
  readonly greeting: Greeting;
  readonly name: string;
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly lastWords: () => string;

  private constructor(
    program: Program,
    greeting: Greeting,
    process: ChildProcess,
    lines: AsyncIterator<string>,
    lastWords: () => string,
  ) {
    this.name = program.name ?? greeting.backend;
    this.greeting = greeting;
    this.process = process;
    this.lines = lines;
    this.lastWords = lastWords;
  }

  static async start(program: Program): Promise<Child> {
    const env = { ...process.env, ...program.env };
    const child = spawn(program.command, program.args, { stdio: ['pipe', 'pipe', 'pipe'], env });
    let errors = '';
    child.on('error', (error) => {
      errors += `\n${error.message}`;
    });
    child.stdin.on('error', () => {}); // its end is noticed where its answer is missing
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    const lastWords = () =>
      errors
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^error: /, '') || 'it ended without a word';
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const greeting = await answerOn(lines, lastWords);
    return new Child(program, greeting as unknown as Greeting, child, lines, lastWords);
  }

  open(task: Task): Promise<Opened> {
    return this.ask({ open: task }) as Promise<Opened>;
  }

  run(task: number, leastMs: number): Promise<Turn> {
    return this.ask({ run: task, leastMs }) as Promise<Turn>;
  }

  async profile(task: number, calls: number): Promise<ProfileAnswer> {
    return ((await this.ask({ profile: task, calls })) as { profile: ProfileAnswer }).profile;
  }

  async report(report: Report): Promise<readonly Measurement[]> {
    return ((await this.ask({ report })) as { measurements: Measurement[] }).measurements;
  }

  async list(what: 'ops'): Promise<readonly string[]> {
    return ((await this.ask({ list: what })) as { names: string[] }).names;
  }

  async close(task: number): Promise<void> {
    await this.ask({ close: task });
  }

  /** Ends it: at the end of its input it leaves by itself. */
  stop(): void {
    this.process.stdin?.end();
    const late = setTimeout(() => this.process.kill(), 3000);
    late.unref();
    this.process.once('exit', () => clearTimeout(late));
  }

  private async ask(request: Request): Promise<Answer> {
    this.process.stdin?.write(`${JSON.stringify(request)}\n`);
    const answer = await answerOn(this.lines, this.lastWords);
    if ('error' in answer) throw new ChildError(answer.error as string);
    return answer;
  }
}

/** The next line that is an object; whatever else a library prints is passed over. */
async function answerOn(lines: AsyncIterator<string>, lastWords: () => string): Promise<Answer> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) throw new ChildError(lastWords());
    if (!value.startsWith('{')) continue;
    return JSON.parse(value) as Answer;
  }
}
