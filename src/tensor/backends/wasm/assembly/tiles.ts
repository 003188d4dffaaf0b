/**
 * Written by src/platform/tile-source.ts, which says what this is; npm run build-kernels writes it again.
 */
import { madd } from './math';

/** C[6][8] = base + panel of A [kc][6] times panel of B [kc][8]. */
export function tile6x8(
  a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize,
): void {
  let c00 = v128.load(base);
  let c01 = v128.load(base, 16);
  let c10 = v128.load(base + ldb);
  let c11 = v128.load(base + ldb, 16);
  let c20 = v128.load(base + 2 * ldb);
  let c21 = v128.load(base + 2 * ldb, 16);
  let c30 = v128.load(base + 3 * ldb);
  let c31 = v128.load(base + 3 * ldb, 16);
  let c40 = v128.load(base + 4 * ldb);
  let c41 = v128.load(base + 4 * ldb, 16);
  let c50 = v128.load(base + 5 * ldb);
  let c51 = v128.load(base + 5 * ldb, 16);
  const end = b + <usize>kc * 32;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x: v128;
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    a += 24;
    b += 32;
  }
  v128.store(c, c01, 16);
  v128.store(c, c00);
  v128.store(c + ldc, c11, 16);
  v128.store(c + ldc, c10);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 4 * ldc, c40);
  v128.store(c + 5 * ldc, c51, 16);
  v128.store(c + 5 * ldc, c50);
}

/** C[6][16] = base + panel of A [kc][6] times panel of B [kc][16]. */
export function tile6x16(
  a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize,
): void {
  let c00 = v128.load(base);
  let c01 = v128.load(base, 16);
  let c02 = v128.load(base, 32);
  let c03 = v128.load(base, 48);
  let c10 = v128.load(base + ldb);
  let c11 = v128.load(base + ldb, 16);
  let c12 = v128.load(base + ldb, 32);
  let c13 = v128.load(base + ldb, 48);
  let c20 = v128.load(base + 2 * ldb);
  let c21 = v128.load(base + 2 * ldb, 16);
  let c22 = v128.load(base + 2 * ldb, 32);
  let c23 = v128.load(base + 2 * ldb, 48);
  let c30 = v128.load(base + 3 * ldb);
  let c31 = v128.load(base + 3 * ldb, 16);
  let c32 = v128.load(base + 3 * ldb, 32);
  let c33 = v128.load(base + 3 * ldb, 48);
  let c40 = v128.load(base + 4 * ldb);
  let c41 = v128.load(base + 4 * ldb, 16);
  let c42 = v128.load(base + 4 * ldb, 32);
  let c43 = v128.load(base + 4 * ldb, 48);
  let c50 = v128.load(base + 5 * ldb);
  let c51 = v128.load(base + 5 * ldb, 16);
  let c52 = v128.load(base + 5 * ldb, 32);
  let c53 = v128.load(base + 5 * ldb, 48);
  const end = b + <usize>kc * 64;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    let x: v128;
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    c02 = madd(x, b2, c02);
    c03 = madd(x, b3, c03);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    c12 = madd(x, b2, c12);
    c13 = madd(x, b3, c13);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    c22 = madd(x, b2, c22);
    c23 = madd(x, b3, c23);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    c32 = madd(x, b2, c32);
    c33 = madd(x, b3, c33);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    c42 = madd(x, b2, c42);
    c43 = madd(x, b3, c43);
    x = v128.load32_splat(a, 20);
    c50 = madd(x, b0, c50);
    c51 = madd(x, b1, c51);
    c52 = madd(x, b2, c52);
    c53 = madd(x, b3, c53);
    a += 24;
    b += 64;
  }
  v128.store(c, c01, 16);
  v128.store(c, c00);
  v128.store(c, c03, 48);
  v128.store(c, c02, 32);
  v128.store(c + ldc, c11, 16);
  v128.store(c + ldc, c10);
  v128.store(c + ldc, c13, 48);
  v128.store(c + ldc, c12, 32);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 2 * ldc, c23, 48);
  v128.store(c + 2 * ldc, c22, 32);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 3 * ldc, c33, 48);
  v128.store(c + 3 * ldc, c32, 32);
  v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 4 * ldc, c40);
  v128.store(c + 4 * ldc, c43, 48);
  v128.store(c + 4 * ldc, c42, 32);
  v128.store(c + 5 * ldc, c51, 16);
  v128.store(c + 5 * ldc, c50);
  v128.store(c + 5 * ldc, c53, 48);
  v128.store(c + 5 * ldc, c52, 32);
}

/** C[5][8] = base + panel of A [kc][5] times panel of B [kc][8]. */
export function tile5x8(
  a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize,
): void {
  let c00 = v128.load(base);
  let c01 = v128.load(base, 16);
  let c10 = v128.load(base + ldb);
  let c11 = v128.load(base + ldb, 16);
  let c20 = v128.load(base + 2 * ldb);
  let c21 = v128.load(base + 2 * ldb, 16);
  let c30 = v128.load(base + 3 * ldb);
  let c31 = v128.load(base + 3 * ldb, 16);
  let c40 = v128.load(base + 4 * ldb);
  let c41 = v128.load(base + 4 * ldb, 16);
  const end = b + <usize>kc * 32;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x: v128;
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    x = v128.load32_splat(a, 16);
    c40 = madd(x, b0, c40);
    c41 = madd(x, b1, c41);
    a += 20;
    b += 32;
  }
  v128.store(c, c01, 16);
  v128.store(c, c00);
  v128.store(c + ldc, c11, 16);
  v128.store(c + ldc, c10);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 4 * ldc, c40);
}

/** C[4][16] = base + panel of A [kc][4] times panel of B [kc][16]. */
export function tile4x16(
  a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize,
): void {
  let c00 = v128.load(base);
  let c01 = v128.load(base, 16);
  let c02 = v128.load(base, 32);
  let c03 = v128.load(base, 48);
  let c10 = v128.load(base + ldb);
  let c11 = v128.load(base + ldb, 16);
  let c12 = v128.load(base + ldb, 32);
  let c13 = v128.load(base + ldb, 48);
  let c20 = v128.load(base + 2 * ldb);
  let c21 = v128.load(base + 2 * ldb, 16);
  let c22 = v128.load(base + 2 * ldb, 32);
  let c23 = v128.load(base + 2 * ldb, 48);
  let c30 = v128.load(base + 3 * ldb);
  let c31 = v128.load(base + 3 * ldb, 16);
  let c32 = v128.load(base + 3 * ldb, 32);
  let c33 = v128.load(base + 3 * ldb, 48);
  const end = b + <usize>kc * 64;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    let x: v128;
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    c02 = madd(x, b2, c02);
    c03 = madd(x, b3, c03);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    c12 = madd(x, b2, c12);
    c13 = madd(x, b3, c13);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    c22 = madd(x, b2, c22);
    c23 = madd(x, b3, c23);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    c32 = madd(x, b2, c32);
    c33 = madd(x, b3, c33);
    a += 16;
    b += 64;
  }
  v128.store(c, c01, 16);
  v128.store(c, c00);
  v128.store(c, c03, 48);
  v128.store(c, c02, 32);
  v128.store(c + ldc, c11, 16);
  v128.store(c + ldc, c10);
  v128.store(c + ldc, c13, 48);
  v128.store(c + ldc, c12, 32);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 2 * ldc, c23, 48);
  v128.store(c + 2 * ldc, c22, 32);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 3 * ldc, c33, 48);
  v128.store(c + 3 * ldc, c32, 32);
}

/** C[4][8] = base + panel of A [kc][4] times panel of B [kc][8]. */
export function tile4x8(
  a: usize, b: usize, kc: i32, c: usize, ldc: usize, base: usize, ldb: usize,
): void {
  let c00 = v128.load(base);
  let c01 = v128.load(base, 16);
  let c10 = v128.load(base + ldb);
  let c11 = v128.load(base + ldb, 16);
  let c20 = v128.load(base + 2 * ldb);
  let c21 = v128.load(base + 2 * ldb, 16);
  let c30 = v128.load(base + 3 * ldb);
  let c31 = v128.load(base + 3 * ldb, 16);
  const end = b + <usize>kc * 32;
  while (b < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x: v128;
    x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    a += 16;
    b += 32;
  }
  v128.store(c, c01, 16);
  v128.store(c, c00);
  v128.store(c + ldc, c11, 16);
  v128.store(c + ldc, c10);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 3 * ldc, c30);
}
