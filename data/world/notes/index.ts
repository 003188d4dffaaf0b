/**
 * What can be said about a thing beside its facts: two to four true sentences, the first of which says what it is.
 * One file for each part of the world; no thing is in two of them.
 */
import { animals } from './animals.ts';
import { callings } from './callings.ts';
import { cities } from './cities.ts';
import { countries } from './countries.ts';
import { days } from './days.ts';
import { growing } from './growing.ts';
import { household } from './household.ts';
import { matter } from './matter.ts';
import { names } from './names.ts';
import { places } from './places.ts';
import { sky } from './sky.ts';
import { things } from './things.ts';
import { works } from './works.ts';

export type Notes = Readonly<Record<string, readonly string[]>>;

const parts: readonly Notes[] = [
  animals,
  callings,
  cities,
  countries,
  days,
  growing,
  household,
  matter,
  names,
  places,
  sky,
  things,
  works,
];

export const notes: ReadonlyMap<string, readonly string[]> = new Map(
  parts.flatMap((part) => Object.entries(part)),
);
