/**
 * What one line of the benchmark says, as JSON for programs and as a table row for people.
 */
export interface Measurement {
  readonly group: string;
  readonly name: string;
  readonly backend: string;
  readonly threads: number;
  /** The median, where there were several rounds. */
  readonly value: number;
  readonly unit: string;
  readonly best?: number;
  readonly rounds?: number;
  /** Of what runs the backend: "Node 20.20.2", "PyTorch 2.13.0". */
  readonly version?: string;
  /** Bits of the vectors it computes with. */
  readonly width?: number;
  /** Times as fast as (or share of) what the key names: the median of the ratios of each round. */
  readonly ratios?: Readonly<Record<string, number>>;
  /** Shares of the time (or bytes), largest first. */
  readonly breakdown?: Readonly<Record<string, number>>;
  /** The same, finer. */
  readonly kernels?: Readonly<Record<string, number>>;
  /** Other numbers that belong to this one, each with its unit in the name. */
  readonly details?: Readonly<Record<string, number>>;
  /** Set where the machine was disturbed while this was measured: one sentence. */
  readonly warning?: string;
}

export function formatMeasurement(measurement: Measurement): string {
  const { group, name, value, unit, best, rounds, ratios = {}, breakdown, kernels, details } = measurement;
  const numbers = [short(value).padStart(9)];
  if (best !== undefined) numbers.push(`best ${short(best).padStart(7)} of ${rounds}`);
  const head = `${group.padEnd(9)}${name.padEnd(22)}${labelOf(measurement).padEnd(30)}${numbers.join(', ')} ${unit}`;
  const comparisons = Object.entries(ratios).map(([against, ratio]) => `${ratio.toFixed(2)} x ${against}`);
  const lines = [comparisons.length === 0 ? head : `${head}   ${comparisons.join(', ')}`];
  if (breakdown !== undefined) lines.push(`    ${shares(breakdown)}`);
  if (kernels !== undefined) lines.push(`    of it ${shares(kernels)}`);
  if (details !== undefined) {
    const parts = Object.entries(details).map(([key, detail]) => `${key} ${Number(detail.toPrecision(4))}`);
    lines.push(`    ${parts.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Backend, threads, width and what runs it: "wasm 2t 256 bit Node 26.10.0". */
export function labelOf({ backend, threads, width, version }: Measurement): string {
  const parts = [backend, `${threads}t`];
  if (width !== undefined) parts.push(`${width} bit`);
  if (version !== undefined) parts.push(version);
  return parts.join(' ');
}

function short(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}

function shares(parts: Readonly<Record<string, number>>): string {
  return Object.entries(parts)
    .map(([name, share]) => `${name} ${(100 * share).toFixed(1)}%`)
    .join(', ');
}
