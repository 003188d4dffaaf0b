/**
 * Questions with four options: those that the project ships, and some whose right option is known by its text and by its place.
 */
import { fileURLToPath } from 'node:url';
import { type ChoiceQuestion, readChoiceFolder } from '../../src/data/choices.ts';
import { choiceAccuracy } from '../../src/evaluation/choice-ppl.ts';

export const shipped = readChoiceFolder(fileURLToPath(new URL('../../data/eval/choice', import.meta.url)));

/** The right option is always 一, at every place equally often; the wrong ones are always the same. */
export const numbered: ChoiceQuestion[] = Array.from({ length: 16 }, (_, i) => {
  const options = ['天', '人', '小'];
  options.splice(i % 4, 0, '一');
  return { subject: 'world', question: `第${i}个是什么？`, options, answer: i % 4 };
});
export const balanced = { questions: numbered, examples: shipped.examples };

/** Share of right choices. */
export const value = (chosen: Parameters<typeof choiceAccuracy>[0]) => choiceAccuracy(chosen).value;
