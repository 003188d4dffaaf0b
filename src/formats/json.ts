/** JSON in files: written to be read by people. What is read goes through a schema (schema.ts), or at least through `parseJson`. */
export { parseJson } from '../json-text.ts';

export function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
