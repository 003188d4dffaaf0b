/**
 * The part of a report for a run that has text alone: what the model wrote at a few moments of its training, whether that is
 * learned or copied, and bits per byte over the steps.
 *
 *   bits per byte   held-out loss in nats per token, times the tokens of a byte of held-out text, over ln 2
 *
 * Every text stands beside the passage of the training text that it has the longest run in common with. How long such a run is
 * where nothing was copied is measured on what really follows the openings: text of the same length that the model never saw.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readLines } from '../data/bytes/lines.ts';
import { type DataFiles, heldOutDocuments, locateData, trainingDocuments } from '../data/layout.ts';
import { number, object, parse, text } from '../schema.ts';
import { loadModelDirectory, loadTokenizerDirectory } from '../storage/model-directory.ts';
import { isTextOnly } from '../training/corpus-fit.ts';
import { SAMPLES_FILE, type Sample } from '../training/drawn-samples.ts';
import { type AttentionWeights, attendedAnswer } from './attention.ts';
import type { MetricsLines, Point } from './metrics-lines.ts';
import { findNearest, MOST_TEXTS, type Nearest } from './nearest.ts';
import type { Panel } from './panels.ts';

/** Documents of held-out text that are looked through. */
const DOCUMENTS = 300;
/** A run so much longer than those of unseen text was copied. */
const COPIED = { times: 2, more: 6 };

export interface DrawnText {
  readonly opening: string;
  readonly text: string;
  readonly nearest: Nearest;
}

export interface Moment {
  readonly step: number;
  readonly steps: number;
  readonly texts: readonly DrawnText[];
}

export interface OwnText {
  readonly stage: string;
  readonly temperature: number;
  readonly moments: readonly Moment[];
  /** What really follows the openings. */
  readonly unseen: readonly DrawnText[];
  readonly bitsPerByte: readonly Point[];
  /** False where the corpus is so large that only its beginning was searched. */
  readonly whole: boolean;
}

const sampleSchema = object({
  stage: text(),
  step: number({ whole: true, min: 0 }),
  steps: number({ whole: true, min: 0 }),
  temperature: number(),
  opening: text(),
  text: text(),
});

/** Null where the run has no samples, or its data more than text. */
export function readOwnText(
  run: string,
  data: string | undefined,
  metrics: MetricsLines | null,
): OwnText | null {
  const path = join(run, SAMPLES_FILE);
  if (data === undefined || !existsSync(path)) return null;
  const files = locateData(data);
  const samples = [...readLines(path)].map((line) =>
    parse(sampleSchema, line.text, `${path}:${line.number}`),
  );
  const last = samples.at(-1);
  if (last === undefined || !isTextOnly(files)) return null;
  const own = samples.filter(({ stage }) => stage === last.stage);
  const unseen = unseenAfter(own, files);
  const drawn = own.slice(-(MOST_TEXTS - unseen.length));
  const { nearest, whole } = findNearest(
    [...drawn, ...unseen].map((each) => each.text),
    trainingDocuments(files),
  );
  const texts = drawn.map((sample, i) => ({ ...sample, nearest: nearest[i]! }));
  const steps = [...new Set(drawn.map(({ step }) => step))];
  return {
    stage: last.stage,
    temperature: last.temperature,
    moments: steps.map((step) => {
      const own = texts.filter((sample) => sample.step === step);
      return { step, steps: own[0]!.steps, texts: own };
    }),
    unseen: unseen.map((each, i) => ({ ...each, nearest: nearest[drawn.length + i]! })),
    bitsPerByte: bitsPerByte(
      join(run, last.stage),
      files,
      metrics?.stages.get(last.stage)?.get('heldOutLoss') ?? [],
    ),
    whole,
  };
}

/** What follows the openings in the documents that they were taken from, as long as what was drawn last. */
function unseenAfter(samples: readonly Sample[], files: DataFiles): { opening: string; text: string }[] {
  const documents = heldOutDocuments(files, DOCUMENTS);
  const openings = [...new Set(samples.map(({ opening }) => opening))].slice(0, MOST_TEXTS / 3);
  return openings.flatMap((opening) => {
    const document = documents.find((each) => each.startsWith(opening));
    const length = [...(samples.findLast((sample) => sample.opening === opening)?.text ?? '')].length;
    const rest = [...(document?.slice(opening.length) ?? '')].slice(0, length).join('');
    return rest === '' ? [] : [{ opening, text: rest }];
  });
}

function bitsPerByte(folder: string, files: DataFiles, losses: readonly Point[]): Point[] {
  const documents = heldOutDocuments(files, DOCUMENTS);
  const tokenizer = loadTokenizerDirectory(folder);
  const tokens = documents.reduce((sum, each) => sum + tokenizer.encode(each).length + 1, 0); // and </s>
  const bytes = documents.reduce((sum, each) => sum + Buffer.byteLength(each), 0);
  return losses.map(({ step, value }) => ({ step, value: (value * tokens) / (bytes * Math.LN2) }));
}

/** Where the model looks while it goes on with the first opening. */
export async function attentionOf(
  run: string,
  { stage, moments }: OwnText,
): Promise<{ stage: string; weights: AttentionWeights; loaded: ReturnType<typeof loadModelDirectory> }> {
  const loaded = loadModelDirectory(join(run, stage));
  const opening = moments.at(-1)!.texts[0]!.opening; // a moment has texts
  return { stage, weights: await attendedAnswer(loaded, opening, true), loaded };
}

/** The curve as the other curves of a report. */
export function bitsPanel({ bitsPerByte: points }: OwnText): Panel {
  return {
    title: 'Bits per byte of held-out text',
    unit: 'bits per byte',
    lines: [{ name: 'bits per byte', points, heldOut: true }],
  };
}

/** Learned or copied, in a sentence or two. */
export function verdictOf({ moments, unseen, whole }: OwnText): string {
  const last = moments.at(-1)!.texts.map(runOf);
  const usual = unseen.map(runOf);
  const part = whole ? '' : ' (of a large corpus only the beginning was searched)';
  const own = `At step ${moments.at(-1)!.step.toLocaleString('en')} the longest runs it shares with the training text have ${range(last)} characters`;
  if (usual.length === 0) return `${own}${part}.`;
  const [mean, limit] = [meanOf(last), Math.max(COPIED.times * meanOf(usual), meanOf(usual) + COPIED.more)];
  const judged =
    mean > limit
      ? 'it recites: much of this is copied'
      : 'it writes its own: no more is copied than chance allows';
  return `${own}${part}; real text that it never saw shares ${range(usual)}. So ${judged}.`;
}

export function runOf({ nearest }: DrawnText): number {
  return [...nearest.run].length;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? `${low}` : `${low} to ${high}`;
}
