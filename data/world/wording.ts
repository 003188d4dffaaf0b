/**
 * How people type: with or without a mark, politely or not, with the name in front. Tools for all abilities.
 *
 * A request is 讲一个故事, a question is 明天会下雨吗, a remark is 我今天很难过, each without its mark. `typed` puts it into one of the
 * frames that people use; some frames for requests are kept from all training files, for evaluation (`typedUnseen`).
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Dialogue } from './dialogues.ts';
import { facts } from './facts.ts';
import { UNSEEN_FRAMES, wording } from './questions.ts';
import type { Fact } from './types.ts';

export type Mood = 'request' | 'question' | 'remark';

/** [frame, how often out of about 100] */
type Frames = readonly (readonly [string, number])[];

const FRAMES: Readonly<Record<Mood, Frames>> = {
  request: [
    ['{q}。', 20],
    ['{q}', 20],
    ['{q}，谢谢。', 2],
    ['请{q}，谢谢！', 1],
    ['{q}，谢谢', 1],
    ['{q}！', 3],
    ['{q}吧。', 8],
    ['{q}吧', 6],
    ['请{q}。', 12],
    ['请{q}', 5],
    ['请你{q}。', 4],
    ['请你{q}', 2],
    ['小言，{q}。', 4],
    ['小言，{q}吧。', 2],
    ['小言，请{q}。', 2],
    ['你能{q}吗？', 3],
    ['可以{q}吗？', 3],
    ['能{q}吗？', 2],
    ['你可以{q}吗？', 1],
    ['我想请你{q}。', 1],
    ['麻烦你{q}。', 1],
  ],
  question: [
    ['{q}？', 41],
    ['{q}？谢谢！', 1],
    ['{q}', 24],
    ['{q}?', 6],
    ['请问{q}？', 8],
    ['请问，{q}？', 3],
    ['小言，{q}？', 8],
    ['你好，{q}？', 3],
    ['你好，请问{q}？', 2],
    ['请问{q}', 4],
  ],
  remark: [
    ['{q}。', 42],
    ['{q}', 34],
    ['{q}！', 14],
    ['小言，{q}。', 6],
    ['小言，{q}', 4],
  ],
};

/** Frames that no training file uses. Questions have theirs in questions.ts. */
const UNSEEN: Readonly<Record<Mood, readonly string[]>> = {
  request: ['{q}，好吗？', '我想让你{q}。', '现在{q}。', '快{q}！', '来，{q}。', '{q}，行不行？'],
  question: UNSEEN_FRAMES,
  remark: ['唉，{q}。', '告诉你，{q}。', '跟你说，{q}。'],
};

const LOTS = new Map(
  Object.entries(FRAMES).map(([mood, frames]) => [
    mood,
    frames.flatMap(([frame, weight]) => Array.from({ length: weight }, () => frame)),
  ]),
);

/** As a person may type it. */
export function typed(random: Random, core: string, mood: Mood = 'request'): string {
  const lot = LOTS.get(mood)!; // every mood has frames
  for (;;) {
    const frame = random.pick(lot);
    if (!(frame.includes('吧') && /[吧吗呢]$/u.test(core)) && !(frame.includes('请') && core.includes('请')))
      return frame.replace('{q}', () => core);
  }
}

/** In a frame that no training file uses; which one follows from `place`. */
export function typedUnseen(core: string, place: number, mood: Mood = 'request'): string {
  const frames = UNSEEN[mood];
  return frames[place % frames.length]!.replace('{q}', () => core);
}

/**
 * n dialogues, no two of which open alike: with the same words, or what else `opening` tells them apart by. Throws where `make`
 * cannot make so many.
 */
export function drawDialogues(
  random: Random,
  n: number,
  make: (random: Random) => Dialogue,
  opening: (question: string) => string = wording,
): Dialogue[] {
  const made = new Map<string, Dialogue>();
  for (let tries = 0; made.size < n; tries++) {
    if (tries > 60 * n + 200) throw new Error(`Only ${made.size} of ${n} dialogues can be drawn`);
    const dialogue = make(random);
    const key = opening(dialogue.messages[0]!.content); // a dialogue has a first message
    if (!made.has(key) && !dialogue.messages.some(({ content }) => tellsHiddenFact(content)))
      made.set(key, dialogue);
  }
  return [...made.values()];
}

const ASKERS = ['小明', '小红', '妈妈', '爸爸', '爷爷', '妹妹', '弟弟', '老师', '小刚', '小丽'];

/** Dialogues as documents for the corpus, so that their words are not met in dialogues for the first time. */
export function retold(random: Random, dialogues: readonly Dialogue[]): string[] {
  return dialogues.flatMap(({ messages }) => {
    const [asked, answered] = messages.map(({ content }) => content);
    if (messages.length > 2 || /[“\p{Script=Latin}]/u.test(asked! + answered!)) return [];
    return [`${random.pick(ASKERS)}对小言说：“${asked}”小言说：“${answered}”`];
  });
}

const hidden: readonly Fact[] = facts.filter((fact) => fact.pretrainOnly);

/**
 * Whether a text may tell a fact that is kept for pretraining: it has both its subject and its answer. Such texts cannot stand in a
 * dialogue. A text that has both by chance is turned down as well, which costs nothing.
 */
export function tellsHiddenFact(text: string): boolean {
  return hidden.some(({ subject, answer }) => text.includes(subject) && text.includes(answer));
}
