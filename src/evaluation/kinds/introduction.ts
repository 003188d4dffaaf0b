/**
 * Is an introduction right? Every sentence is a true statement about the subject, there are at least two different ones, none is
 * said twice, and it comes to its end.
 *
 *   长城是中国古代的建筑。它在北方的山上。      both are statements about 长城, one with a pronoun
 *
 * Sentences are compared to the character, marks and pronouns apart: what is true in other words counts as wrong.
 */
import { sentencesOf } from '../sentences.ts';

export interface Introduced {
  readonly subject: string;
  readonly statements: readonly string[];
}

export function isRightIntroduction(
  { text, finished }: { readonly text: string; readonly finished: boolean },
  about: Introduced,
): boolean {
  const sentences = sentencesOf(text);
  const { own } = sortSentences(sentences, about);
  return finished && own.size >= 2 && own.size === sentences.length;
}

/** The different statements about the subject, and the sentences that are something else. */
export function sortSentences(
  sentences: readonly string[],
  { subject, statements }: Introduced,
): { readonly own: ReadonlySet<string>; readonly others: readonly string[] } {
  const known = new Set(statements.map((statement) => plain(statement, subject)));
  const own = new Set<string>();
  const others: string[] = [];
  for (const sentence of sentences) {
    const said = plain(sentence, subject);
    if (known.has(said) && /[。！？][”’]?$/u.test(sentence)) own.add(said);
    else others.push(sentence);
  }
  return { own, others };
}

/** Without marks, and with 它 for the subject. */
function plain(sentence: string, subject: string): string {
  const letters = (text: string) => text.replace(/[\p{P}\p{S}\s]/gu, '');
  const name = letters(subject);
  return letters(name === '' ? sentence : letters(sentence).replaceAll(name, '它')).replace(
    /[它他她]们?/gu,
    '它',
  );
}
