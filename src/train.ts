/**
 * npx tsx src/train.ts: from raw text to a model that answers.
 *
 *   tokenizer -> pretrain -> sft -> reward -> ppo, and dpo -> evaluate            (ppo and dpo both start from sft)
 *
 * Start reading here and go down: training/stages/ has one file for each stage, training/run-stage.ts runs it, training/loop.ts
 * is the loop, models/causal-lm.ts the model.
 */
import { inWorkProcess } from './cli/supervisor.ts';

const STOPPING = 'Stopping after this step';

// Under tsx this process only waits for another one, which does the work and loads what it needs (cli/supervisor.ts says why).
await inWorkProcess(async () => {
  const { useBackend } = await import('./cli/backend.ts');
  const { runCommand } = await import('./cli/command.ts');
  const { makeReporter } = await import('./cli/progress.ts');
  const { stopOnSignals } = await import('./cli/stop.ts');
  const { settingsFrom, trainFlags } = await import('./cli/train-flags.ts');
  const { lockDirectory } = await import('./storage/lock.ts');
  const { evaluateRun } = await import('./training/evaluate-run.ts');
  const { commandLine } = await import('./training/history.ts');
  const { preflight } = await import('./training/preflight.ts');
  const { Run } = await import('./training/run.ts');
  const { runStage } = await import('./training/run-stage.ts');
  const { chatStages, EVALUATE, stages } = await import('./training/stages/index.ts');

  await runCommand({
    usage: 'npx tsx src/train.ts [flags]    train a small language model, from text to chat',
    flags: trainFlags,
    async run(values) {
      // What to do. What flags and names of files rule out is refused here, before any work.
      const out = values.out ?? 'runs/default';
      const settings = settingsFrom(values, out);
      const command = commandLine('src/train.ts', process.argv.slice(2));
      lockDirectory(out, { command }); // until the process ends: a run has one writer
      const reporter = makeReporter();
      const signal = stopOnSignals({ saying: STOPPING, advice: () => howToGoOn(out, run.hasBegun) });
      const run = new Run(stages, {
        ...{ out, settings, reporter, resume: values.resume ?? false, signal, command },
      });

      // Where it computes.
      const { backend, gpuMode, deterministic } = settings;
      const chosen = await useBackend({
        ...{
          backend,
          gpuMode: gpuMode ?? undefined,
          deterministic,
          threads: values.threads,
          work: run.work(),
        },
      });
      run.computesOn(chosen);
      reporter.note(`backend: ${chosen.description}`);

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
      if (chatStages.some((stage) => run.has(stage))) {
        const model = values.out === undefined ? '' : ` --model ${out}`;
        process.stderr.write(`\nTalk to it: npx tsx src/chat.ts${model}\n`);
      }
      return 0;
    },
  });
}, STOPPING);

function howToGoOn(out: string, hasBegun: boolean): string {
  if (hasBegun) return `Continue with: npx tsx src/train.ts --resume --out ${out}`;
  return 'Nothing had been written yet; start again with the same command.';
}
