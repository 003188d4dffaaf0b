/**
 * Before the first step much is known: new weights guess, so the loss is ln V; DPO's policy is its reference, so the loss is ln 2;
 * weights that have learned are better than guessing.
 */
import { type Cause, type Finding, show } from './cause.ts';

export const start: Cause = {
  name: 'start',
  find(view): Finding | null {
    const first = view.first('loss');
    if (first === null) return null;
    return view.isLanguage ? languageStart(view, first) : preferenceStart(view, first);
  },
};

function languageStart(view: Parameters<Cause['find']>[0], first: number): Finding | null {
  const { guessing } = view;
  if (guessing === null) return null;
  const evidence = [`loss of the first step ${show(first)}, ln V = ${show(guessing)}`];
  if (!view.isFresh) {
    if (first < 1.1 * guessing) return null;
    return {
      says: 'the weights do not fit the vocabulary: what it starts from is worse than guessing',
      likelihood: 0.85,
      evidence,
      advice: 'the tokenizer must be the one that the model was trained with (--init-from brings both)',
    };
  }
  if (Math.abs(first - guessing) < 0.1 * guessing) return null;
  const isLow = first < guessing;
  return {
    says: `new weights do not begin by guessing: the first loss is ${isLow ? 'below' : 'above'} ln V`,
    likelihood: 0.6,
    evidence,
    advice: isLow
      ? 'is the target in the input? (labels unshifted, a mask that lets tokens see the future)'
      : 'initial weights that are too large, or a vocabulary larger than the model was made for',
  };
}

/** DPO alone knows its first loss: both losses of a pair are those of the reference. */
function preferenceStart(view: Parameters<Cause['find']>[0], first: number): Finding | null {
  if (!view.has('chosenLogProb') || (view.own('dpoLoss') ?? SIGMOID) !== SIGMOID) return null;
  const [ln2, margin] = [Math.LN2, view.first('margin') ?? 0];
  if (Math.abs(first - ln2) < 0.01 && Math.abs(margin) < 0.05) return null;
  return {
    says: 'policy and reference do not agree before the first step',
    likelihood: 0.8,
    evidence: [
      `loss of the first step ${show(first)}, ln 2 = ${show(ln2)}; margin ${show(margin)}, 0 expected`,
    ],
    advice:
      'both must be the same weights, without dropout, and the reference must be asked before the first update',
  };
}

const SIGMOID = 'sigmoid';
