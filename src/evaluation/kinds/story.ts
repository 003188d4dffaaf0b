/**
 * Is it a story? At least three sentences, none of them twice, no loop, an end; and the hero is in it where one was asked for.
 *
 * Whether it makes sense, or is any good, no rule can say.
 */
import { hasLoop, sentencesOf } from '../sentences.ts';

const LEAST = 3;
/** 小兔子说。 may come twice. */
const SHORT = 5;

export function isStory(
  { text, finished }: { readonly text: string; readonly finished: boolean },
  hero: string,
): boolean {
  return finished && isAbout(text, hero) && goesOn(text) && /[。！？][”’]?$/u.test(text.trim());
}

/** Has enough sentences, and is about the hero. */
export function isAbout(text: string, hero: string): boolean {
  return sentencesOf(text).length >= LEAST && text.includes(hero);
}

/** Says nothing twice. */
export function goesOn(text: string): boolean {
  const long = sentencesOf(text).filter((sentence) => sentence.length > SHORT);
  return new Set(long).size === long.length && !hasLoop(text);
}
