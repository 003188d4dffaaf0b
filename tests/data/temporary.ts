/** Folders for the files of a test, removed when the test process ends; and what a UserError has to say. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { FaultError, UserError } from '../../src/errors.ts';

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, 'tiny-llm-'));
  folders.push(folder);
  return folder;
}

/** Writes a file below `folder` and returns its path. */
export function put(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** `run` must throw a UserError (or FaultError) whose sentence contains every one of `parts`. */
export function refuses(run: () => unknown, ...parts: string[]): void {
  let thrown: unknown = nothing;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  isSentence(thrown, parts);
}

export async function refusesLater(run: () => Promise<unknown>, ...parts: string[]): Promise<void> {
  let thrown: unknown = nothing;
  try {
    await run();
  } catch (error) {
    thrown = error;
  }
  isSentence(thrown, parts);
}

const nothing = Symbol('nothing was thrown');

function isSentence(error: unknown, parts: readonly string[]): void {
  if (error === nothing) assert.unreachable(`nothing was refused (expected: ${parts.join(', ')})`);
  if (!(error instanceof UserError || error instanceof FaultError)) throw error;
  assert.not.match(error.message, /\n|\[object/);
  for (const part of parts) {
    assert.ok(error.message.includes(part), `"${error.message}" does not say "${part}"`);
  }
}
