/**
 * What can be said about a thing beside its facts: one to four true sentences, the first of which says what it is.
 * One file for each part of the world; no thing is in two of them.
 */
import { animals } from './animals.ts';
import { cities } from './cities.ts';
import { countries } from './countries.ts';
import { days } from './days.ts';
import { everyday } from './everyday.ts';
import { growing } from './growing.ts';
import { names } from './names.ts';
import { people } from './people.ts';
import { places } from './places.ts';
import { sky } from './sky.ts';
import { things } from './things.ts';
import { works } from './works.ts';

export type Notes = Readonly<Record<string, readonly string[]>>;

const parts: readonly Notes[] = [
  countries,
  places,
  cities,
  sky,
  names,
  growing,
  things,
  works,
  animals,
  people,
  days,
  everyday,
];

export const notes: ReadonlyMap<string, readonly string[]> = new Map(
  parts.flatMap((part) => Object.entries(part)),
);
