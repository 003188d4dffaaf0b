/**
 * Checks a world directory that somebody has edited: `npm run data -- --check [DIR]`.
 *
 * Every fault is named with its file and line and with what to do; a clean world says what was looked at.
 */
import { type Fault, Faults } from './faults.ts';
import { checkLeaks } from './leaks.ts';
import { checkSides } from './sides.ts';
import { checkTruth } from './truth.ts';
import { readWorld } from './world.ts';

interface Checked {
  readonly faults: readonly Fault[];
  readonly summary: readonly string[];
}

export function checkWorld(folder: string): Checked {
  const faults = new Faults();
  const world = readWorld(folder, faults);
  checkTruth(world, faults);
  checkLeaks(world, faults);
  checkSides(folder, world, faults);
  const { documents, dialogues, pairs, key, asked, conversations } = world;
  const summary = [
    `${documents.length} documents: every fact of the key is told, none is held out or stands twice`,
    `${dialogues.length} dialogues and ${pairs.length} pairs: nothing that contradicts the key, no question that evaluation asks`,
    `${key.length} entries of the answer key: one answer to each question`,
    `${asked.length + conversations.length} questions of evaluation: in the key, with the same answer, and options in range`,
  ];
  return { faults: faults.list, summary };
}

/** The report of a check, a line for each fault; of very many only the first ones. */
export function reportOf(folder: string, { faults, summary }: Checked): string {
  if (faults.length === 0) return [`${folder} is clean.`, ...summary.map((line) => `  ${line}`)].join('\n');
  const shown = faults.slice(0, SHOWN).map(({ place, what, advice }) => `${place}: ${what}; ${advice}.`);
  const more = faults.length > SHOWN ? [`... and ${faults.length - SHOWN} more.`] : [];
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  return [...shown, ...more, `${folder} has ${count}.`].join('\n');
}

const SHOWN = 100;
