/**
 * The process between tsx and the work.
 *
 *   npx -> tsx -> this one, which only waits -> the work          (on a newer Node, if one was installed: newer-node.ts)
 *
 * tsx kills a process that has not answered a Ctrl-C within 60 ms. A step of training takes longer: its checkpoint would be
 * lost, and nobody told. So under tsx the work is done by a child, and this process answers, tells the person, passes the signal
 * on, and ends with the child's exit code. Should anybody above die, the work is stopped as by SIGTERM: a training that nobody
 * sees would hold the run that the next --resume needs. The child learns of the death of this process from the channel between
 * them (stop.ts).
 *
 * Nothing may be imported here that takes time to load.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { workingNode } from './newer-node.ts';
import { exitCodeOf, isSecondPress, STOP_SIGNALS, type StopSignal } from './stop.ts';

/** What the command line of tsx loads first, and nobody else. */
const TSX_PREFLIGHT = /[\\/]tsx[\\/]dist[\\/]preflight\.c?js$/;
/** And what it has Node load, in both processes: --import file:///.../tsx/dist/loader.mjs */
const isLoader = (option: string | undefined, value: string | undefined) =>
  option === '--import' && value !== undefined && TSX_LOADER.test(value);
const TSX_LOADER = /[\\/]tsx[\\/]dist[\\/]loader\.mjs$/;
/** Milliseconds between two looks at the processes above. */
const LOOK_EVERY = 500;

/** Returns in the process that has to do the work. Under tsx that is a child; this one ends with it. */
export async function superviseWork(saying: string): Promise<void> {
  const preflight = process.execArgv.findIndex((argument) => TSX_PREFLIGHT.test(argument));
  if (preflight === -1 || process.platform === 'win32') return;
  const isOneWord = process.execArgv[preflight]!.startsWith('-'); // --require=FILE; it has been found there
  const options = isOneWord
    ? process.execArgv.toSpliced(preflight, 1)
    : process.execArgv.toSpliced(preflight - 1, 2);
  const own = options.filter(
    (option, i) => !isLoader(options[i - 1], option) && !isLoader(option, options[i + 1]),
  );
  const node = workingNode({ options: own, args: process.argv.slice(2) });
  const child = spawn(node, [...options, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  process.exit(await supervise(child, saying));
}

/** Returns the exit code. */
function supervise(child: ChildProcess, saying: string): Promise<number> {
  process.stderr.on('error', () => {}); // nobody reads any more
  let first: { readonly signal: StopSignal; readonly time: number } | null = null;
  let ended = false;
  const say = (text: string) => void process.stderr.write(`\n${text}\n`);
  const heard = (signal: StopSignal, isSeen = true) => {
    if (ended) return;
    if (first === null) {
      first = { signal, time: Date.now() };
      if (isSeen) say(`${saying}; a second Ctrl-C stops at once.`);
      child.kill(signal);
    } else if (isSecondPress(signal, Date.now() - first.time)) {
      ended = true;
      say('Stopped at once. What has been saved is kept; continue from there with --resume.');
      child.kill('SIGKILL');
    }
  };
  for (const signal of STOP_SIGNALS) process.on(signal, () => heard(signal));
  const above = processesAbove();
  const timer = setInterval(() => {
    if (above.some((pid) => !isAlive(pid)) || process.ppid !== above[0]) heard('SIGTERM', false);
  }, LOOK_EVERY);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(timer);
      if (code === null && first === null) say(`The process that did the work was ended by ${signal}.`);
      resolve(first !== null && ended ? exitCodeOf(first.signal) : (code ?? exitCodeOf(signal!))); // one of the two is there
    });
  });
}

/**
 * tsx, and npx with its shell where that started it. Nobody's end beyond those concerns the work: a shell may be closed, and
 * a service goes on.
 */
function processesAbove(): number[] {
  const tsx = process.ppid;
  const above = [tsx];
  for (let pid = parentOf(tsx); pid > 1 && above.length <= 2; pid = parentOf(pid)) {
    above.push(pid);
    if (PACKAGE_RUNNER.test(commandOf(pid))) return above;
  }
  return [tsx];
}

/** npx calls its process "npm exec ..." */
const PACKAGE_RUNNER = /^(npm|npx|pnpm|yarn)\b|^\S*node\S* \S*(npm|npx|pnpm|yarn)[^/ ]*( |$)/;

function commandOf(pid: number): string {
  return look(pid, 'command', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
}

function parentOf(pid: number): number {
  // PID (NAME) STATE PARENT ..., and a name may hold anything.
  const fromFile = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[1]!; // split gives one part at least
  return Number(look(pid, 'ppid', fromFile));
}

/** From /proc, or where there is none from ps; empty if neither says anything. */
function look(pid: number, column: string, read: () => string): string {
  try {
    if (existsSync('/proc/self/stat')) return read();
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
