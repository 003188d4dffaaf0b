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

/** The text of one file. */
export function textOf(files: Files, name: string, directory: string): string {
  const content = contentOf(files, name, directory);
  return typeof content === 'string' ? content : new TextDecoder().decode(content);
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
