/**
 * Command-line flags from a table: parsing, checking and the help text come from the same rows.
 *
 * Every mistake ends with one sentence before any work begins: an unknown flag (with the nearest known one), a missing value, a
 * number out of its range, a choice that does not exist.
 */
import { parseArgs } from 'node:util';
import { UserError } from '../errors.ts';

interface Common {
  readonly help: string;
  /** Printed after the help; the value used when the flag is absent is decided by the command. */
  readonly default?: string;
}

export type Flag =
  | (Common & { readonly type: 'boolean' })
  | (Common & { readonly type: 'text'; readonly value: string })
  | (Common & { readonly type: 'choice'; readonly choices: readonly string[] })
  | (Common & { readonly type: 'list'; readonly choices?: readonly string[]; readonly value: string })
  | (Common & {
      readonly type: 'number';
      readonly whole?: boolean;
      readonly min?: number;
      readonly max?: number;
      /** The limit itself is not allowed. */
      readonly above?: number;
    });

export type FlagTable = Readonly<Record<string, Flag>>;

type ValueOf<F extends Flag> = F['type'] extends 'boolean'
  ? boolean
  : F['type'] extends 'number'
    ? number
    : F['type'] extends 'list'
      ? string[]
      : F extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : string;

/** What was given, by flag name; flags that were not given are absent. */
export type FlagValues<T extends FlagTable> = { readonly [Name in keyof T]?: ValueOf<T[Name]> };

/** Parse the arguments after the script name. `null` if help was asked for (and printed by the caller). */
export function parseFlags<T extends FlagTable>(args: readonly string[], table: T): FlagValues<T> | null {
  const options: Record<string, { type: 'boolean' | 'string'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  };
  for (const [name, flag] of Object.entries(table))
    options[name] = { type: flag.type === 'boolean' ? 'boolean' : 'string' };
  const { tokens } = parseArgs({
    args: joinNegativeNumbers(args, table),
    options,
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') {
      throw new UserError(`"${token.value}" is not a flag; flags begin with --, see --help`);
    }
    if (token.kind !== 'option') continue;
    if (token.name === 'help' || token.name === 'h') return null;
    const flag = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (flag === undefined)
      throw new UserError(`There is no flag ${token.rawName}${suggestion(token.name, table)}; see --help`);
    if (flag.type === 'boolean') {
      if (token.value !== undefined) throw new UserError(`--${token.name} takes no value`);
      values[token.name] = true;
    } else {
      if (token.value === undefined || token.value === '')
        throw new UserError(`--${token.name} needs a value`);
      // parseArgs would take the next flag for the value of this one.
      if (!token.inlineValue && token.value.startsWith('--')) {
        throw new UserError(
          `--${token.name} needs a value before ${token.value} (if that is the value, write --${token.name}=${token.value})`,
        );
      }
      values[token.name] = checkValue(token.name, flag, token.value);
    }
  }
  return values as FlagValues<T>;
}

/** parseArgs takes "-1" for a flag: "--lr -1" becomes "--lr=-1", so that the range check can speak. */
function joinNegativeNumbers(args: readonly string[], table: FlagTable): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    const takesValue =
      before?.startsWith('--') && !before.includes('=') && table[before.slice(2)]?.type !== 'boolean';
    if (takesValue && /^-\d/.test(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function checkValue(name: string, flag: Exclude<Flag, { type: 'boolean' }>, text: string): unknown {
  switch (flag.type) {
    case 'text':
      return text;
    case 'choice':
      return checkChoice(name, flag.choices, text);
    case 'list': {
      const items = text.split(',').map((item) => item.trim());
      if (flag.choices !== undefined) for (const item of items) checkChoice(name, flag.choices, item);
      return items;
    }
    case 'number': {
      const { whole = false, min = -Infinity, max = Infinity, above = -Infinity } = flag;
      const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
      if (
        Number.isNaN(number) ||
        (whole && !Number.isSafeInteger(number)) ||
        number < min ||
        number > max ||
        number <= above
      ) {
        throw new UserError(`--${name} must be ${describeRange(flag)}, got ${text}`);
      }
      return number;
    }
  }
}

function checkChoice(name: string, choices: readonly string[], text: string): string {
  if (choices.includes(text)) return text;
  throw new UserError(`--${name}: there is no "${text}"; choose from ${choices.join(', ')}`);
}

function describeRange({ whole, min, max, above }: Extract<Flag, { type: 'number' }>): string {
  const kind = whole ? 'a whole number' : 'a number';
  const limits = [
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
  ];
  return limits.length === 0 ? kind : `${kind}, ${limits.join(' and ')}`;
}

/** The help page: usage, then one line a flag. */
export function formatHelp(usage: string, table: FlagTable): string {
  const rows = Object.entries(table).map(([name, flag]) => {
    const text = flag.default === undefined ? flag.help : `${flag.help} (default ${flag.default})`;
    return [`--${name}${valueName(flag)}`, text] as const;
  });
  rows.push(['--help', 'this page']);
  const width = Math.max(...rows.map(([left]) => left.length));
  return `${usage}\n\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')}\n`;
}

function valueName(flag: Flag): string {
  switch (flag.type) {
    case 'boolean':
      return '';
    case 'number':
      return flag.whole ? ' N' : ' X';
    case 'choice':
      return ` ${flag.choices.join('|')}`;
    default:
      return ` ${flag.value}`;
  }
}

function suggestion(name: string, table: FlagTable): string {
  const [best] = Object.keys(table)
    .map((known) => ({ known, distance: editDistance(name, known) }))
    .sort((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= 3 ? ` (did you mean --${best.known}?)` : '';
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
