/** Pairs and prompts that are easy to learn from, and settings that learn fast: what the tests of alignment share. */
import type { Preference } from '../../src/data/preferences.ts';
import { encodePairs } from '../../src/data/rows/pairs.ts';
import type { Prompt } from '../../src/data/rows/prompts.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { type StepMetrics, trainingLoop } from '../../src/training/loop.ts';
import type { StageSettings } from '../../src/training/settings.ts';
import { type Objective, supervised } from '../../src/training/supervised.ts';
import { tinySettings, tinyTokenizer as tokenizer } from './tiny.ts';

const questions = ['你好', '天空', '太阳', '一年', '小猫', '北京', '水', '好吗'];
const preferences: Preference[] = questions.flatMap((prompt, i) => [
  { prompt, chosen: '是的。', rejected: '不是。', quality: 'a', place: `${i}` },
  { prompt, chosen: '是的，很好。', rejected: '不', quality: 'b', place: `${i}` },
]);
export const { pairs } = encodePairs(preferences, tokenizer, 32);

export const fastSettings = (changes: Partial<StageSettings> = {}) =>
  tinySettings({
    learningRate: 5e-3,
    schedule: 'constant',
    warmup: 0,
    weightDecay: 0,
    batchSize: 4,
    ...changes,
  });

export const prompts: Prompt[] = questions.map((text) => ({
  ids: [tokenizer.roleId('user'), ...tokenizer.encode(text), tokenizer.eosId, tokenizer.assistantId],
  question: text,
  fact: null,
}));

/** Train on an objective for some steps; returns the lines of metrics. */
export async function learn<Item, Items>(
  objective: Objective<Item, Items>,
  settings: StageSettings,
  steps: number,
): Promise<StepMetrics[]> {
  const lines: StepMetrics[] = [];
  const hooks = {
    onStep: (line: StepMetrics) => void lines.push(line),
    save: async () => {},
    shouldStop: () => false,
  };
  const optimizer = new AdamW(objective.model, settings);
  const span = { stage: objective.stage, startStep: 0, steps };
  await trainingLoop(supervised(objective, optimizer, settings), settings, span, hooks);
  return lines;
}
