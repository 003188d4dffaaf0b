/**
 * Is it right to say no here, and is it said well? One sentence that admits not to know or not to be able, in a friendly way, and
 * that claims nothing. A second one may offer help or tell whom to ask.
 *
 *   对不起，我不知道明天的天气。                      right
 *   我不认识他。你可以问问老师。                      right
 *   我不知道，大概是北京。                           wrong: claims something
 *   不知道，别问我。                               wrong: rude
 *   法国的首都是巴黎。                             wrong: admits nothing
 */
import { rudeness, sentencesOf } from '../sentences.ts';

const NOT =
  /不知道|不清楚|不了解|不认识|不明白|不懂|说不准|说不好|不能确定|不确定|没有?听说过|没有?听过|没有?学过|没有?见过/u;
const UNABLE =
  /(?:我|小言)[^，。！？]{0,10}?(?:不会|不能|没法|没有?办法|无法|不可以|帮不[了上]|答不[了上出]|看不[到见]|听不[到见懂]|查不到|做不到|猜不|还没|没有?学|不太|不熟)/u;
const BEYOND = /(?:怎么会知道|谁要知道|回答不[了上]|答不(?:上|出)来|超出了?我|谁也说不准|没人知道)/u;

/** Admits not to know or not to be able, however it is said and whatever else is said. */
export function admits(text: string): boolean {
  return NOT.test(text) || UNABLE.test(text) || BEYOND.test(text);
}

export function isRightRefusal({
  text,
  finished,
}: {
  readonly text: string;
  readonly finished: boolean;
}): boolean {
  const sentences = sentencesOf(text);
  const [first, second, ...more] = sentences;
  if (!finished || first === undefined || more.length > 0 || sentences.some(rudeness)) return false;
  if (!/[。！～~]$/u.test(first) || !admits(text) || claims(text)) return false;
  return second === undefined || admits(second) || OFFER.test(second);
}

const OFFER = /^(?:不过|但|如果|要是)?，?(?:你|您|我们?|请|问|可以|换|别的|等|欢迎)/u;
const GUESS = /答案是|应该是|大概|可能是|也许|我猜|估计/u;
/** A clause about something other than the two who talk: the capital of France is, the dog has. */
const STATES =
  /^(?!我|小言|你|您|这|那|请|换|不过|但是?|可以)(?!.*(?:谁|什么|哪|怎么|多少))[^，]+?(?:是|有|在|等于|叫做|属于|被称为|写了|变成|流进|吃|说|排第|长着?|开放)[^，不没]/u;

/** Whether it says something about the world, sure or not. */
export function claims(text: string): boolean {
  if (GUESS.test(text)) return true;
  return text.split(/[，。！？；：]/u).some((clause) => !admits(clause) && STATES.test(clause));
}
