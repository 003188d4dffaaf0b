/**
 * What is wrong, where, and what to do about it.
 */
export interface Fault {
  readonly place: string; // eval/facts-seen.jsonl:12, or a file
  readonly what: string;
  readonly advice: string;
}

export class Faults {
  readonly list: Fault[] = [];

  add(place: string, what: string, advice: string): void {
    this.list.push({ place, what, advice });
  }
}

/** A few words of a text, on one line. */
export function short(text: string): string {
  const line = text.replace(/\s+/gu, ' ');
  return line.length > 60 ? `"${line.slice(0, 57)}..."` : `"${line}"`;
}
