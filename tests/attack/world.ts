/**
 * The runs that are attacked: a world small enough for a whole run of all stages in seconds, in variants that leave different
 * things in a checkpoint, and the uninterrupted run of each, made once.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { put } from '../data/temporary.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';
import { writeWorld } from '../training/world.ts';
import { Session } from './session.ts';

export interface Variant {
  readonly name: string;
  readonly flags: readonly string[];
}

/** What the loop of every stage reads; new models; drawing answers. */
const loop = ['--preset', 'pico', '--batch-size', '2', '--max-steps', '8', '--threads', '1'];
loop.push('--save-every', '2', '--log-every', '3', '--evaluate-every', '4');
const sizes = ['--vocab-size', '400', '--context', '24'];
const rollouts = ['--rollouts', '8', '--max-new-tokens', '6'];
const all = [...loop, ...sizes, ...rollouts];

export const variants: readonly [Variant, ...Variant[]] = [
  {
    name: 'all stages',
    flags: [...all, '--group-size', '4', '--stages', 'tokenizer,pretrain,sft,reward,ppo,grpo,dpo,evaluate'],
  },
  {
    name: 'a mixture of experts, balanced by a bias',
    flags: [...all, '--arch', 'moe', '--balancing', 'bias', '--grad-accum', '2'],
  },
  {
    name: 'llama2 on the reference backend, an adaptive price of divergence',
    flags: [...all, '--arch', 'llama2', '--backend', 'reference', '--kl-target', '0.5'],
  },
];

/** Stages started again in a finished run of all stages, with settings that differ from its own. */
export const restarts: readonly Variant[] = [
  { name: 'another sft', flags: [...loop, ...rollouts, '--stages', 'sft,reward,ppo,dpo', '--seed', '99'] },
  { name: 'another dpo', flags: [...loop, '--stages', 'dpo,evaluate', '--beta', '0.3'] },
  { name: 'another reward', flags: [...loop, '--stages', 'reward', '--seed', '7', '--lr', '0.01'] },
  {
    name: 'another pretrain',
    flags: [...loop, '--context', '24', '--stages', 'pretrain,sft,evaluate', '--seed', '5'],
  },
];

/** Every file that a run can read: text, dialogues, pairs, questions of each kind. */
export function writeAttackWorld(folder: string): string {
  writeWorld(folder);
  // Long enough that encoding it and training the tokenizer take a part of the run.
  const texts = Array.from({ length: 40 }, (_, i) => sampleDocuments().map((text) => `${text}${i}`));
  put(folder, 'pretrain.txt', texts.flat().join('\n\n'));
  const lines = (records: readonly object[]) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const facts = [
    ['中国', '北京'],
    ['法国', '巴黎'],
    ['日本', '东京'],
    ['埃及', '开罗'],
  ] as const;
  const pairs = facts.flatMap(([place, capital]) => [
    { prompt: `${place}？`, chosen: `${capital}。`, rejected: capital, quality: 'sentence' },
    { prompt: `${place}？`, chosen: `${capital}。`, rejected: '不。', quality: 'polite' },
  ]);
  put(folder, 'preferences.jsonl', lines(pairs));
  put(folder, 'preferences-heldout.jsonl', lines(pairs.slice(0, 4)));
  const known = facts.map(([subject, answer]) => {
    return { relation: 'capital', subject, answer, accepted: [`${answer}。`], questions: [`${subject}？`] };
  });
  put(folder, 'eval/answer-key.jsonl', lines(known));
  const good = ['一头牛。', '一匹马。', '一条鱼。'];
  const sentences = good.map((right, i) => {
    return { id: `${i}`, kind: 'measure-word', good: right, bad: right.replace(/[头匹条]/, '朵') };
  });
  put(folder, 'eval/minimal-pairs.jsonl', lines(sentences));
  const questions = facts.map(([place, capital]) => `${place}？,${capital},东,西,南,A`);
  for (const part of ['dev', 'val']) {
    const table = ['question,A,B,C,D,answer', ...questions].map((line) => `${line}\n`).join('');
    put(folder, `eval/choice/${part}/world_${part}.csv`, table);
  }
  return folder;
}

export interface Baseline {
  /** The finished run. */
  readonly out: string;
  readonly seconds: number;
}

/** Uninterrupted runs, made when first asked for, and never written to again. */
export class Baselines {
  readonly world: string;
  private readonly folder: string;
  private readonly made = new Map<string, Promise<Baseline>>();

  constructor(folder: string) {
    this.folder = folder;
    this.world = writeAttackWorld(join(folder, 'world'));
  }

  of({ name, flags }: Variant): Promise<Baseline> {
    return this.make(name, flags);
  }

  /** What comes of a command in the directory of a finished run. */
  async after(variant: Variant, name: string, flags: readonly string[]): Promise<Baseline> {
    const before = await this.of(variant);
    return this.make(`${variant.name}, ${name}`, flags, before.out);
  }

  flagsOf({ flags }: Variant): string[] {
    return ['--data', this.world, ...flags];
  }

  private make(name: string, flags: readonly string[], from?: string): Promise<Baseline> {
    const earlier = this.made.get(name);
    if (earlier !== undefined) return earlier;
    const out = join(this.folder, `baseline-${this.made.size}`, 'run');
    if (from !== undefined) cpSync(from, out, { recursive: true });
    const baseline = uninterrupted(['--data', this.world, ...flags, '--out', out], out);
    this.made.set(name, baseline);
    return baseline;
  }
}

async function uninterrupted(args: readonly string[], out: string): Promise<Baseline> {
  const began = performance.now();
  const session = new Session('node', 'src/train.ts', args);
  const { code, stderr } = await session.ended;
  if (code !== 0) throw new Error(`The uninterrupted run failed (${code}):\n${session.words}\n${stderr}`);
  return { out, seconds: (performance.now() - began) / 1000 };
}
