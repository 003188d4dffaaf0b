/**
 * The fields of a config.json, with sentences for what is missing or cannot be done. Null is as good as absent: Transformers
 * writes it for what a model does not have.
 */
import { UserError } from '../../errors.ts';
import { shown } from '../../json-text.ts';
import { check, number, record, type Schema, withDefault } from '../../schema.ts';

export class ConfigFields {
  /** Where they came from, for messages. */
  readonly source: string;
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>, source: string) {
    this.fields = fields;
    this.source = source;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? (this.fields[name] ?? undefined) : undefined;
  }

  /** A field as its schema reads it; `fallback` stands for one that is absent. */
  read<T>(name: string, schema: Schema<T>, fallback?: T): T {
    const wanted = fallback === undefined ? schema : withDefault(schema, fallback);
    return check(record(wanted), { [name]: this.get(name) }, this.source)[name] as T; // a record of this one field
  }

  /** A number of things, or a width. */
  count(name: string, fallback?: number): number {
    return this.read(name, number({ whole: true, min: 1 }), fallback);
  }

  number(name: string, fallback?: number): number {
    return this.read(name, number(), fallback);
  }

  /** Refuse a feature: the field must be absent, null or have the one value that can be done. */
  only(name: string, supported: unknown, feature = name): void {
    const value = this.get(name);
    if (value === undefined || value === supported) return;
    throw new UserError(`${this.source}: ${feature} (${name} ${shown(value)}) is not supported`);
  }
}
