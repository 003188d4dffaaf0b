/**
 * The whole world as files: name -> content. Everything follows from one seed; nothing here reads a clock or a disk.
 */
import { Random } from '../../src/tensor/random.ts';
import { abilities } from './abilities.ts';
import { writeAnswerKey } from './answer-key.ts';
import { writeChoiceCsv } from './choice-csv.ts';
import { writeEvaluation } from './evaluation.ts';
import { facts, relationOf } from './facts.ts';
import { QUALITIES, writePreferences } from './preferences.ts';
import { writeCorpus } from './pretrain.ts';
import { writeDialogues } from './sft.ts';

export const SEED = 20240601;

interface World {
  readonly files: ReadonlyMap<string, string>;
  readonly summary: readonly string[];
}

export function generateWorld(seed = SEED): Map<string, string> {
  return new Map(buildWorld(seed).files);
}

export function buildWorld(seed = SEED): World {
  const corpus = writeCorpus(seed);
  const dialogues = writeDialogues(seed + 1);
  const preferences = writePreferences(seed + 2, dialogues);
  const evaluation = writeEvaluation(seed + 3);
  const choice = writeChoiceCsv(evaluation.choice, seed + 4);
  const files = new Map<string, string>([
    ['pretrain.txt', documents(corpus.documents)],
    ['heldout.txt', documents(corpus.heldout)],
    ['sft.jsonl', lines(dialogues.train.map(({ messages }) => ({ messages })))],
    ['sft-heldout.jsonl', lines(dialogues.heldout.map(({ messages }) => ({ messages })))],
    ['preferences.jsonl', lines(preferences.train)],
    ['preferences-heldout.jsonl', lines(preferences.heldout)],
    ['eval/facts-seen.jsonl', lines(evaluation.seen)],
    ['eval/facts-unseen.jsonl', lines(evaluation.unseen)],
    ['eval/facts-pretrain-only.jsonl', lines(evaluation.pretrainOnly)],
    ['eval/choice.jsonl', lines(evaluation.choice)],
    ['eval/choice/dev/world_dev.csv', choice.dev],
    ['eval/choice/val/world_val.csv', choice.val],
    ['eval/minimal-pairs.jsonl', lines(evaluation.minimalPairs)],
    ...abilities.flatMap((ability, i) =>
      [...ability.evaluation(new Random(seed + 5_000_000 + 1000 * i))].map(
        ([name, records]): [string, string] => [`eval/${name}.jsonl`, lines(records)],
      ),
    ),
    ['eval/answer-key.jsonl', lines(writeAnswerKey(preferences.asked))],
  ]);
  const mentions = [...corpus.mentions.values()];
  const { seen, unseen, pretrainOnly, minimalPairs } = evaluation;
  const pairsOf = (quality: string) => preferences.train.filter((pair) => pair.quality === quality).length;
  const summary = [
    `facts          ${facts.length}, told only in pretraining ${facts.filter((f) => f.pretrainOnly).length}`,
    `by domain      ${tally(facts.map((fact) => relationOf(fact).domain))}`,
    `by relation    ${tally(facts.map((fact) => fact.relation))}`,
    `documents      ${corpus.documents.length}, held out ${corpus.heldout.length}`,
    `characters     ${[...files.get('pretrain.txt')!].length}, held out ${[...files.get('heldout.txt')!].length}`,
    `bytes          ${JSON.stringify(corpus.bytes)} of pretrain.txt`,
    `distinct       ${new Set([...files.values()].join('')).size} characters over all files`,
    `tellings       at least ${Math.min(...mentions)} documents per fact, ${mentions.reduce((a, b) => a + b, 0)} in all`,
    `dialogues      ${dialogues.train.length}, held out ${dialogues.heldout.length}: ` +
      tally(dialogues.train.map((d) => d.kind)),
    `pairs          ${preferences.train.length}, held out ${preferences.heldout.length}: ` +
      QUALITIES.map((quality) => `${quality} ${pairsOf(quality)}`).join(', '),
    `questions      seen ${seen.length}, unseen ${unseen.length}, ` +
      `pretrain-only ${pretrainOnly.length}, choice ${evaluation.choice.length}`,
    `minimal pairs  ${minimalPairs.length}: ${tally(minimalPairs.map((p) => p.kind))}`,
  ];
  return { files, summary };
}

function documents(texts: readonly string[]): string {
  return `${texts.join('\n\n')}\n`;
}

function lines(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, n]) => `${name} ${n}`).join(', ');
}
