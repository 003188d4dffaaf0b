/**
 * npx tsx src/train.ts: from raw text to a model that answers.
 *
 *   tokenizer -> pretrain -> sft -> reward -> ppo, and dpo -> evaluate            (ppo and dpo both start from sft)
 *
 * Start reading here and go down: training/stages/ has one file for each stage, training/run-stage.ts runs it, training/loop.ts
 * is the loop, models/causal-lm.ts the model.
 */
import './cli/work-process.ts';

import { useBackend } from './cli/backend.ts';
import { runCommand } from './cli/command.ts';
import { makeReporter } from './cli/progress.ts';
import { stopOnSignals } from './cli/stop.ts';
import { givenSizes, settingsFrom, trainFlags } from './cli/train-flags.ts';
import { repairDirectory } from './storage/atomic.ts';
import { lockDirectory } from './storage/lock.ts';
import { outputDirectory } from './storage/paths.ts';
import { runSwap } from './storage/run-directory.ts';
import { fitToCorpus } from './training/corpus-fit.ts';
import { evaluateRun } from './training/evaluate-run.ts';
import { commandLine } from './training/history.ts';
import { preflight } from './training/preflight.ts';
import { Run } from './training/run.ts';
import { RUN_FILES } from './training/run-settings.ts';
import { runStage } from './training/run-stage.ts';
import { chatStages, EVALUATE, languageStages, stages } from './training/stages/index.ts';

await runCommand({
  usage: 'npx tsx src/train.ts [flags]    train a small language model, from text to chat',
  flags: trainFlags,
  async run(values) {
    // What to do. What flags and names of files rule out is refused here, before any work.
    const out = outputDirectory(values.out ?? 'runs/default', { holds: RUN_FILES });
    const command = commandLine('src/train.ts', process.argv.slice(2));
    lockDirectory(out, { command }); // until the process ends: a run has one writer
    repairDirectory(out, runSwap); // a power cut may have left it half replaced
    const asked = settingsFrom(values, out);
    const reporter = makeReporter();
    let hasBegun = () => false;
    const advice = () => howToGoOn(out, hasBegun());
    const signal = stopOnSignals({ saying: 'Stopping after this step', advice });
    const resume = values.resume ?? false;
    // Own text is looked at first, for a vocabulary and a size that fit it.
    const fit = () => fitToCorpus(asked, givenSizes(values), reporter.note.bind(reporter), signal);
    const settings = resume ? asked : await fit();
    const run = new Run(stages, { out, settings, reporter, resume, signal, command });
    hasBegun = () => run.hasBegun;

    // Where it computes.
    const { backend, gpuMode, deterministic } = settings;
    const chosen = await useBackend({
      ...{ backend, gpuMode: gpuMode ?? undefined, deterministic, work: run.work() },
      ...{ threads: values.threads, wide: values.wide }, // they change no bits: a resumed run may have others
    });
    run.computesOn(chosen);
    reporter.note(`backend: ${chosen.description}`);
    if (chosen.advice !== undefined) reporter.note(chosen.advice);

    try {
      // Everything that is going to be read, once: what is wrong with it is known now, and not after hours.
      await preflight(run);
      // One stage after the other: each starts from what the one before has left.
      for (const stage of run.stages) await runStage(stage, run);
      // What came of it, in numbers and in a report.
      if (run.willRun(EVALUATE)) {
        run.begin();
        await run.time(EVALUATE, () => evaluateRun(run));
        const { writeReport } = await import('./report/index.ts'); // so that nothing else waits for the plotting library
        await writeReport(out, reporter, { signal });
      }
    } finally {
      reporter.end(''); // a bar left open would keep the process alive
    }
    if (languageStages.some((stage) => run.has(stage))) {
      const chats = chatStages.some((stage) => run.has(stage));
      const model = values.out === undefined ? [] : ['--model', out];
      const what = chats ? 'Talk to it' : 'Give it a beginning, it goes on';
      process.stderr.write(`\n${what}: ${commandLine('src/chat.ts', model)}\n`);
    }
    return 0;
  },
});

function howToGoOn(out: string, hasBegun: boolean): string {
  if (hasBegun) return `Continue with: ${commandLine('src/train.ts', ['--resume', '--out', out])}`;
  return 'Nothing had been written yet; start again with the same command.';
}
