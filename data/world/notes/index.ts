/**
 * What can be said about a thing beside its facts: two to four true sentences, the first of which says what it is.
 * One file for each part of the world; no thing is in two of them.
 */
import { countries } from './countries.ts';
import { places } from './places.ts';

export type Notes = Readonly<Record<string, readonly string[]>>;

const parts: readonly Notes[] = [countries, places];

export const notes: ReadonlyMap<string, readonly string[]> = new Map(
  parts.flatMap((part) => Object.entries(part)),
);
