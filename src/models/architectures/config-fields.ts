/**
 * The fields of a config.json, with sentences for what is missing or cannot be done.
 */
import { UserError } from '../../errors.ts';

export class ConfigFields {
  /** Where they came from, for messages. */
  readonly source: string;
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(fields: Readonly<Record<string, unknown>>, source: string) {
    this.fields = fields;
    this.source = source;
  }

  get(name: string): unknown {
    return this.fields[name] ?? undefined;
  }

  number(name: string, fallback?: number): number {
    const value = this.fields[name] ?? fallback;
    if (typeof value !== 'number')
      throw new UserError(`${this.source}: ${name} must be a number, got ${String(value)}`);
    return value;
  }

  /** Refuse a feature: the field must be absent, null or have the one value that can be done. */
  only(name: string, supported: unknown, feature = name): void {
    const value = this.get(name);
    if (value === undefined || value === supported) return;
    throw new UserError(`${this.source}: ${feature} (${name} ${JSON.stringify(value)}) is not supported`);
  }
}
