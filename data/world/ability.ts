/**
 * An ability: something that a person expects of the model and that is taught and measured in the same way: sums, stories,
 * follow-up questions, ... One file for each, a line in abilities.ts, and everything else (corpus, dialogues, held-out questions)
 * takes it from there.
 *
 * Each is given random numbers of its own, so that a change to one leaves the text of the others as it is.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Dialogue } from './dialogues.ts';

export interface Ability {
  readonly name: string;
  /** Documents that all stand in pretrain.txt, so that nothing is left to chance. */
  readonly texts?: (random: Random) => string[];
  /** A document for pretrain.txt, and how many of 100 documents that tell no fact are such. */
  readonly documents?: { readonly share: number; readonly write: (random: Random) => string };
  /** What sft.jsonl teaches. No dialogue twice, and none that an evaluation file asks. */
  dialogues(random: Random): Dialogue[];
  /** Dialogues of the same kind for sft-heldout.jsonl, none of which is among the trained ones. */
  heldOut(random: Random): Dialogue[];
  /** Held-out questions: name -> records of eval/NAME.jsonl, in wordings that no training file uses. */
  evaluation(random: Random): ReadonlyMap<string, readonly object[]>;
}
