/** JSON in files: written to be read by people, parsed with the name of the file in the error. */
import { UserError } from '../errors.ts';

export function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Parse a whole file; `source` names it in errors. What is in it is for the caller to check. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${source} is not valid JSON: ${(error as SyntaxError).message}`);
  }
}
