/**
 * A run that fits its text: what a look at the corpus says about vocabulary, context, preset and epochs.
 *
 *   vocabulary   the smallest of the sizes below in which fewer than one token in a hundred is a single byte
 *   context      twice the preset's where half of the text stands in documents that long
 *   preset       micro where there are hours for it and text enough, pico where there is less than a minute
 *   epochs       as many as make some minutes of training; --minutes counts steps instead (time-plan.ts)
 *
 * What a flag says stands, and what would fit better is proposed. The shipped text keeps the defaults that were found by trial
 * on it.
 */
import { resolve } from 'node:path';
import { type CorpusLook, coverageOf, lookAtCorpus } from '../data/corpus-look.ts';
import { type DataFiles, locateData } from '../data/layout.ts';
import { UserError } from '../errors.ts';
import { DEFAULT_ARCHITECTURE, preset } from '../models/presets.ts';
import { contextOf, defaultSettings, type RunSettings } from './run-settings.ts';
import { QUICK } from './settings.ts';
import { stages } from './stages/index.ts';

/** Sizes to choose from. More would take more room in a laptop's model than all that thinks. */
const VOCABULARIES = [2048, 4096, 6144, 8192];
/** Of all tokens, so many may be single bytes. */
const MOST_BYTES = 0.01;
/** Documents of this many characters are worth a longer context. */
const LONG_DOCUMENT = 256;
/** Tokens of training that nano reads in a few minutes; nobody gains from reading a short text more often than so many times. */
const TOKENS_READ = 4e6;
const MOST_EPOCHS = 12;
/** Text has no control characters; of a file with more of them than this the text would be noise. */
const MOST_CONTROLS = 0.02;
/** micro wants an evening, and text that is not known by heart by then. */
const MICRO = { minutes: 60, tokens: 1e6 };

/** What can be fitted, by the name of its setting. */
export type Fitted = 'preset' | 'vocabSize' | 'context' | 'epochs';

/** What the flags have said. */
export type Given = ReadonlySet<Fitted>;

interface Choice {
  readonly preset: string;
  /** Null: the preset's own. */
  readonly vocabSize: number | null;
  readonly context: number | null;
  readonly epochs: number | null;
}

/** The settings of a new run with what was not given fitted to its corpus; `say` gets a line or two about it. */
export async function fitToCorpus(
  settings: RunSettings,
  given: Given,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<RunSettings> {
  const files = locateData(settings.data);
  const makesVocabulary = stages.some(
    ({ name, leaves }) => leaves === 'vocabulary' && settings.stages.includes(name),
  );
  if (!makesVocabulary || files.pretrain.endsWith('.bin') || isShipped(settings.data, files)) return settings;
  const look = await lookAtCorpus(files.pretrain, signal);
  if (look.documents === 0) return settings; // preflight says what is wrong with it
  const isText = isTextOnly(files);
  if (isText) refuseUseless(files.pretrain, look, settings);
  say(describeCorpus(look));
  const best = bestFit(look, settings, { isText, given });
  const fitted = fittedSettings(settings, best, given);
  say(describeChoice(look, fitted, best, given));
  return fitted;
}

/** Text and nothing else: what is left is a model that goes on writing it. */
export function isTextOnly({ sft, preferences, questions }: DataFiles): boolean {
  return sft === null && preferences === null && questions.size === 0;
}

/** The directory that the defaults were found on, or another one of that name and kind. */
function isShipped(data: string, { answerKey }: DataFiles): boolean {
  return resolve(data) === resolve(defaultSettings.data) && answerKey !== null;
}

function refuseUseless(
  path: string,
  { characters, documents, lines, controls }: CorpusLook,
  settings: RunSettings,
): void {
  const { maxPositionEmbeddings: limit } = preset(settings.preset, settings.arch ?? DEFAULT_ARCHITECTURE);
  const context = contextOf(settings, limit);
  if (controls > MOST_CONTROLS)
    throw new UserError(
      `${path} is not text: ${percent(controls)} of its characters are control characters, as in a binary file or one in UTF-16; ` +
        'save its text as UTF-8',
    );
  if (characters < context)
    throw new UserError(
      `${path} is too short to learn from: ${characters} characters, fewer than the ${context} tokens of one row; give more text`,
    );
  if (documents === 1 && lines === 1 && /\.txt(\.gz)?$/i.test(path))
    throw new UserError(
      `${path} is a single line of ${count(characters)} characters; put each paragraph on a line of its own, ` +
        'and a blank line between documents',
    );
}

/** What would be taken if no flag said anything; of a preset that one did say, the rest that suits it. */
export function bestFit(
  look: CorpusLook,
  settings: Pick<RunSettings, 'preset' | 'arch' | 'minutes' | 'quick'>,
  { isText, given }: { readonly isText: boolean; readonly given: Given },
): Choice {
  const { minutes, quick } = settings;
  const isPlain = isText && !quick;
  const tokens = coverageOf(look, VOCABULARIES.at(-1)!).tokens;
  const wish = isPlain && minutes !== null ? sizeFor(minutes, tokens) : settings.preset;
  const size = given.has('preset') ? settings.preset : wish;
  const own = preset(size, settings.arch ?? DEFAULT_ARCHITECTURE);
  const isLaptop = own.vocabSize <= VOCABULARIES[1]!;
  // In a hurry only text alone is worth a vocabulary that takes longer than the rest.
  const isFitted = isLaptop && (isText || !quick);
  const vocabSize = isFitted ? vocabularyFor(look, quick ? QUICK.vocabSize : own.vocabSize) : null;
  const isLong = isPlain && size === defaultSettings.preset && look.documentLength >= LONG_DOCUMENT;
  const isTimed = minutes !== null || !isPlain || size !== defaultSettings.preset;
  return {
    preset: wish,
    vocabSize,
    context: isLong ? 2 * own.maxPositionEmbeddings : null,
    epochs: isTimed ? null : Math.min(MOST_EPOCHS, Math.max(1, Math.round(TOKENS_READ / tokens))),
  };
}

function sizeFor(minutes: number, tokens: number): string {
  if (minutes < 1) return 'pico';
  return minutes >= MICRO.minutes && tokens >= MICRO.tokens ? 'micro' : defaultSettings.preset;
}

/** Null where the preset's own size does. */
function vocabularyFor(look: CorpusLook, own: number): number | null {
  const does = (size: number) => coverageOf(look, size).byteShare < MOST_BYTES;
  if (does(own)) return null;
  const larger = VOCABULARIES.filter((size) => size > own);
  return larger.find(does) ?? larger.at(-1) ?? null;
}

function fittedSettings(settings: RunSettings, best: Choice, given: Given): RunSettings {
  const fitted: Fitted[] = [];
  const take = <T>(name: Fitted, before: T, value: T | null): T => {
    if (given.has(name) || value === null || value === before) return before;
    fitted.push(name);
    return value;
  };
  const epochs = take<number | null>('epochs', null, best.epochs);
  return {
    ...settings,
    preset: take('preset', settings.preset, best.preset),
    vocabSize: take('vocabSize', settings.vocabSize, best.vocabSize),
    context: take('context', settings.context, best.context),
    changes: epochs === null ? settings.changes : { ...settings.changes, epochs },
    fitted,
  };
}

/** "5.3 MB of text: 1,845,622 characters, 6,085 different ones, in 21,053 documents" */
export function describeCorpus({ bytes, characters, counts, documents, whole }: CorpusLook): string {
  const size = bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e3).toFixed(1)} kB`;
  const part = whole ? '' : ' (and more: the first part was looked at)';
  return (
    `${size} of text: ${count(characters)} characters, ${count(counts.length)} different ones, ` +
    `in ${count(documents)} ${documents === 1 ? 'document' : 'documents'}${part}`
  );
}

function describeChoice(look: CorpusLook, settings: RunSettings, best: Choice, given: Given): string {
  const config = preset(settings.preset, settings.arch ?? DEFAULT_ARCHITECTURE);
  const vocabSize = settings.vocabSize ?? (settings.quick ? QUICK.vocabSize : config.vocabSize);
  const { characters, share, byteShare } = coverageOf(look, vocabSize);
  const epochs = settings.fitted.includes('epochs') ? `, ${best.epochs} epochs` : '';
  const better = [
    ...(best.preset === settings.preset ? [] : [`--preset ${best.preset}`]),
    ...(given.has('vocabSize') &&
    best.vocabSize !== null &&
    best.vocabSize > vocabSize &&
    byteShare >= MOST_BYTES
      ? [`--vocab-size ${best.vocabSize}`]
      : []),
    ...(given.has('context') && best.context !== null && (settings.context ?? 0) < best.context
      ? [`--context ${best.context}`]
      : []),
  ];
  return (
    `vocabulary of ${count(vocabSize)}: ${count(characters)} characters, ${percent(share)} of the text, ` +
    `and about ${percent(byteShare)} of all tokens are single bytes; preset ${settings.preset}, ` +
    `context ${contextOf(settings, config.maxPositionEmbeddings)}${epochs}` +
    (better.length === 0 ? '' : `; this text would be better served by ${better.join(' ')}`)
  );
}

function percent(share: number): string {
  const text = (100 * share).toFixed(1);
  return `${text === '100.0' && share < 1 ? '99.9' : text}%`;
}

function count(n: number): string {
  return n.toLocaleString('en');
}
