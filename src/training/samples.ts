/**
 * Five answers (or, from a base model, continuations) at the end of a run: numbers say how good it is, these say what it is like.
 * A fact, a sum, an introduction, a story and a refusal where the data has such questions (evaluation/showcase.ts).
 */
import type { DataFiles } from '../data/layout.ts';
import { readQuestions } from '../data/questions.ts';
import { showcase } from '../evaluation/showcase.ts';
import { streamText } from '../generation/chat.ts';
import { loadModelDirectory } from '../storage/model-directory.ts';
import { encodeDialogue } from '../tokenizer/index.ts';
import { drawAfter, openingsOf } from './drawn-samples.ts';
import type { Reporter } from './reporter.ts';

const SAMPLES = 5;

interface SampleOptions {
  /** It answers questions; false: it continues text. */
  readonly answers: boolean;
  readonly files: DataFiles;
  readonly reporter: Reporter;
  readonly signal?: AbortSignal | undefined;
}

export async function printSamples(
  folder: string,
  { answers, files, reporter, signal }: SampleOptions,
): Promise<void> {
  const { model, tokenizer } = loadModelDirectory(folder);
  const complete = async (prompt: number[]) => {
    let text = '';
    const room = model.config.maxPositionEmbeddings - prompt.length;
    if (room <= 0) return '(longer than the context)';
    const options = { maxNewTokens: Math.min(48, room), signal };
    for await (const piece of streamText(model, tokenizer, prompt, options)) text += piece;
    return text;
  };
  if (answers) {
    const shown = await showcase({ model, tokenizer }, files, signal);
    const isVaried = shown.length > 1; // beside facts, which alone are shown in their spread
    if (isVaried) for (const { question, text } of shown) reporter.note(`问：${question}\n答：${text}`);
    for (const question of isVaried ? [] : sampleQuestions(files)) {
      const { ids } = encodeDialogue(tokenizer, [{ role: 'user', content: question }], {
        addGenerationPrompt: true,
      });
      reporter.note(`问：${question}\n答：${await complete(ids)}`);
    }
    return;
  }
  for (const [i, opening] of openingsOf(files, SAMPLES).entries())
    reporter.note(`${opening}|${await drawAfter(model, tokenizer, opening, i, signal)}`);
}

/** Questions spread over the first exact-match task; a fixed few where the data has none. */
function sampleQuestions(files: DataFiles): string[] {
  const [path] = [...files.questions.values()].slice(-2);
  if (path === undefined) return ['你好', '你是谁？', '今天天气怎么样？', '一加一等于几？', '再见'];
  const questions = readQuestions(path);
  return Array.from({ length: Math.min(SAMPLES, questions.length) }, (_, i) => {
    return questions[Math.floor((i * questions.length) / SAMPLES)]!.question;
  });
}
