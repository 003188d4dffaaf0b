/** A directory in the place of another: its files linked rather than copied, the other one kept. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { setAside } from './atomic.ts';

export function sumOf(directory: string, name: string): string {
  const sums = join(directory, 'SHA256SUMS');
  if (existsSync(sums)) {
    const line = readFileSync(sums, 'utf8')
      .split('\n')
      .find((each) => each.slice(66) === name);
    if (line !== undefined) return line.slice(0, 64);
  }
  return createHash('sha256')
    .update(readFileSync(join(directory, name)))
    .digest('hex');
}
export function linkOrCopyDirectory(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    try {
      linkSync(join(from, name), join(to, name));
    } catch {
      copyFileSync(join(from, name), join(to, name));
    }
  }
}
export function startNext(path: string): string {
  rmSync(`${path}.next`, { recursive: true, force: true });
  return `${path}.next`;
}
export function replaceDirectory(path: string, _marker: string): string {
  const aside = setAside(path);
  renameSync(`${path}.next`, path);
  return aside!;
}
