/**
 * Is the answer to a follow-up question right? It is one of the accepted sentences; or one sentence that has the answer in it and
 * otherwise only words of an accepted sentence, of the question, or of no weight:
 *
 *   德国的首都是柏林。      accepted
 *   是柏林。 柏林！        right
 *   它的首都是柏林。        right
 *   柏林或者巴黎。          wrong: 或者 and 巴黎 are not in what was expected
 *   不是柏林。             wrong: denied
 *
 * A number is right as the result of a sum is (sum.ts).
 */
import type { FollowUp } from '../../data/follow-ups.ts';
import { sentencesOf } from '../sentences.ts';
import { isAccepted } from './fact.ts';
import { chainsOf } from './formula.ts';
import { isRightSum } from './sum.ts';

const LIGHT = '是的它他她这那就叫答案也当然对啊呢哦好，。！：“”《》';

export function isRightFollowUp(
  { text, finished }: { readonly text: string; readonly finished: boolean },
  { messages, answer, accepted }: Pick<FollowUp, 'messages' | 'answer' | 'accepted'>,
): boolean {
  if (!finished) return false;
  if (isAccepted(text, { accepted })) return true;
  if (isNumber(answer)) return isRightSum(text, { question: '', answer, accepted });
  const word = bare(answer);
  const said = bare(text);
  if (word === '' || sentencesOf(text).length !== 1 || !said.includes(word)) return false;
  const question = messages.at(-1)?.content ?? '';
  const expected = new Set([...accepted.join(''), ...question, ...LIGHT]);
  const rest = said.split(word).join('');
  return [...rest].every((character) => expected.has(character)) && !/[不没非]/u.test(rest);
}

function isNumber(answer: string): boolean {
  const chains = chainsOf(answer);
  return chains.length === 1 && /^[-\d余零一二两三四五六七八九十百千]+$/u.test(answer);
}

function bare(text: string): string {
  return text.replace(/[“”‘’《》"'\s]/gu, '').replace(/[。！？.!?]+$/u, '');
}
