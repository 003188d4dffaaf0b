/**
 * Rows of a table by index (embedding) and the adjoint. Indices were checked before (../indexing.ts).
 */

/** n words from one place to another. */
function copyRow(to: usize, from: usize, n: i32): void {
  for (; n >= 8; n -= 8, to += 32, from += 32) {
    const low = v128.load(from), high = v128.load(from, 16);
    v128.store(to, high, 16);
    v128.store(to, low);
  }
  for (; n > 0; n--, to += 4, from += 4) store<i32>(to, load<i32>(from));
}

/** out[i] = table[ids[i]]; `step` elements between rows of the table. An item is an index. */
export function gatherTableRows(
  table: usize, step: i32, ids: usize, out: usize, width: i32, begin: i32, end: i32, scratch: usize,
): void {
  for (let i = begin; i < end; i++) {
    const id = load<i32>(ids + (<usize>i << 2));
    copyRow(out + ((<usize>i * <usize>width) << 2), table + ((<usize>id * <usize>step) << 2), width);
  }
}

/**
 * table = 0, then table[ids[i]] += source[i] in the order of i. An item is a row of the table: each thread reads all ids and
 * adds those of its own rows, so the order of additions does not depend on their number.
 */
export function scatterTableRows(
  source: usize, ids: usize, count: i32, table: usize, width: i32, begin: i32, end: i32, scratch: usize,
): void {
  const row = <usize>width << 2;
  memory.fill(table + <usize>begin * row, 0, <usize>(end - begin) * row);
  for (let i = 0; i < count; i++) {
    const id = load<i32>(ids + (<usize>i << 2));
    if (id < begin || id >= end) continue;
    let to = table + <usize>id * row, from = source + <usize>i * row;
    let n = width;
    for (; n >= 8; n -= 8, to += 32, from += 32) {
      const low = f32x4.add(v128.load(to), v128.load(from)), high = f32x4.add(v128.load(to, 16), v128.load(from, 16));
      v128.store(to, high, 16);
      v128.store(to, low);
    }
    for (; n > 0; n--, to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
  }
}
