/**
 * One stage of a run: prepared, restored from its last checkpoint where the run is resumed, trained, saved.
 */
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { prettyJson } from '../formats/json.ts';
import { CausalLM } from '../models/causal-lm.ts';
import { activeParameterCount, parameterCount } from '../models/shapes.ts';
import { repairDirectory, writeDirectoryAtomically } from '../storage/atomic.ts';
import { loadModelDirectory, loadTokenizerDirectory } from '../storage/model-directory.ts';
import { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { readTrainerState, restoreCheckpoint, saveCheckpoint, type TrainerState } from './checkpoint.ts';
import { samplesOf } from './drawn-samples.ts';
import { type StepMetrics, type Training, trainingLoop } from './loop.ts';
import { METRICS_FILE, MetricsFile } from './metrics.ts';
import { ORIGIN_FILE } from './origin.ts';
import { rehearse } from './preflight.ts';
import type { Run } from './run.ts';
import { configOf } from './run-settings.ts';
import type { Stage, StagePlace } from './stage.ts';
import { describePlan, planOf } from './time-plan.ts';

/** Throws the reason of the run's signal where that ends it; what was trained until then is saved. */
export async function runStage(stage: Stage, run: Run): Promise<void> {
  run.signal?.throwIfAborted();
  if (stage.make !== undefined) return makeStage(stage, run);
  run.begin();
  return run.time(stage.name, () => trainStage(stage, run));
}

/**
 * A stage that makes its files in one go. The run begins when it is done: a corpus that cannot be used costs no earlier run its
 * place.
 */
async function makeStage(stage: Stage, run: Run): Promise<void> {
  const { settings, files, reporter, signal } = run;
  const folder = run.directoryOf(stage.name);
  const config = configOf(settings);
  repairDirectory(folder);
  const isMade = run.resume && run.has(stage.name);
  const began = performance.now();
  const made = isMade
    ? null
    : await stage.make?.({
        ...{ files, quick: settings.quick, reporter, signal, vocabSize: config.vocabSize },
        isAskedFor: settings.vocabSize !== null && !settings.fitted.includes('vocabSize'),
        context: config.maxPositionEmbeddings,
      });
  const seconds = (performance.now() - began) / 1000;
  run.begin();
  if (made) {
    made.set(ORIGIN_FILE, prettyJson(run.originOf(stage)));
    writeDirectoryAtomically(folder, made);
  }
  run.record(stage.name, seconds);
  if (made && stage.leaves === 'vocabulary') rehearse(run); // one that was there has been tried by preflight
}

async function trainStage(stage: Stage, run: Run): Promise<void> {
  const { name } = stage;
  const { out, reporter, signal } = run;
  const folder = run.directoryOf(name);
  const saved = run.resume ? readTrainerState(folder) : null;
  if (saved !== null && saved.step >= saved.steps && saved.unreported === null) {
    reporter.note(`${name}: finished earlier (${saved.steps} steps)`);
    return;
  }
  const place = placeOf(stage, run);
  if (stage.prepare === undefined) throw new TypeError(`The stage ${name} neither makes nor trains anything`);
  const training = await stage.prepare(place);
  if (saved !== null) continueFrom(folder, saved, training, run);

  const { fingerprint } = training;
  // Planned once: a resumed stage keeps to what it was going to be.
  let steps = run.settings.minutes !== null && saved !== null ? saved.steps : training.steps;
  const plan = saved === null ? planOf(stage, run, steps) : null;
  const startStep = saved?.step ?? 0;
  const metrics = new MetricsFile(join(out, METRICS_FILE));
  metrics.rewind(name, saved?.unreported ? startStep - 1 : startStep);
  const samples = samplesOf(out, stage, training, run.files);
  samples?.rewind(startStep);
  const origin = run.originOf(stage);
  reporter.begin(name, steps, startStep);
  let heldOut = '';
  const where = run.backend.startsWith('gpu') ? ` on ${run.backend}` : '';
  const from = { startStep, pending: saved?.pending, unreported: saved?.unreported };
  const span = { stage: name, steps, plan, ...from };
  let isWhole = !saved?.unreported;
  const done = await trainingLoop(training, place.settings, span, {
    onStep(line, logged) {
      if (logged) metrics.append({ ...line, backend: run.backend });
      if (line.heldOutLoss !== undefined) heldOut = `, held-out ${line.heldOutLoss.toFixed(3)}`;
      const speed = `${Math.round(line.tokensPerSecond)} tokens/s${where}`;
      reporter.advance(line.step, `loss ${line.loss.toFixed(3)}${watched(line.parts)}${heldOut}, ${speed}`);
    },
    onPlan(planned, step) {
      steps = planned;
      if (plan !== null) reporter.note(describePlan(name, plan, steps, step));
      reporter.begin(name, steps, step);
    },
    onMoment: async (step, of) => samples?.after(step, of),
    save(step, pending, unreported) {
      isWhole = unreported === null;
      const state = { stage: name, steps, fingerprint };
      return saveCheckpoint(folder, training, origin, { ...state, step, pending, unreported });
    },
    shouldStop: () => signal?.aborted ?? false,
  });
  if (done < steps || !isWhole) {
    reporter.end('');
    reporter.note(`${name}: stopped after step ${done} of ${steps}, saved in ${folder}`);
    signal?.throwIfAborted();
  }
  reporter.end(`${folder}${heldOut}`);
  const summary = await training.summary?.();
  if (summary) reporter.note(summary);
}

function continueFrom(folder: string, saved: TrainerState, training: Training, { settings }: Run): void {
  if (saved.fingerprint !== training.fingerprint) {
    throw new UserError(
      `${folder} was trained on other data than ${settings.data} holds now; start a new run with --out`,
    );
  }
  restoreCheckpoint(folder, training, saved);
}

function placeOf(stage: Stage, run: Run): StagePlace {
  const { settings, reporter, signal } = run;
  const { seed, quick } = settings;
  const tokenizer = loadTokenizerDirectory(run.vocabularyDirectory());
  const random = new Random(seed);
  const start = run.startOf(stage);
  const model =
    start === null ? newModel(run, tokenizer, random) : earlierModel(stage.name, start, run, random);
  return {
    ...run.placeOf(stage),
    ...{ name: stage.name, tokenizer, model, start, random, seed, quick, reporter, signal },
    settings: run.settingsOf(stage),
    context: run.context(),
    corpus: join(run.out, 'corpus'),
  };
}

function newModel({ settings, reporter }: Run, tokenizer: Tokenizer, random: Random): CausalLM {
  const config = { ...configOf(settings), vocabSize: tokenizer.vocabSize };
  const [all, active] = [parameterCount(config), activeParameterCount(config)];
  const share = active === all ? '' : `, ${active.toLocaleString('en')} of them for a token`;
  reporter.note(`model: ${config.arch} ${settings.preset}, ${all.toLocaleString('en')} parameters${share}`);
  return new CausalLM(config, random);
}

function earlierModel(name: string, start: string, { reporter }: Run, random: Random): CausalLM {
  const { model } = loadModelDirectory(start, random);
  reporter.note(`${name}: starting from ${start}`);
  return model;
}

/** The one or two numbers that say how alignment goes. */
function watched(parts: StepMetrics['parts'] = {}): string {
  const { score, gold, kl, accuracy } = parts;
  if (score !== undefined && kl !== undefined) {
    const judged = gold === undefined ? '' : `, gold ${gold.toFixed(2)}`;
    return `, score ${score.toFixed(2)}${judged}, KL ${kl.toFixed(2)}`;
  }
  return accuracy === undefined ? '' : `, accuracy ${(100 * accuracy).toFixed(0)}%`;
}
