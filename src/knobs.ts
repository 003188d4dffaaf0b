/**
 * Knobs: the settings of a stage or of an architecture, each written once with its default, its range and a line of help.
 *
 * A table of knobs stands beside the algorithm that reads it. Settings are its values, run.json keeps those that were changed,
 * and the command line makes a flag of every row (cli/train-flags.ts): no setting is without one, and no default is written
 * twice.
 */

import { boolean, choice, nullable, number, object, optional, type Schema, text } from './schema.ts';

interface Common {
  readonly help: string;
  /**
   * Name of the flag where it is not the knob's own name in kebab-case. A boolean that is true by default is switched off by it.
   */
  readonly flag?: string;
}

export type Knob = Common &
  (
    | {
        readonly type: 'number';
        /** Null: no limit, or decided by the stage; `absent` says which. */
        readonly default: number | null;
        readonly absent?: string;
        readonly whole?: boolean;
        readonly min?: number;
        readonly max?: number;
        /** The limit itself is not allowed. */
        readonly above?: number;
      }
    | {
        readonly type: 'choice';
        readonly default: string | null;
        readonly absent?: string;
        readonly choices: readonly string[];
      }
    | { readonly type: 'boolean'; readonly default: boolean }
    | {
        readonly type: 'text';
        readonly default: string | null;
        readonly absent?: string;
        readonly value: string;
      }
  );

export type KnobTable = Readonly<Record<string, Knob>>;
export type KnobValue = number | string | boolean | null;
/** Values of some knobs, by name: what was changed. */
export type Changes = Readonly<Record<string, KnobValue>>;

/** What a file may say about a knob of these tables. */
export function knobSchema(...tables: readonly KnobTable[]): Schema<Partial<Record<string, KnobValue>>> {
  const fields = tables.flatMap((table) => Object.entries(table));
  return object(Object.fromEntries(fields.map(([name, knob]) => [name, optional(valueSchema(knob))])));
}

function valueSchema(knob: Knob): Schema<KnobValue> {
  switch (knob.type) {
    case 'boolean':
      return boolean();
    case 'text':
      return nullable(text());
    case 'choice':
      return nullable(choice(knob.choices));
    case 'number':
      return nullable(number(knob));
  }
}

type ValueOf<K extends Knob> = K extends { readonly type: 'number' }
  ? null extends K['default']
    ? number | null
    : number
  : K extends { readonly type: 'choice' }
    ? null extends K['default']
      ? K['choices'][number] | null
      : K['choices'][number]
    : K extends { readonly type: 'boolean' }
      ? boolean
      : string | null;

/** A value for every knob of a table. */
export type ValuesOf<T extends KnobTable> = { readonly [Name in keyof T]: ValueOf<T[Name]> };

/** Name of the flag of a knob, without the dashes. */
export function flagName(name: string, knob?: Pick<Knob, 'flag'>): string {
  return knob?.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * The values of a table: its defaults, with each of the changes on top of those before it. Knobs of other tables are passed over.
 */
export function valuesOf<T extends KnobTable>(table: T, ...changes: readonly Changes[]): ValuesOf<T> {
  const values: Record<string, KnobValue> = {};
  for (const [name, knob] of Object.entries(table)) {
    values[name] = knob.default;
    for (const change of changes) if (change[name] !== undefined) values[name] = change[name];
  }
  return values as ValuesOf<T>;
}
