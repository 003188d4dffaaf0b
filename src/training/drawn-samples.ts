/**
 * samples.jsonl: what a model that only reads text writes at a few moments of its training, a line per text.
 *
 *   {stage, step, steps, temperature, opening, text}      opening: how a held-out document begins; text: what the model draws after it
 *
 * The same openings and the same seeds at every moment: what differs is what was learned in between. Drawing takes nothing from
 * the training, neither random numbers nor time of the step that is measured, so a run that is resumed trains the same bits.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFiles, heldOutDocuments } from '../data/layout.ts';
import { guardDisk } from '../errors.ts';
import { streamText } from '../generation/chat.ts';
import { CONTINUING_TEMPERATURE } from '../generation/continuation.ts';
import { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { isTextOnly } from './corpus-fit.ts';
import type { Training } from './loop.ts';
import { MetricsFile } from './metrics.ts';

export const SAMPLES_FILE = 'samples.jsonl';

/** Shares of the steps at which texts are drawn. */
const MOMENTS = [0.05, 0.15, 0.4, 0.7, 1];
const OPENINGS = 3;
const OPENING_CHARACTERS = 8;
const TOKENS = 64;
/** Openings are spread over so many held-out documents. */
const DOCUMENTS = 300;

export interface Sample {
  readonly stage: string;
  readonly step: number;
  readonly steps: number;
  readonly temperature: number;
  readonly opening: string;
  readonly text: string;
}

export class DrawnSamples {
  private readonly path: string;
  private readonly stage: string;
  private readonly model: CausalLM;
  private readonly tokenizer: Tokenizer;
  private readonly openings: readonly string[];

  constructor(
    out: string,
    stage: string,
    model: CausalLM,
    tokenizer: Tokenizer,
    openings: readonly string[],
  ) {
    this.path = join(out, SAMPLES_FILE);
    this.stage = stage;
    this.model = model;
    this.tokenizer = tokenizer;
    this.openings = openings;
  }

  /** Forget what was drawn after this step. */
  rewind(step: number): void {
    new MetricsFile(this.path).rewind(this.stage, step);
  }

  /** Draw and write down, if this step is one of the moments. */
  async after(step: number, steps: number): Promise<void> {
    if (!MOMENTS.some((share) => step === Math.max(1, Math.round(share * steps)))) return;
    const wasTraining = this.model.training;
    this.model.eval();
    for (const [i, opening] of this.openings.entries()) {
      const text = await drawAfter(this.model, this.tokenizer, opening, i);
      const sample: Sample = {
        ...{ stage: this.stage, step, steps, temperature: CONTINUING_TEMPERATURE, opening, text },
      };
      guardDisk(this.path, () => appendFileSync(this.path, `${JSON.stringify(sample)}\n`));
    }
    if (wasTraining) this.model.train();
  }
}

/** What a model draws after the beginning of a document. */
export async function drawAfter(
  model: CausalLM,
  tokenizer: Tokenizer,
  opening: string,
  seed: number,
  signal?: AbortSignal,
): Promise<string> {
  const prompt = [tokenizer.eosId, ...tokenizer.encode(opening)];
  const room = model.config.maxPositionEmbeddings - prompt.length;
  if (room <= 0) return '';
  const options = { maxNewTokens: Math.min(TOKENS, room), temperature: CONTINUING_TEMPERATURE, seed, signal };
  let text = '';
  for await (const piece of streamText(model, tokenizer, prompt, options)) text += piece;
  return text;
}

/** How held-out documents begin, spread over them; none where nothing is held out, or all of it is token ids. */
export function openingsOf(files: DataFiles, wanted = OPENINGS): string[] {
  if (files.heldOut === null && files.pretrain.endsWith('.bin')) return [];
  const texts = heldOutDocuments(files, DOCUMENTS);
  const count = Math.min(wanted, texts.length);
  return Array.from({ length: count }, (_, i) => {
    const text = texts[Math.floor(((i + 0.5) * texts.length) / count)]!;
    return [...text].slice(0, OPENING_CHARACTERS).join('');
  });
}

/** What a stage draws while it learns; null where it is not the end of a run that has text alone. */
export function samplesOf(
  out: string,
  stage: { readonly name: string; readonly leaves: string },
  { model, tokenizer }: Pick<Training, 'model' | 'tokenizer'>,
  files: DataFiles,
): DrawnSamples | null {
  if (stage.leaves !== 'base' || !isTextOnly(files) || !(model instanceof CausalLM)) return null;
  const openings = openingsOf(files);
  return openings.length === 0 ? null : new DrawnSamples(out, stage.name, model, tokenizer, openings);
}
