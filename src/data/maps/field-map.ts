/**
 * Field maps: which fields of a record make a text, a dialogue or a pair of answers. Every published set names them differently.
 *
 *   {"instruction": "...", "input": "...", "output": "..."}   ->   user: instruction, input      assistant: output
 *
 * A map is recognised by the fields that a record has. Fields that are null do not count, as long as some map fits without them.
 * If several maps fit, one that needs all that another needs and more is the better one. The first map of a table is the format
 * of this project and always wins. Any other doubt is an error, never a choice made in silence.
 */
import { UserError } from '../../errors.ts';
import { type DataRecord, show } from '../formats/record.ts';
import { filesIn, RECORD_FORMATS, readRecords } from '../formats/records.ts';

export interface FieldMap<Made> {
  /** Fields that a record must have. */
  readonly needs: readonly string[];
  /** Fields that are read where they are present. */
  readonly uses?: readonly string[];
  /** The published sets that have these fields. */
  readonly sets: string;
  readonly make: (record: DataRecord) => Made;
}

export class FieldMaps<Made> {
  private readonly kind: string;
  private readonly maps: readonly FieldMap<Made>[];
  private readonly fields: ReadonlySet<string>;
  private last: {
    readonly fields: readonly string[];
    readonly isNull: readonly boolean[];
    readonly map: FieldMap<Made>;
  } | null = null;

  /** `kind`: what is made, for sentences: "text", "dialogue". */
  constructor(kind: string, maps: readonly FieldMap<Made>[]) {
    this.kind = kind;
    this.maps = maps;
    this.fields = new Set(maps.flatMap(({ needs, uses = [] }) => [...needs, ...uses]));
  }

  /** What every record of a file makes (or of all files of a directory), and the record's place. */
  *read(path: string): Generator<{ readonly made: Made; readonly place: string }> {
    for (const file of filesIn(path, RECORD_FORMATS))
      for (const record of readRecords(file, this.fields))
        yield { made: this.mapOf(record).make(record), place: record.place };
  }

  /** The map that fits a record: that of the record before, if both have the same fields. */
  mapOf({ value, place }: DataRecord): FieldMap<Made> {
    const fields = Object.keys(value);
    const { last } = this;
    const same =
      last !== null &&
      fields.length === last.fields.length &&
      fields.every((field, i) => field === last.fields[i] && (value[field] === null) === last.isNull[i]);
    if (same) return last.map;
    const isNull = fields.map((field) => value[field] === null);
    const present = fields.filter((_, i) => !isNull[i]);
    const map = this.recognise(place, fields, present);
    this.last = { fields, isNull, map };
    return map;
  }

  private recognise(place: string, fields: readonly string[], present: readonly string[]): FieldMap<Made> {
    const fitting = [present, fields].map((found) => this.fitting(found)).find((maps) => maps.length > 0);
    const [first, second] = fitting ?? [];
    if (first !== undefined && (second === undefined || first === this.maps[0])) return first;
    const found = fields.length === 0 ? 'nothing' : fields.slice(0, 12).map(nameInWords).join(', ');
    if (first === undefined) {
      const known = this.maps.map(inWords).join(', or ');
      throw new UserError(
        `${place}: no ${this.kind} can be made of the fields found: ${found}; known are ${known}`,
      );
    }
    const several = (fitting ?? []).map(inWords).join(', and as ');
    const own = this.maps[0]!.needs.join(' + '); // no table is empty
    throw new UserError(
      `${place}: the fields found can be read in several ways, as ${several} (found: ${found}); leave one set, or write ${own}`,
    );
  }

  /** Maps whose needs are met, without those that another one of them includes. */
  private fitting(found: readonly string[]): FieldMap<Made>[] {
    const met = this.maps.filter(({ needs }) => needs.every((field) => found.includes(field)));
    return met.filter(({ needs }) => !met.some((other) => includesMore(other.needs, needs)));
  }
}

function includesMore(larger: readonly string[], smaller: readonly string[]): boolean {
  return larger.length > smaller.length && smaller.every((field) => larger.includes(field));
}

/** "instruction + output (and input)" */
function inWords({ needs, uses = [] }: FieldMap<unknown>): string {
  return `${needs.join(' + ')}${uses.length === 0 ? '' : ` (and ${uses.join(', ')})`}`;
}

function nameInWords(field: string): string {
  return /^[^\s,]{1,40}$/.test(field) ? field : show(field);
}
