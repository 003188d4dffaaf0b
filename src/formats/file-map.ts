/**
 * A directory as a map from file name to content. It is what formats write and open: a program fills it from the disk, a page
 * from the network or from files that were dropped on it.
 */
import { UserError } from '../errors.ts';

export type FileContent = Uint8Array | string;
export type Files = ReadonlyMap<string, FileContent>;
export type FileMap = Map<string, FileContent>;

/** The bytes of one file; `directory` names the place in the error. */
export function bytesOf(files: Files, name: string, directory: string): Uint8Array {
  const content = contentOf(files, name, directory);
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

/** The text of one file. A byte that is no text is refused: silently replaced, it would be another name or another word. */
export function textOf(files: Files, name: string, directory: string): string {
  const content = contentOf(files, name, directory);
  if (typeof content === 'string') return content;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new UserError(`${pathIn(directory, name)} is not UTF-8: the file is damaged, use another copy`);
  }
}

/** How messages name a file of a directory. */
export function pathIn(directory: string, name: string): string {
  return `${directory.replace(/[/\\]+$/, '')}/${name}`;
}

function contentOf(files: Files, name: string, directory: string): FileContent {
  const content = files.get(name);
  if (content === undefined)
    throw new UserError(`Cannot read ${pathIn(directory, name)}: there is no such file`);
  return content;
}
