/**
 * A copy of the tree in a temporary directory, with a link to the installed packages: bugs are planted there, and the tests of
 * the copy are run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bug } from './bug.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LEFT_OUT = new Set(['.git', 'node_modules', 'runs', 'coverage', 'shared']);
const ASSEMBLY = 'tensor/backends/wasm/assembly/';

export interface TestRun {
  readonly outcome: 'passed' | 'failed' | 'out of time';
  readonly output: string;
  readonly seconds: number;
}

/** Where a bug stands in the file as it is now; throws if its text is not there, or more than once. */
export function planted(bug: Bug, text = readFileSync(join(root, 'src', bug.file), 'utf8')): string {
  const places = text.split(bug.find).length - 1;
  if (places !== 1) throw new Error(`the text to find is in src/${bug.file} ${places} times`);
  return text.replace(bug.find, () => bug.replace);
}

export class Workplace {
  private readonly folder: string;
  private running: ChildProcess | null = null;

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'mutation-'));
    cpSync(root, this.folder, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !LEFT_OUT.has(relative(root, path)),
    });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'dir');
    process.once('exit', () => this.remove());
  }

  /** Plant the bug, do the work, and put everything back. */
  async with<T>(bug: Bug, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, 'src', bug.file);
    const [before, kernels] = [
      readFileSync(path, 'utf8'),
      join(this.folder, 'src/tensor/backends/wasm/build'),
    ];
    const isKernel = bug.file.startsWith(ASSEMBLY);
    const saved = `${this.folder}-kernels`;
    if (isKernel) cpSync(kernels, saved, { recursive: true });
    writeFileSync(path, planted(bug, before));
    try {
      if (isKernel) await this.buildKernels();
      return await work();
    } finally {
      writeFileSync(path, before);
      if (isKernel) {
        cpSync(saved, kernels, { recursive: true }); // copied after the source was written: newer than it
        rmSync(saved, { recursive: true });
      }
    }
  }

  /** `npm test -- words`, ended after `limit` seconds. No words: all tests. */
  test(words: readonly string[], limit: number): Promise<TestRun> {
    return this.run(['tests/run.ts', ...words], limit);
  }

  private async buildKernels(): Promise<void> {
    const { outcome, output } = await this.run(['src/platform/build-kernels.ts'], 600);
    if (outcome !== 'passed') throw new Error(`the kernels do not compile:\n${output}`);
  }

  private run(args: readonly string[], limit: number): Promise<TestRun> {
    const began = performance.now();
    const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // a group of its own, so that its workers end with it
    });
    this.running = child;
    let output = '';
    let enough: ReturnType<typeof setTimeout> | undefined;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (bytes) => {
        output += bytes;
        // One test that fails is enough; what it says follows at once.
        if (/^FAIL /m.test(output)) enough ??= setTimeout(() => this.kill(), 500);
      });
    }
    return new Promise((resolve) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        this.kill();
      }, limit * 1000);
      child.once('close', (code) => {
        clearTimeout(timer);
        clearTimeout(enough);
        this.running = null;
        const outcome = isLate ? 'out of time' : code === 0 ? 'passed' : 'failed';
        resolve({ outcome, output, seconds: (performance.now() - began) / 1000 });
      });
    });
  }

  private kill(): void {
    const pid = this.running?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended by itself
    }
  }

  private remove(): void {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 }); // what was killed may still be writing
    rmSync(`${this.folder}-kernels`, { recursive: true, force: true });
  }
}
