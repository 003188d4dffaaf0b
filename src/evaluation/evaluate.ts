/**
 * All tasks of a model, as one table. What each of them measures stands in tasks.ts.
 */
import type { DataFiles } from '../data/layout.ts';
import { UserError } from '../errors.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { Marked } from './abilities.ts';
import type { Results } from './intervals.ts';
import type { JudgedAnswer } from './judged-answers.ts';
import { askJudgeQuestions, askQuestions, tasksOf } from './tasks.ts';

export type { Results } from './intervals.ts';

export interface EvaluateOptions extends Watch {
  /** Tasks to run; all that the data has and the model can do by default. */
  readonly tasks?: readonly string[] | undefined;
  /** At most this many documents and questions for each task. */
  readonly limit?: number;
  /** Taught to answer (the default), or a base model that continues text. */
  readonly chat?: boolean;
  /** Worked examples before each multiple-choice question. */
  readonly shots?: number;
  /** Answers of another model (from its `onJudged`), for the win rate. */
  readonly baseline?: readonly JudgedAnswer[] | null;
  readonly onTask?: (task: string, total: number) => void;
  readonly onAnswers?: (task: string, answers: readonly Marked[]) => void;
  readonly onJudged?: (answers: readonly JudgedAnswer[]) => void;
}

export async function evaluateModel(
  model: CausalLM,
  tokenizer: Tokenizer,
  files: DataFiles,
  {
    tasks,
    limit = Infinity,
    chat = true,
    shots = 0,
    baseline = null,
    onTask,
    onProgress,
    signal,
    onAnswers,
    onJudged,
  }: EvaluateOptions = {},
): Promise<Results> {
  const available = tasksOf(files, { chat, baseline });
  const chosen = tasks ?? [...available].flatMap(([task, { byDefault }]) => (byDefault ? [task] : []));
  for (const task of chosen) if (!available.has(task)) throw new UserError(noSuchTask(task, available));
  model.eval();
  let answers: readonly JudgedAnswer[] | null = null; // asked once, for the judge and for the win rate
  const asked = new Map<string, readonly Marked[]>(); // once, for their own task and for refusals-wrong
  const results: Results = {};
  for (const task of chosen) {
    const place = {
      ...{ model, tokenizer, files, limit, chat, shots, baseline, onProgress, signal },
      begin: (total: number) => onTask?.(task, total),
      onAnswers: (given: readonly Marked[]) => onAnswers?.(task, given),
    };
    const judged = async () => {
      if (answers === null) {
        answers = await askJudgeQuestions(place);
        onJudged?.(answers);
      }
      return answers;
    };
    const marked = async (name: string) => {
      const given = asked.get(name) ?? (await askQuestions(name, place));
      asked.set(name, given);
      return given;
    };
    Object.assign(results, await available.get(task)!.run({ ...place, judged, marked }));
  }
  return results;
}

function noSuchTask(task: string, available: ReadonlyMap<string, unknown>): string {
  const names = [...available.keys()].join(', ');
  if (task === 'win-rate')
    return `The task win-rate compares with another model; name it with --against DIR (tasks without one: ${names})`;
  return `There is no task "${task}"; choose from ${names}`;
}
