/**
 * One question has one answer: in the answer key, in the questions of evaluation, in dialogues and in preferred answers. And what
 * the key says is told somewhere.
 */
import { type Faults, short } from './faults.ts';
import type { World } from './world.ts';

/** Relations of the answer key whose entries are not facts of the world. */
const OTHER = /^(unknown|sum|introduction|story)$|-claim$/;

export function checkTruth(world: World, faults: Faults): void {
  const { key } = world;
  const owners = new Map<string, (typeof key)[number]>();
  for (const entry of key) {
    for (const question of entry.questions) {
      const other = owners.get(question);
      if (other !== undefined && (other.answer !== entry.answer || other.accepted[0] !== entry.accepted[0]))
        faults.add(
          entry.place,
          `${short(question)} has two answers: ${short(entry.accepted[0]!)} here and ${short(other.accepted[0]!)} at ${other.place}`,
          'leave the true one',
        );
      else owners.set(question, entry);
    }
    if (entry.answer !== '' && !entry.accepted.some((sentence) => sentence.includes(entry.answer)))
      faults.add(
        entry.place,
        `no accepted sentence contains the answer ${short(entry.answer)}: ${short(entry.accepted[0]!)}`,
        'make answer and accepted say the same',
      );
  }
  checkTold(world, faults);
  const answers = new Map<string, { answer: string; place: string }>();
  for (const { question, answer, accepted, place } of world.questions) {
    const other = answers.get(question);
    if (other !== undefined && other.answer !== answer)
      faults.add(
        place,
        `${short(question)} has two answers: ${short(answer)} here and ${short(other.answer)} at ${other.place}`,
        'leave the true one',
      );
    answers.set(question, { answer, place });
    const owner = owners.get(question);
    if (owner === undefined) {
      if (place.startsWith('eval/facts'))
        faults.add(
          place,
          `${short(question)} is not in eval/answer-key.jsonl`,
          'add it to the questions of its fact',
        );
    } else if (owner.answer !== answer || !accepted.some((sentence) => owner.accepted.includes(sentence)))
      faults.add(
        place,
        `${short(question)} has two answers: ${short(accepted[0]!)} here and ${short(owner.accepted[0]!)} at ${owner.place}`,
        'leave the true one',
      );
  }
  const said = [
    ...[...world.dialogues, ...world.heldoutDialogues].flatMap(({ messages, place }) => {
      const [question, answer, more] = messages.filter(({ role }) => role !== 'system');
      return more === undefined && answer
        ? [{ question: question!.content, answer: answer.content, place }]
        : [];
    }),
    ...[...world.pairs, ...world.heldoutPairs].map(({ prompt, chosen, place }) => ({
      question: prompt,
      answer: chosen,
      place,
    })),
  ];
  for (const { question, answer, place } of said) {
    const owner = owners.get(question);
    if (owner !== undefined && !answer.includes(owner.answer))
      faults.add(
        place,
        `${short(question)} is answered ${short(answer)}, but ${owner.place} says ${short(owner.accepted[0]!)}`,
        'leave the true one',
      );
  }
}

/** An entry of the key is about something that the text tells: some document names its subject and its answer. */
function checkTold({ key, documents }: World, faults: Faults): void {
  if (documents.length === 0) return;
  for (const { relation, subject, answer, accepted, place } of key) {
    if (OTHER.test(relation)) continue;
    if (!documents.some(({ text }) => text.includes(answer) && text.includes(subject)))
      faults.add(
        place,
        `pretrain.txt nowhere tells the fact ${short(accepted[0]!)}`,
        'tell it in the text, or take the entry out of the key',
      );
  }
}
