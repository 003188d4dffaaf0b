/**
 * The negative control of the runner: the suite `control` fails on purpose, in every way that a case can fail.
 *
 * It runs as a command of its own, so that the exit code and the last line are checked with it.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { CaseResult } from './run-suite.ts';

/** What each case of cases/control.ts must come to: null for a pass, else a part of the reason given. */
const expected: readonly (readonly [name: string, why: string | null])[] = [
  ['passes', null],
  ['throws', 'thrown on purpose'],
  ['rejects', 'rejected on purpose'],
  ['writes an error to the console', 'console: logged on purpose'],
  ['leaves an error uncaught', 'uncaught: Error: uncaught on purpose'],
  ['leaves a rejection unhandled', 'uncaught: Error: unhandled on purpose'],
  ['never answers', 'no answer within 3 s'],
  ['blocks the page', 'no answer within 3 s'],
  ['passes in a fresh page', null],
];

export async function checkControl(): Promise<CaseResult[]> {
  const began = performance.now();
  const { output, code } = await runAlone();
  const milliseconds = performance.now() - began; // of the one run that all of them look at
  const result = (name: string, ok: boolean): CaseResult => ({
    suite: 'runner',
    name,
    outcome: ok ? { ok, figures: '' } : { ok, why: `exit code ${code}, output:\n${output}` },
    milliseconds,
  });
  const failures = expected.filter(([, why]) => why !== null).length;
  return [
    ...expected.map(([name, why]) => {
      const head = `${why === null ? 'ok  ' : 'FAIL'} control: ${name}  `;
      const block = output.slice(output.indexOf(head) + head.length).split(/\n(?=ok |FAIL |\n)/)[0]!;
      const found = output.includes(head) && (why === null || block.includes(why));
      return result(`a case that ${name} is ${why === null ? 'passed' : 'reported as failed'}`, found);
    }),
    result('counts', output.endsWith(`\n${expected.length - failures} passed, ${failures} failed\n`)),
    result('exit code', code === 1),
  ];
}

function runAlone(): Promise<{ output: string; code: number | null }> {
  const program = fileURLToPath(new URL('run.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', program, 'control'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ output, code }));
  });
}
