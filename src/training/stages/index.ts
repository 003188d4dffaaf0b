/**
 * The stages, in the order in which a run makes them. To add one: write its file, name it here.
 *
 *   tokenizer -> pretrain -> sft -> reward -> ppo, grpo, and dpo                       (the last three all start from sft)
 */
import type { Stage } from '../stage.ts';
import { dpo } from './dpo.ts';
import { grpo } from './grpo.ts';
import { ppo } from './ppo.ts';
import { pretrain } from './pretrain.ts';
import { reward } from './reward.ts';
import { sft } from './sft.ts';
import { tokenizer } from './tokenizer.ts';

export const stages: readonly Stage[] = [tokenizer, pretrain, sft, reward, ppo, grpo, dpo];

/** Not a stage, for it leaves no model: all that are there are measured, and the report is written. */
export const EVALUATE = 'evaluate';

/** Names of the stages whose models can chat, those to prefer first. */
export const chatStages: readonly string[] = stages
  .filter(({ chatRank }) => chatRank !== undefined)
  .sort((a, b) => (b.chatRank ?? 0) - (a.chatRank ?? 0))
  .map(({ name }) => name);

/** Names of the stages that leave a language model, those to prefer first. */
export const languageStages: readonly string[] = [
  ...chatStages,
  ...stages.filter(({ leaves }) => leaves === 'base').map(({ name }) => name),
];

export function stageNamed(name: string): Stage | undefined {
  return stages.find((stage) => stage.name === name);
}
