/**
 * What a JSON value must look like: a schema reads a value of unknown type and gives it back typed, or refuses it in one
 * sentence.
 *
 *   const settings = object({ seed: number({ whole: true }), name: optional(text()), steps: list(number()) });
 *   type Settings = Infer<typeof settings>;          // { seed: number; name?: string; steps: number[] }
 *   parse(settings, '{"seed": "1", "steps": []}', 'run.json')
 *       UserError: run.json: "seed" must be a whole number, but it is "1"
 *
 * What comes out is built anew from the fields that the schema names; a file may have others, which are left out. Only what an
 * object holds itself counts, so a file cannot reach what all objects inherit (`__proto__`, `constructor`).
 */
import { UserError } from './errors.ts';
import { parseJson, quoted, shown } from './json-text.ts';

export interface Schema<T> {
  /** What is wanted, to follow "must be": "a whole number of at least 1". */
  readonly wanted: string;
  /** The value as a T; undefined stands for a field that is missing. Throws a Mismatch. */
  read(value: unknown): T;
}

/** The type of what a schema gives. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

/**
 * A value that is not what a schema wants; `path` leads to it from the value that was read, outermost first. It is thrown, but is
 * no Error: `either` catches one for each entry of a long list, and a stack trace would be taken each time.
 */
class Mismatch {
  readonly path: (string | number)[] = [];
  readonly wanted: string;
  readonly found: string;

  constructor(wanted: string, found: unknown) {
    this.wanted = wanted;
    this.found = shown(found);
  }
}

/**
 * Read JSON text. A UserError names `source`, the path in the value, what was wanted and what is there, and then says `advice`,
 * where there is any: "start a new run with --out".
 */
export function parse<T>(schema: Schema<T>, text: string, source: string, advice?: string): T {
  let value: unknown;
  try {
    value = parseJson(text, source);
  } catch (error) {
    throw advice === undefined ? error : new UserError(`${(error as Error).message}; ${advice}`);
  }
  return check(schema, value, source, advice);
}

/** The same for a value that has been parsed already. */
export function check<T>(schema: Schema<T>, value: unknown, source: string, advice?: string): T {
  try {
    return schema.read(value);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    const place = error.path.length === 0 ? source : `${source}: ${quoted(pathText(error.path), 100)}`;
    const ending = advice === undefined ? '' : `; ${advice}`;
    throw new UserError(`${place} must be ${error.wanted}, but it is ${error.found}${ending}`);
  }
}

/** Whether a value is what the schema wants. */
export function fits(schema: Schema<unknown>, value: unknown): boolean {
  try {
    schema.read(value);
    return true;
  } catch (error) {
    if (error instanceof Mismatch) return false;
    throw error;
  }
}

/** changes.batchSize, stages[2] */
function pathText(path: readonly (string | number)[]): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : (i === 0 ? '' : '.') + key)).join('');
}

/** Read what lies below `key`; a mismatch learns its way there. */
function below<T>(key: string | number, schema: Schema<T>, value: unknown): T {
  try {
    return schema.read(value);
  } catch (error) {
    if (error instanceof Mismatch) error.path.unshift(key);
    throw error;
  }
}

/** A schema out of a test that holds for values of type T. */
function values<T>(wanted: string, test: (value: unknown) => boolean): Schema<T> {
  return {
    wanted,
    read(value) {
      if (!test(value)) throw new Mismatch(wanted, value);
      return value as T;
    },
  };
}

export interface NumberRange {
  readonly whole?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** The limit itself is not allowed. */
  readonly above?: number;
  /** The same on the other side. */
  readonly below?: number;
}

/** A finite number. A whole one is also exact: below 2^53. */
export function number(range: NumberRange = {}): Schema<number> {
  const {
    whole = false,
    min = -Infinity,
    max = Infinity,
    above = -Infinity,
    below: limit = Infinity,
  } = range;
  const limits = [
    ...(min > -Infinity ? [`at least ${min}`] : []),
    ...(above > -Infinity ? [`more than ${above}`] : []),
    ...(max < Infinity ? [`at most ${max}`] : []),
    ...(limit < Infinity ? [`less than ${limit}`] : []),
  ];
  const kind = whole ? 'a whole number' : 'a number';
  const wanted = limits.length === 0 ? kind : `${kind} of ${limits.join(' and ')}`;
  return {
    wanted,
    read(value) {
      if (typeof value !== 'number' || !Number.isFinite(value) || (whole && !Number.isInteger(value)))
        throw new Mismatch(wanted, value);
      if (value < min || value > max || value <= above || value >= limit) throw new Mismatch(wanted, value);
      if (whole && !Number.isSafeInteger(value)) throw new Mismatch('a whole number below 2^53', value);
      return value;
    },
  };
}

/** A text; `pattern` and what it means in words, where not every text will do. */
export function text(pattern?: RegExp, wanted = 'a text'): Schema<string> {
  return values(
    wanted,
    (value) => typeof value === 'string' && (pattern === undefined || pattern.test(value)),
  );
}

export function boolean(): Schema<boolean> {
  return values('true or false', (value) => typeof value === 'boolean');
}

/** One of these texts, numbers or other plain values. */
export function choice<const T extends readonly (string | number | boolean | null)[]>(
  choices: T,
): Schema<T[number]> {
  const names = choices.map(shown);
  const wanted = names.length < 2 ? names.join() : `one of ${names.join(', ')}`;
  return values(wanted, (value) => (choices as readonly unknown[]).includes(value));
}

/** Anything that is there. */
export function anything(): Schema<unknown> {
  return values('there', (value) => value !== undefined);
}

/** A value that the schema takes and `test` too; `wanted` says both. */
export function where<T>(schema: Schema<T>, test: (value: T) => boolean, wanted: string): Schema<T> {
  return {
    wanted,
    read(value) {
      const result = schema.read(value);
      if (!test(result)) throw new Mismatch(wanted, value);
      return result;
    },
  };
}

/** A field that may be missing. */
export function optional<T>(schema: Schema<T>): Schema<T | undefined> {
  return {
    wanted: schema.wanted,
    read: (value) => (value === undefined ? undefined : schema.read(value)),
  };
}

/** A field that may be missing, and is `fallback` then. */
export function withDefault<T, const D>(schema: Schema<T>, fallback: D): Schema<T | D> {
  return { wanted: schema.wanted, read: (value) => (value === undefined ? fallback : schema.read(value)) };
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return either(
    schema,
    values<null>('null', (value) => value === null),
  );
}

/** What the first of the schemas that takes it makes of the value. */
export function either<A, B>(first: Schema<A>, second: Schema<B>): Schema<A | B> {
  const wanted = `${first.wanted} or ${second.wanted}`;
  return {
    wanted,
    read(value) {
      let deepest: Mismatch | null = null;
      for (const schema of [first, second]) {
        try {
          return schema.read(value);
        } catch (error) {
          if (!(error instanceof Mismatch)) throw error;
          if (error.path.length > (deepest?.path.length ?? 0)) deepest = error;
        }
      }
      // Where the value has the right form and a part of it is wrong, that part is named.
      throw deepest ?? new Mismatch(wanted, value);
    },
  };
}

export function list<T>(item: Schema<T>, { min = 0, max = Infinity } = {}): Schema<T[]> {
  const limits = [...(min > 0 ? [`at least ${min}`] : []), ...(max < Infinity ? [`at most ${max}`] : [])];
  const wanted = limits.length === 0 ? 'a list' : `a list of ${limits.join(' and ')}`;
  return {
    wanted,
    read(value) {
      if (!Array.isArray(value) || value.length < min || value.length > max)
        throw new Mismatch(wanted, value);
      return value.map((entry: unknown, i) => below(i, item, entry));
    },
  };
}

/** A list with one schema for each place. */
export function tuple<const T extends readonly unknown[]>(
  ...items: { readonly [I in keyof T]: Schema<T[I]> }
): Schema<{ -readonly [I in keyof T]: T[I] }> {
  const wanted = `a list of ${items.length}`;
  return {
    wanted,
    read(value) {
      if (!Array.isArray(value) || value.length !== items.length) throw new Mismatch(wanted, value);
      return items.map((item, i) => below(i, item, value[i])) as unknown as {
        -readonly [I in keyof T]: T[I];
      };
    },
  };
}

/** An object with any names and one schema for what stands under them. */
export function record<T>(item: Schema<T>): Schema<Record<string, T>> {
  const wanted = 'an object';
  return {
    wanted,
    read(value) {
      if (!isObject(value)) throw new Mismatch(wanted, value);
      // fromEntries makes own fields, also of "__proto__", where an assignment would change the prototype.
      return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, below(key, item, entry)]));
    },
  };
}

type Fields = Readonly<Record<string, Schema<unknown>>>;
type MayBeMissing<F extends Fields> = {
  [Name in keyof F]: undefined extends Infer<F[Name]> ? Name : never;
}[keyof F];
type ObjectOf<F extends Fields> = {
  [Name in Exclude<keyof F, MayBeMissing<F>>]: Infer<F[Name]>;
} & { [Name in MayBeMissing<F>]?: Exclude<Infer<F[Name]>, undefined> };
type Flat<T> = { [Name in keyof T]: T[Name] };

/** An object with these fields, each read by its schema; others are passed over. */
export function object<const F extends Fields>(fields: F): Schema<Flat<ObjectOf<F>>> {
  const wanted = 'an object';
  return {
    wanted,
    read(value) {
      if (!isObject(value)) throw new Mismatch(wanted, value);
      const entries = Object.entries(fields).map(([name, schema]): [string, unknown] => [
        name,
        below(name, schema, Object.hasOwn(value, name) ? value[name] : undefined),
      ]);
      return Object.fromEntries(entries.filter(([, entry]) => entry !== undefined)) as Flat<ObjectOf<F>>;
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
