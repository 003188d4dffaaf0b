/**
 * npx tsx src/evaluate.ts: measure a model, or print its logits for given token ids.
 */
import { backendFlags, useBackend } from './cli/backend.ts';
import { runCommand } from './cli/command.ts';
import type { FlagTable } from './cli/flags.ts';
import { makeReporter } from './cli/progress.ts';
import { locateData } from './data/layout.ts';
import { UserError } from './errors.ts';
import { evaluateModel } from './evaluation/evaluate.ts';
import { formatResults } from './evaluation/table.ts';
import { findModel } from './formats/find-model.ts';
import { type LoadedModel, loadModelDirectory } from './formats/model-directory.ts';
import { fromArray, noGrad } from './tensor/index.ts';

const flags = {
  model: { type: 'text', value: 'DIR', help: 'model directory, or a run (required)' },
  tasks: {
    type: 'list',
    value: 'A,B',
    help: 'bits-per-byte, facts-seen, facts-unseen, facts-pretrain-only',
    default: 'all',
  },
  data: { type: 'text', value: 'PATH', help: 'where heldout.txt and eval/ are', default: 'data' },
  limit: { type: 'number', whole: true, min: 1, help: 'at most so many documents and questions a task' },
  answers: { type: 'boolean', help: 'print every question with its answer' },
  json: { type: 'boolean', help: 'print the results as JSON' },
  logits: {
    type: 'text',
    value: '"1,2,3"',
    help: 'print the logits [T][V] for these token ids as JSON, and stop',
  },
  ...backendFlags,
} as const satisfies FlagTable;

async function logitsJson({ model }: LoadedModel, text: string): Promise<string> {
  const { vocabSize: V, maxPositionEmbeddings: context } = model.config;
  const ids = text.split(',').map((item) => (/^\s*\d+\s*$/.test(item) ? Number(item) : -1));
  const bad = ids.findIndex((id) => id < 0 || id >= V);
  if (bad !== -1) {
    throw new UserError(
      `--logits: "${text.split(',')[bad]}" is no token id; ids are whole numbers from 0 to ${V - 1}, with commas between`,
    );
  }
  if (ids.length > context)
    throw new UserError(`--logits: ${ids.length} tokens are more than the model's context of ${context}`);
  const logits = noGrad(() => model.forward(fromArray(Int32Array.from(ids), [1, ids.length])));
  const values = await logits.read();
  return JSON.stringify(ids.map((_, t) => [...values.subarray(t * V, (t + 1) * V)]));
}

await runCommand({
  usage: 'npx tsx src/evaluate.ts --model DIR [flags]    measure a trained model',
  flags,
  async run(values) {
    if (values.model === undefined)
      throw new UserError('--model is required: the directory of a trained model, such as runs/default/sft');
    const directory = findModel(values.model);
    const { name, description } = await useBackend({ ...values, gpuMode: values['gpu-mode'] });
    if (name.startsWith('gpu')) process.stderr.write(`backend: ${description}\n`);
    if (values.logits !== undefined) {
      process.stdout.write(`${await logitsJson(loadModelDirectory(directory), values.logits)}\n`);
      return 0;
    }
    const files = locateData(values.data ?? 'data');
    const { model, tokenizer } = loadModelDirectory(directory);
    const reporter = makeReporter();
    const results = await evaluateModel(model, tokenizer, files, {
      tasks: values.tasks,
      limit: values.limit ?? Infinity,
      onTask: (task, total) => reporter.begin(task, total),
      onProgress: (done) => reporter.advance(done, ''),
      onAnswers: (_, answers) => {
        if (values.answers !== true) return;
        for (const { question, text, correct } of answers)
          reporter.note(`${correct ? '+' : '-'} ${question.question} ${text}`);
      },
    }).finally(() => reporter.end('')); // a bar left open would keep the process alive
    process.stdout.write(
      values.json ? `${JSON.stringify(results, null, 2)}\n` : `${formatResults({ [directory]: results })}\n`,
    );
    return 0;
  },
});
