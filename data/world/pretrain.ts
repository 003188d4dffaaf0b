/**
 * The corpus: facts told until each has been met often enough, then stories, scenes and numbers up to the wanted size,
 * all shuffled. No two documents are the same, and the held-out documents, mixed in the same way, are not among them.
 */
import { Random } from '../../src/tensor/random.ts';
import { abilities } from './abilities.ts';
import { stage } from './cast.ts';
import { facts, relationOf } from './facts.ts';
import { numberDocument } from './numbers.ts';
import { plainScenes, plainStories, type Told, tellDocument, type Wanted } from './telling.ts';
import type { Fact } from './types.ts';

interface Corpus {
  readonly documents: readonly string[];
  readonly heldout: readonly string[];
  readonly mentions: ReadonlyMap<string, number>; // fact id -> documents that tell it
  readonly bytes: { readonly facts: number; readonly abilities: number; readonly others: number };
}

/** The least number of documents that tell a fact, and how long the files are. */
const MENTIONS = 16;
const MENTIONS_PRETRAIN_ONLY = 40;
const BYTES = 2_950_000;
const HELDOUT_CHARACTERS = 20_000;
const SHORT = 40; // characters; shorter documents are mostly joined with another

export function writeCorpus(seed: number): Corpus {
  const random = new Random(seed);
  const seen = new Set<string>();
  const mentions = new Map<string, number>(facts.map((fact) => [fact.id, 0]));
  const documents: string[] = [];
  let size = 0;
  const add = (text: string): boolean => {
    if (seen.has(text)) return false;
    seen.add(text);
    documents.push(text);
    size += Buffer.byteLength(text) + 2;
    return true;
  };
  const wanted = (fact: Fact) => (fact.pretrainOnly ? MENTIONS_PRETRAIN_ONLY : MENTIONS);
  const isLacking = (fact: Fact) => mentions.get(fact.id)! < wanted(fact);
  const lacking = () => facts.filter(isLacking);
  for (let open = lacking(); open.length > 0; open = lacking()) {
    for (const fact of random.shuffle([...open])) {
      if (!isLacking(fact)) continue; // told along with another by now
      let told = paragraph(random, fact, isLacking);
      for (let tries = 0; tries < 6 && !told.facts.every(isLacking); tries++)
        told = paragraph(random, fact, isLacking);
      if (!add(told.text)) continue;
      for (const f of new Set(told.facts)) mentions.set(f.id, mentions.get(f.id)! + 1);
    }
  }
  const factDocuments = documents.length;
  const factBytes = size;
  const ends: number[] = []; // documents up to the last text of each ability
  for (const [i, { texts }] of abilities.entries()) {
    for (const text of texts?.(new Random(seed + 6_000_000 + 1000 * i)) ?? []) add(text);
    ends.push(documents.length);
  }
  const abilityBytes = size - factBytes;
  while (size < BYTES) add(otherDocument(random));
  const bytes = { facts: factBytes, abilities: abilityBytes, others: size - factBytes - abilityBytes };
  /** Another document like the one at a place: held out are the same shares of everything. */
  const like = (place: number): string => {
    if (place < factDocuments) return paragraph(random, random.pick(facts)).text;
    const ability = abilities[ends.findIndex((end) => place < end)];
    return ability?.documents?.write(random) ?? otherDocument(random);
  };
  const heldout: string[] = [];
  for (let held = 0; held < HELDOUT_CHARACTERS; ) {
    const text = like(random.int(documents.length));
    if (seen.has(text)) continue;
    seen.add(text);
    heldout.push(text);
    held += text.length + 2;
  }
  return { documents: random.shuffle(documents), heldout, mentions, bytes };
}

/** A document about a fact; a short one is usually continued with another fact of the same relation. */
function paragraph(random: Random, fact: Fact, wanted?: Wanted): Told {
  const told = tellDocument(random, fact, wanted);
  if (told.text.length >= SHORT || random.int(5) === 0) return told;
  const { facts: peers } = relationOf(fact);
  const open = wanted === undefined ? [] : peers.filter(wanted);
  const more = tellDocument(random, random.pick(open.length > 0 ? open : peers), wanted);
  return { text: told.text + more.text, facts: [...told.facts, ...more.facts] };
}

function otherDocument(random: Random): string {
  const writers = abilities.flatMap(({ documents }) => documents ?? []);
  let left = writers.length === 0 ? Infinity : random.int(100);
  for (const { share, write } of writers) {
    if (left < share) return write(random);
    left -= share;
  }
  const draw = random.int(20);
  if (draw < 8) return stage(random, random.pick(plainStories));
  if (draw < 13) return stage(random, random.pick(plainScenes));
  const text = numberDocument(random);
  return text.length >= SHORT || random.int(5) === 0 ? text : text + numberDocument(random);
}
