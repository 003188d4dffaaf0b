/**
 * Which stages in the directory of a run belong together.
 *
 *   tokenizer <- pretrain <- sft <- reward <- ppo          each names what it was made from by its content (origin.ts)
 *
 * Making a stage again ends the truth of all that were made from it. The next run keeps what does not depend on the stages it
 * makes and leaves the rest behind, in the run as it was.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { locateDirectory } from '../storage/atomic.ts';
import { identityOf, type Origin, type Role, readOrigin, roleOf } from './origin.ts';
import type { Stage } from './stage.ts';

interface Present {
  readonly name: string;
  readonly startsFrom: string | null;
  readonly leaves: Role;
  readonly origin: Origin | null;
  readonly identity: string | null;
}

/** The stages that are there, in order. One whose record cannot be read is there without one. */
function presentStages(known: readonly Stage[], out: string): Present[] {
  return known.flatMap(({ name, startsFrom, leaves }) => {
    const directory = join(out, name);
    if (!existsSync(locateDirectory(directory))) return [];
    const origin = attempt(() => readOrigin(directory));
    return [{ name, startsFrom, leaves: roleOf(leaves), origin, identity: identityOf(directory) }];
  });
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The stages in `out` that making `chosen` anew replaces: those themselves, and all that were made from them. */
export function replacedStages(known: readonly Stage[], out: string, chosen: readonly string[]): string[] {
  const present = presentStages(known, out);
  const isHere = (name: string) => present.some((stage) => stage.name === name);
  const replaced = new Set<string>();
  const gone = new Set<string>();
  for (const { name, startsFrom, origin, identity } of present) {
    const fromReplaced =
      origin === null
        ? startsFrom !== null && replaced.has(startsFrom)
        : Object.values(origin.from).some((sum) => gone.has(sum));
    // What is there without its predecessor cannot have come from the one that is going to be made.
    const beforeItsTime = startsFrom !== null && chosen.includes(startsFrom) && !isHere(startsFrom);
    if (!chosen.includes(name) && !fromReplaced && !beforeItsTime) continue;
    replaced.add(name);
    if (identity !== null) gone.add(identity);
  }
  return [...replaced];
}

/** What does not belong together, a sentence each: stages made from another vocabulary, other weights or another reward model. */
export function strangers(known: readonly Stage[], out: string): string[] {
  const present = presentStages(known, out);
  return present.flatMap(({ name, startsFrom, origin }) => {
    if (origin === null) return [`${name} does not say what it was made of`];
    const supposed = present.filter((stage) => stage.name === startsFrom || stage.leaves !== 'model');
    return supposed.flatMap((stage) => {
      const made = origin.from[stage.leaves];
      return made === undefined || made === stage.identity
        ? []
        : [`${name} was made from another ${stage.name} than the one in this run`];
    });
  });
}

/** What each stage was made from, a line each: "ppo: from sft, pleasing reward, seed 42". */
export function familyOf(known: readonly Stage[], out: string): string[] {
  const present = presentStages(known, out);
  return present.flatMap(({ name, origin }) => {
    if (origin === null) return [];
    const { model, rewards, vocabulary } = origin.from;
    const parent = (sum: string) =>
      present.find(({ identity }) => identity === sum)?.name ?? `elsewhere (${sum.slice(0, 8)})`;
    const start = model ?? vocabulary;
    const parts = [
      ...(start === undefined ? [] : [`from ${parent(start)}`]),
      ...(rewards === undefined ? [] : [`pleasing ${parent(rewards)}`]),
      `seed ${origin.seed}`,
      ...(origin.quick ? ['--quick'] : []),
    ];
    return [`${name}: ${parts.join(', ')}`];
  });
}
