/**
 * What one line of the benchmark says, as JSON for programs and as a table row for people.
 */
export interface Measurement {
  readonly group: string;
  readonly name: string;
  readonly backend: string;
  readonly threads: number;
  readonly value: number;
  readonly unit: string;
  /** Times as fast as (or share of) what the key names; both were measured alternately in this run. */
  readonly ratios?: Readonly<Record<string, number>>;
  /** Shares of the time (or bytes), largest first. */
  readonly breakdown?: Readonly<Record<string, number>>;
  /** The same, finer. */
  readonly kernels?: Readonly<Record<string, number>>;
  /** Other numbers that belong to this one, each with its unit in the name. */
  readonly details?: Readonly<Record<string, number>>;
}

export function formatMeasurement(measurement: Measurement): string {
  const {
    group,
    name,
    backend,
    threads,
    value,
    unit,
    ratios = {},
    breakdown,
    kernels,
    details,
  } = measurement;
  const number = value.toFixed(value < 100 ? 2 : 0).padStart(9);
  const head = `${group.padEnd(9)}${name.padEnd(24)}${backend.padEnd(11)}${threads}t ${number} ${unit.padEnd(9)}`;
  const comparisons = Object.entries(ratios).map(([against, ratio]) => `${ratio.toFixed(2)} x ${against}`);
  const lines = [`${head} ${comparisons.join(', ')}`.trimEnd()];
  if (breakdown !== undefined) lines.push(`    ${shares(breakdown)}`);
  if (kernels !== undefined) lines.push(`    of it ${shares(kernels)}`);
  if (details !== undefined) {
    const parts = Object.entries(details).map(([key, detail]) => `${key} ${Number(detail.toPrecision(4))}`);
    lines.push(`    ${parts.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function shares(parts: Readonly<Record<string, number>>): string {
  return Object.entries(parts)
    .map(([name, share]) => `${name} ${(100 * share).toFixed(1)}%`)
    .join(', ');
}
