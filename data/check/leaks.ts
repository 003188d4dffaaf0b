/**
 * What is measured is not trained: no question of eval/ in dialogues or pairs, no held-out text in the training text, and no
 * dialogue about facts that only pretraining tells.
 */
import { type Faults, short } from './faults.ts';
import type { Message, World } from './world.ts';

export function checkLeaks(world: World, faults: Faults): void {
  const trained = new Map<string, string>(); // what a user says -> where
  for (const { messages, place } of world.dialogues)
    for (const { role, content } of messages) if (role === 'user') trained.set(content, place);
  for (const { prompt, place } of world.pairs) trained.set(prompt, place);
  for (const { question, place } of world.asked) {
    const where = trained.get(question);
    if (where !== undefined)
      faults.add(
        where,
        `asks ${short(question)}, a question that evaluation asks at ${place}`,
        'take it out of the training file, or ask something else in evaluation',
      );
  }
  for (const { prompt, place } of world.heldoutPairs) {
    const where = trained.get(prompt);
    if (where !== undefined)
      faults.add(
        place,
        `asks ${short(prompt)}, which ${where} trains`,
        'hold out a pair about another question',
      );
  }
  twice(world.documents, world.heldoutDocuments, ({ text }) => text, faults);
  twice(world.dialogues, world.heldoutDialogues, ({ messages }) => talkOf(messages), faults);
  const openings = new Map(
    world.dialogues.flatMap(({ messages, place }) => {
      const turns = messages.filter(({ role }) => role !== 'system');
      return turns.flatMap((_, i) =>
        i % 2 === 0 && i > 0 ? [[talkOf(turns.slice(0, i + 1)), place] as const] : [],
      );
    }),
  );
  for (const { messages, place } of world.conversations) {
    const where = openings.get(talkOf(messages));
    if (where !== undefined)
      faults.add(
        where,
        `is a conversation that evaluation asks at ${place}`,
        'take it out of the training file',
      );
  }
  checkUntold(world, faults);
}

function checkUntold(world: World, faults: Faults): void {
  const kept = new Map(
    world.questions
      .filter(({ place }) => place.startsWith('eval/facts-pretrain-only'))
      .flatMap(({ accepted, place }) => accepted.map((sentence) => [sentence, place] as const)),
  );
  const says = (content: string, place: string) => {
    const where = kept.get(content);
    if (where !== undefined)
      faults.add(
        place,
        `says ${short(content)}, which only pretrain.txt may tell (${where})`,
        'take it out, or move the question to eval/facts-seen.jsonl',
      );
  };
  for (const { messages, place } of world.dialogues) for (const { content } of messages) says(content, place);
  for (const { chosen, rejected, place } of world.pairs)
    for (const answer of [chosen, rejected]) says(answer, place);
}

/** Records that stand in the training file twice, or in the held-out file as well. */
function twice<T extends { readonly place: string }>(
  training: readonly T[],
  heldout: readonly T[],
  contentOf: (record: T) => string,
  faults: Faults,
): void {
  const first = new Map<string, string>();
  for (const record of [...training, ...heldout]) {
    const content = contentOf(record);
    const where = first.get(content);
    if (where === undefined) first.set(content, record.place);
    else faults.add(record.place, `${short(content)} stands at ${where} already`, 'leave one of them');
  }
}

function talkOf(messages: readonly Message[]): string {
  return messages
    .filter(({ role }) => role !== 'system')
    .map(({ content }) => content)
    .join('\n');
}
