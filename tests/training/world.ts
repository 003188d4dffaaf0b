/** The smallest data directory that every stage can work with, and settings that run it in a second. */
import { writeReport } from '../../src/report/index.ts';
import { evaluateRun } from '../../src/training/evaluate-run.ts';
import { preflight } from '../../src/training/preflight.ts';
import { type Reporter, silentReporter } from '../../src/training/reporter.ts';
import { Run, type RunOptions } from '../../src/training/run.ts';
import { defaultSettings, type RunSettings } from '../../src/training/run-settings.ts';
import { runStage } from '../../src/training/run-stage.ts';
import type { Stage } from '../../src/training/stage.ts';
import { EVALUATE, stages } from '../../src/training/stages/index.ts';
import { put } from '../data/temporary.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';

const FACTS = [
  ['中国', '北京'],
  ['法国', '巴黎'],
  ['日本', '东京'],
  ['埃及', '开罗'],
] as const;

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

export function writeWorld(folder: string): string {
  const facts = FACTS.map(([place, capital]) => ({
    relation: 'capital',
    question: `${place}首都？`,
    answer: capital,
    accepted: [`${capital}。`],
  }));
  const dialogues = facts.flatMap(({ question, accepted }) => [
    {
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: accepted[0] },
      ],
    },
    { question, answer: accepted[0] },
  ]);
  put(folder, 'pretrain.txt', sampleDocuments().join('\n\n'));
  put(folder, 'heldout.txt', sampleDocuments().slice(0, 3).join('\n\n'));
  put(folder, 'sft.jsonl', lines(dialogues));
  put(folder, 'sft-heldout.jsonl', lines(dialogues.slice(0, 2)));
  put(folder, 'eval/facts-seen.jsonl', lines(facts));
  return folder;
}

/** The same with preference pairs, of which one is left out, and a key to judge by. */
export function writeAlignedWorld(folder: string): string {
  writeWorld(folder);
  const pairs = FACTS.flatMap(([place, capital]) => [
    { prompt: `${place}？`, chosen: `${capital}。`, rejected: capital, quality: 'sentence' },
    { prompt: `${place}？`, chosen: `${capital}。`, rejected: '不。', quality: 'polite' },
  ]);
  put(folder, 'preferences.jsonl', lines([...pairs, { prompt: '好', chosen: '好', rejected: '好' }]));
  put(folder, 'preferences-heldout.jsonl', lines(pairs.slice(0, 4)));
  const known = {
    relation: 'capital',
    subject: '中国',
    answer: '北京',
    accepted: ['北京。'],
    questions: ['中国？'],
  };
  put(folder, 'eval/answer-key.jsonl', lines([known]));
  return folder;
}

export function worldSettings(data: string, changes: Partial<RunSettings> = {}): RunSettings {
  return {
    ...defaultSettings,
    preset: 'pico',
    stages: ['tokenizer', 'pretrain', 'sft', 'evaluate'],
    data,
    context: 16,
    vocabSize: 400,
    changes: { maxSteps: 3, batchSize: 2 },
    backend: 'reference',
    ...changes,
  };
}

/** Stops a run after so many steps of training. */
export function stopAfter(steps: number, reporter: Reporter = silentReporter) {
  const stop = new AbortController();
  let done = 0;
  let trains = false;
  const counting: Reporter = {
    ...reporter,
    begin(job, total, first) {
      trains = !/tokenizer| /.test(job); // "dpo reference", "sft judge" are no training
      reporter.begin(job, total, first);
    },
    advance(step, details) {
      reporter.advance(step, details);
      if (trains && ++done >= steps) stop.abort(new Error('enough'));
    },
  };
  return { signal: stop.signal, reporter: counting };
}

/** What src/train.ts does: the stages, the evaluation, the report. Returns false if it was stopped. */
export async function runAll(options: RunOptions, known: readonly Stage[] = stages): Promise<boolean> {
  const run = new Run(known, options);
  try {
    await preflight(run);
    for (const stage of run.stages) await runStage(stage, run);
    if (run.willRun(EVALUATE)) {
      run.begin();
      await run.time(EVALUATE, () => evaluateRun(run));
      await writeReport(options.out, options.reporter, { signal: options.signal });
    }
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) return false;
    throw error;
  }
  return true;
}
