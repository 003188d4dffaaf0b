/** Damage to what JSON says: values of another kind, fields with other names, left out or twice. */
import type { Random } from '../../../src/tensor/index.ts';

/** Values that stand where another one is expected. */
const VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    0.5,
    1e9,
    1e300,
    '',
    'x',
    '1',
    '\u001b[2J',
    'a\nb',
    '\u202e',
    '../..',
    '/',
    '.',
    [],
    {},
  ],
  ...[[[]], [null], [0, 0], { length: 1e9 }, { toString: 1 }, '\ud800', '__proto__', 'a'.repeat(5000)],
];
/** Changes the JSON of a file, of one of its lines, or of a safetensors header; null where there is none. */
export function onJson(
  bytes: Buffer,
  random: Random,
  change: (value: unknown, random: Random) => unknown,
): Buffer | null {
  const [start, end] = jsonIn(bytes, random);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return null;
  }
  const json = Buffer.from(JSON.stringify(change(value, random)) ?? 'null');
  const made = Buffer.concat([bytes.subarray(0, start), json, bytes.subarray(end)]);
  if (start === 8 && end < bytes.length) made.writeBigUInt64LE(BigInt(json.length));
  return made;
}

function jsonIn(bytes: Buffer, random: Random): [number, number] {
  if (bytes.length > 8 && bytes[8] === 0x7b) {
    const size = bytes.readBigUInt64LE();
    if (size < BigInt(bytes.length)) return [8, 8 + Number(size)];
  }
  const lines = bytes.toString('latin1').split('\n');
  if (!lines.every((line) => line === '' || /^\{.*\}\r?$/.test(line))) return [0, bytes.length];
  const chosen = random.int(lines.length);
  const start = lines.slice(0, chosen).reduce((sum, line) => sum + line.length + 1, 0);
  return [start, start + lines[chosen]!.length]; // chosen is below their number
}

type Branch = Record<string, unknown>;

/** A place in a value: walk down at random, and stop with a chance of one in three at each level. */
function branchOf(value: unknown, random: Random): { branch: Branch; key: string } | null {
  if (value === null || typeof value !== 'object') return null;
  const branch = value as Branch;
  const keys = Object.keys(branch);
  if (keys.length === 0) return null;
  const key = random.pick(keys);
  return (random.int(3) > 0 ? branchOf(branch[key], random) : null) ?? { branch, key };
}

export function changeValue(value: unknown, random: Random): unknown {
  const place = random.int(20) === 0 ? null : branchOf(value, random);
  if (place === null) return random.pick(VALUES);
  place.branch[place.key] = random.pick(VALUES);
  return value;
}

export function changeField(value: unknown, random: Random): unknown {
  const place = branchOf(value, random);
  if (place === null) return value;
  const { branch, key } = place;
  const kind = random.int(3);
  if (kind < 2 && !Array.isArray(branch)) {
    const name = random.pick([
      '__proto__',
      'constructor',
      'length',
      `${key} `,
      key.toUpperCase(),
      '',
      '\u001b[2J',
    ]);
    Object.defineProperty(branch, name, {
      value: branch[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  if (kind !== 1) delete branch[key];
  return value;
}
