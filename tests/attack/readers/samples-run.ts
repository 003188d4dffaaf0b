/** The files of a run: settings, history, metrics, evaluation, and what a stage leaves to be continued from. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AdamW } from '../../../src/optim/adamw.ts';
import { collectReport } from '../../../src/report/collect.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { readMetrics } from '../../../src/report/metrics-lines.ts';
import { renderPage } from '../../../src/report/page.ts';
import { panelsOf } from '../../../src/report/panels.ts';
import { readEvaluation, readSessions, readSettings } from '../../../src/report/run-files.ts';
import { evaluationTable } from '../../../src/report/table.ts';
import { loadModelDirectory } from '../../../src/storage/model-directory.ts';
import { Random } from '../../../src/tensor/index.ts';
import { readTrainerState, restoreCheckpoint } from '../../../src/training/checkpoint.ts';
import { RunHistory } from '../../../src/training/history.ts';
import { MetricsFile } from '../../../src/training/metrics.ts';
import { readOrigin } from '../../../src/training/origin.ts';
import { silentReporter } from '../../../src/training/reporter.ts';
import { resumeRunSettings } from '../../../src/training/run-settings.ts';
import { stages } from '../../../src/training/stages/index.ts';
import { tinySettings } from '../../training/tiny.ts';
import { runAll, worldSettings, writeAlignedWorld } from '../../training/world.ts';
import type { Add } from './samples.ts';

export async function addRun(folder: string, add: Add): Promise<void> {
  const world = writeAlignedWorld(join(folder, 'world'));
  const out = join(folder, 'out');
  const settings = worldSettings(world, { stages: ['tokenizer', 'pretrain', 'sft', 'reward', 'evaluate'] });
  mkdirSync(folder, { recursive: true });
  await runAll({ out, settings, resume: false, reporter: silentReporter });
  const stage = join(out, 'sft');
  const report = async () => {
    const data = await collectReport(out, world);
    renderPage(data);
    renderMarkdown(data);
  };
  const at = (name: string) => join(out, name);
  const single: readonly [string, (path: string) => unknown][] = [
    ['run.json', (path) => void [resumeRunSettings(out, {}, stages), readSettings(path)]],
    [
      'history.json',
      (path) => void [new RunHistory(out, { command: null, backend: '' }), readSessions(path)],
    ],
    ['evaluation.json', (path) => void evaluationTable(readEvaluation(path))],
    [
      'metrics.jsonl',
      (path) => {
        for (const [name, curves] of readMetrics(path).stages) panelsOf(name, curves);
        new MetricsFile(path).rewind('sft', 1);
      },
    ],
  ];
  for (const [name, read] of single) {
    add(name, at(name), () => read(at(name)), 5);
    add(`${name} in a report`, at(name), report, 0.3);
  }
  const { model, tokenizer } = loadModelDirectory(stage);
  rmSync(join(stage, 'SHA256SUMS'), { force: true });
  const resume = () => {
    const state = readTrainerState(stage);
    if (state === null) return;
    readOrigin(stage);
    const random = new Random(1);
    const training = { model, tokenizer, optimizer: new AdamW(model, tinySettings()), random };
    restoreCheckpoint(stage, training, state);
  };
  for (const [name, weight] of [
    ['trainer_state.json', 5],
    ['stage.json', 3],
    ['optimizer.safetensors', 2],
  ] as const)
    add(name, join(stage, name), resume, weight);
  add('stage.json in a report', join(stage, 'stage.json'), report, 0.3);
  add('config.json in a report', join(stage, 'config.json'), report, 0.3);
}
