/**
 * A failed `assert.equal` prints a difference, which uvu leaves to the package `diff`: its time is the square of the length, 5 s
 * for two arrays of 2,000 numbers, minutes for 10,000. A test that fails must not look like one that hangs, so what is long is
 * cut down to the place where the two part. Imported once by each test process.
 */
interface Change {
  readonly value: unknown;
  readonly added?: boolean;
  readonly removed?: boolean;
}
type Compare = (this: unknown, before: unknown, after: unknown, ...rest: unknown[]) => Change[];

/** Lines or elements on both sides together above which the time is felt. */
const LONG = 400;
/** How many are shown. */
const SHOWN = 12;

const name: string = 'diff'; // it comes with uvu, without types
const { Diff } = (await import(name)) as { Diff: { prototype: { diff: Compare } } };
const { diff } = Diff.prototype;

Diff.prototype.diff = function compare(before, after, ...rest) {
  const [a, b] = [partsOf(before), partsOf(after)];
  if (a === null || b === null || a.length + b.length <= LONG) return diff.call(this, before, after, ...rest);
  let same = 0;
  while (same < a.length && same < b.length && JSON.stringify(a[same]) === JSON.stringify(b[same])) same++;
  const start = Math.max(0, same - 2);
  const cut = (all: readonly unknown[], from: number, to: number): unknown =>
    typeof before === 'string' ? all.slice(from, to).join('\n') : all.slice(from, to);
  const note = `(${a.length} and ${b.length}, the first difference is number ${same}; only ${SHOWN} are shown)`;
  return [
    { value: typeof before === 'string' ? note : [note] },
    { value: cut(a, start, same) },
    { value: cut(a, same, same + SHOWN), removed: true },
    { value: cut(b, same, same + SHOWN), added: true },
  ];
};

function partsOf(value: unknown): readonly unknown[] | null {
  if (typeof value === 'string') return value.split('\n');
  return Array.isArray(value) ? value : null;
}
