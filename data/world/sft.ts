/**
 * Puts the dialogues together: sft.jsonl and, from what is left over, sft-heldout.jsonl.
 */
import { Random } from '../../src/tensor/random.ts';
import { abilities } from './abilities.ts';
import { type Dialogue, factDialogues, type Message, reserveDialogues } from './dialogues.ts';
import { wording } from './questions.ts';
import { dealt } from './splits.ts';

const SYSTEMS = ['你是一个乐于助人的助手。', '你叫小言，请用简短的句子回答。', '请认真回答用户的问题。'];

interface Dialogues {
  readonly train: readonly Dialogue[];
  readonly heldout: readonly Dialogue[];
}

/** The user's and assistant's words of a dialogue as one key, without any system message. */
function keyOf(dialogue: { readonly messages: readonly Message[] }): string {
  return dialogue.messages
    .filter((message) => message.role !== 'system')
    .map((message) => message.content)
    .join('\n');
}

export function writeDialogues(seed: number): Dialogues {
  const random = new Random(seed);
  const manners = new Random(seed + 2_000_000); // a stream of its own: how well single questions are answered
  const seen = new Set<string>();
  const asked = new Set(dealt.flatMap(({ held, unseen }) => [...held, ...unseen].map(wording)));
  const isAsked = ({ role, content }: Message) => role === 'user' && asked.has(wording(content));
  const fresh = (dialogue: Dialogue) => {
    const key = keyOf(dialogue);
    if (seen.has(key) || dialogue.messages.some(isAsked)) return false;
    seen.add(key);
    return true;
  };
  const train = [
    ...factDialogues(manners).filter(fresh),
    ...abilities.flatMap((ability, i) => ability.dialogues(streamOf(seed, i)).filter(fresh)),
  ];
  const heldout = [
    ...random.shuffle(reserveDialogues(manners)).slice(0, 60).filter(fresh),
    ...abilities.flatMap((ability, i) => ability.heldOut(streamOf(seed, i + 500)).filter(fresh)),
  ];
  return { train: random.shuffle(train).map((d) => withSystem(random, d)), heldout: random.shuffle(heldout) };
}

/** Random numbers of an ability alone. */
function streamOf(seed: number, place: number): Random {
  return new Random(seed + 3_000_000 + 1000 * place);
}

/** One dialogue in twenty-five opens with a system message. */
function withSystem(random: Random, dialogue: Dialogue): Dialogue {
  if (random.int(25) !== 0) return dialogue;
  return {
    ...dialogue,
    messages: [{ role: 'system', content: random.pick(SYSTEMS) }, ...dialogue.messages],
  };
}
