/**
 * Things to choose between: pairs with two different sides, options of which exactly one is right.
 */
import { type Faults, short } from './faults.ts';
import { readText } from './files.ts';
import type { World } from './world.ts';

const LETTERS = ['A', 'B', 'C', 'D'];

export function checkSides(folder: string, world: World, faults: Faults): void {
  for (const { chosen, rejected, place } of [...world.pairs, ...world.heldoutPairs])
    if (chosen === rejected)
      faults.add(
        place,
        `chosen and rejected are both ${short(chosen)}`,
        'give the pair a worse answer, or take it out',
      );
  for (const { good, bad, place } of world.minimalPairs)
    if (good === bad)
      faults.add(place, `good and bad are both ${short(good)}`, 'spoil the bad one, or take it out');
  const right = new Map(
    world.key.flatMap(({ questions, answer }) => questions.map((q) => [q, answer] as const)),
  );
  for (const { question, options, answer, place } of world.choices) {
    const option = options[answer];
    if (option === undefined)
      faults.add(
        place,
        `answer ${answer} is out of range: there are ${options.length} options`,
        `give a number from 0 to ${options.length - 1}`,
      );
    else if ((right.get(question) ?? option) !== option)
      faults.add(
        place,
        `${short(question)} has the answer ${short(option)}, but the key says ${short(right.get(question)!)}`,
        'leave the true one',
      );
    if (new Set(options).size < options.length)
      faults.add(place, `two options of ${short(question)} are alike`, 'give it different options');
  }
  for (const name of ['eval/choice/dev/world_dev.csv', 'eval/choice/val/world_val.csv'])
    checkCsv(folder, name, faults);
}

function checkCsv(folder: string, name: string, faults: Faults): void {
  const [head, ...rows] = readText(folder, name, faults).trimEnd().split('\n');
  if (head !== '' && head !== 'question,A,B,C,D,answer')
    faults.add(`${name}:1`, `the columns are ${short(head!)}`, 'name them question,A,B,C,D,answer');
  rows.forEach((row, i) => {
    const fields = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.map((field) => field.replace(/,$/, ''));
    if (fields.at(-1) === '' && row.at(-1) !== ',') fields.pop(); // the empty match at the end of the line
    const answer = fields.at(-1)!;
    if (fields.length !== 6)
      faults.add(
        `${name}:${i + 2}`,
        `has ${fields.length} fields instead of 6`,
        'quote fields that contain a comma',
      );
    else if (!LETTERS.includes(answer))
      faults.add(`${name}:${i + 2}`, `the answer ${short(answer)} is out of range`, 'give one of A, B, C, D');
  });
}
