/**
 * Is the answer to a sum right? The last number said is the result, and nothing before contradicts it:
 *
 *   every formula on the way is true        37+45=70+12=82, not 37+45=70+13=82
 *   it is about the sum that was asked       to 8+5: 8+5=13, not 6+7=13
 *   no other result is named                not 答案是12，不对，13
 */

import { isAccepted } from './fact.ts';
import { chainsOf, isTrue } from './formula.ts';

interface AskedSum {
  readonly question: string;
  /** 13, or 3余2. */
  readonly answer: string;
  readonly accepted: readonly string[];
}

export function isRightSum(text: string, asked: AskedSum): boolean {
  if (isAccepted(text, asked)) return true;
  const [[result] = []] = chainsOf(asked.answer);
  const chains = chainsOf(text);
  const said = chains.at(-1)?.at(-1);
  if (result === undefined || said === undefined || said.signs.length > 0) return false;
  const isResult = (one: typeof said) => one.numbers[0] === result.numbers[0] && one.rest === result.rest;
  if (!isResult(said) || !chains.every(isTrue)) return false;
  const [wanted, given] = [chainsOf(asked.question), chains].map((all) => operandsOf(all));
  if (wanted !== null && given !== null && wanted !== given) return false;
  return resultsNamed(text).every((named) => named === result.numbers[0]);
}

/** The numbers of the first expression with a sign, in any order. */
function operandsOf(chains: ReturnType<typeof chainsOf>): string | null {
  const first = chains.flat().find(({ signs }) => signs.length > 0);
  return first === undefined ? null : first.numbers.toSorted((a, b) => a - b).join();
}

/** The numbers after 答案是, 结果是. */
function resultsNamed(text: string): number[] {
  const places = text.matchAll(/(?:答案|结果|得数)(?:就|应该)?(?:是|为|等于)(?<said>[^，。；！？]*)/gu);
  return [...places].flatMap(({ groups }) => chainsOf(groups!.said!)[0]?.at(-1)?.numbers.slice(0, 1) ?? []);
}
