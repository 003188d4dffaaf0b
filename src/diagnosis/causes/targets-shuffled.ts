/**
 * Targets that do not belong to what precedes them (answers dealt to other questions, text in a broken order): the model learns
 * how often each piece comes, no more, and the loss stays on the level of that guess at a learning rate that is fine.
 */
import { type Cause, endOf, type Finding, percent, show } from './cause.ts';

export const targetsShuffled: Cause = {
  name: 'targets-shuffled',
  find(view): Finding | null {
    const { text, reference } = view;
    const ratio = view.rateRatio ?? 1;
    if (!view.isLanguage || !view.has('loss') || ratio > 2.5 || ratio < 0.4 || view.points('loss').length < 8)
      return null;
    const loss = view.end('loss');
    const isText = view.stage.learnsFrom === 'text';
    // Of text that was dealt out at random nothing but the frequencies can be learned.
    const guesses = isText && text !== null && loss > 0.9 * text.unigramEntropy && view.record.done >= 100;
    const [off, heldOut] = [view.deviation('loss'), view.deviation('heldOutLoss')];
    const usual = view.usualEnd('loss');
    // Right answers to right questions, held out, are foretold badly, and training itself does no better than usual: not by heart.
    const isHigh =
      !isText && heldOut !== null && usual !== null && loss > (view.isFinished ? usual.centre : 0);
    if (!guesses && !isHigh) return null;
    const what = isText
      ? 'the targets do not follow from the text (shuffled?): only their frequencies were learned'
      : 'the answers do not belong to their questions (shuffled?)';
    const changed = changedFiles(view.record.origin?.data ?? {}, reference?.data ?? {});
    return {
      says: what,
      likelihood: guesses ? 0.85 : changed.length > 0 ? 0.8 : view.changes().length > 0 ? 0.35 : 0.6,
      evidence: [
        endOf(view, 'loss'),
        ...(off === null
          ? []
          : [`above its band from ${percent(off.from)} of the steps on, at the usual learning rate`]),
        ...(guesses ? [`who knows only how often each token comes has ${show(text.unigramEntropy)}`] : []),
        ...(heldOut === null
          ? []
          : [`${endOf(view, 'heldOutLoss')}; above its band from ${percent(heldOut.from)} of the steps on`]),
        ...(changed.length === 0 ? [] : [`${changed.join(' and ')} differs from that of the reference`]),
      ],
      advice: isText
        ? 'print a row of inputs and targets as text, and read it'
        : 'read ten lines of the dialogues: does each answer answer its question?',
    };
  },
};

function changedFiles(
  made: Readonly<Record<string, string>>,
  usual: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(usual).filter((file) => file in made && made[file] !== usual[file]);
}
