/**
 * Written by src/platform/dot-tile-source.ts, which says what this is; npm run build-kernels writes it again.
 */
import { madd } from './math';

/** Sums of 1 x 8 dot products, 8 of eight lanes: output (r, c) is at out + 32 (8 r + c). */
export function dots1x8v2(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {
  const w1 = ws, w2 = 2 * ws, w3 = 3 * ws, w4 = 4 * ws, w5 = 5 * ws, w6 = 6 * ws, w7 = 7 * ws;
  let s000 = f32x4.splat(0);
  let s001 = f32x4.splat(0);
  let s010 = f32x4.splat(0);
  let s011 = f32x4.splat(0);
  let s020 = f32x4.splat(0);
  let s021 = f32x4.splat(0);
  let s030 = f32x4.splat(0);
  let s031 = f32x4.splat(0);
  let s040 = f32x4.splat(0);
  let s041 = f32x4.splat(0);
  let s050 = f32x4.splat(0);
  let s051 = f32x4.splat(0);
  let s060 = f32x4.splat(0);
  let s061 = f32x4.splat(0);
  let s070 = f32x4.splat(0);
  let s071 = f32x4.splat(0);
  for (const end = x + (<usize>n << 5); x < end; x += 32, w += 32) {
    const w00 = v128.load(w);
    const w01 = v128.load(w, 16);
    const w10 = v128.load(w + w1);
    const w11 = v128.load(w + w1, 16);
    const w20 = v128.load(w + w2);
    const w21 = v128.load(w + w2, 16);
    const w30 = v128.load(w + w3);
    const w31 = v128.load(w + w3, 16);
    const w40 = v128.load(w + w4);
    const w41 = v128.load(w + w4, 16);
    const w50 = v128.load(w + w5);
    const w51 = v128.load(w + w5, 16);
    const w60 = v128.load(w + w6);
    const w61 = v128.load(w + w6, 16);
    const w70 = v128.load(w + w7);
    const w71 = v128.load(w + w7, 16);
    const x00 = v128.load(x);
    const x01 = v128.load(x, 16);
    s000 = madd(x00, w00, s000);
    s001 = madd(x01, w01, s001);
    s010 = madd(x00, w10, s010);
    s011 = madd(x01, w11, s011);
    s020 = madd(x00, w20, s020);
    s021 = madd(x01, w21, s021);
    s030 = madd(x00, w30, s030);
    s031 = madd(x01, w31, s031);
    s040 = madd(x00, w40, s040);
    s041 = madd(x01, w41, s041);
    s050 = madd(x00, w50, s050);
    s051 = madd(x01, w51, s051);
    s060 = madd(x00, w60, s060);
    s061 = madd(x01, w61, s061);
    s070 = madd(x00, w70, s070);
    s071 = madd(x01, w71, s071);
  }
  v128.store(out, s001, 16);
  v128.store(out, s000);
  v128.store(out, s011, 48);
  v128.store(out, s010, 32);
  v128.store(out, s021, 80);
  v128.store(out, s020, 64);
  v128.store(out, s031, 112);
  v128.store(out, s030, 96);
  v128.store(out, s041, 144);
  v128.store(out, s040, 128);
  v128.store(out, s051, 176);
  v128.store(out, s050, 160);
  v128.store(out, s061, 208);
  v128.store(out, s060, 192);
  v128.store(out, s071, 240);
  v128.store(out, s070, 224);
}

/** Sums of 1 x 4 dot products, 8 of eight lanes: output (r, c) is at out + 32 (4 r + c). */
export function dots1x4v2(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {
  const w1 = ws, w2 = 2 * ws, w3 = 3 * ws;
  let s000 = f32x4.splat(0);
  let s001 = f32x4.splat(0);
  let s010 = f32x4.splat(0);
  let s011 = f32x4.splat(0);
  let s020 = f32x4.splat(0);
  let s021 = f32x4.splat(0);
  let s030 = f32x4.splat(0);
  let s031 = f32x4.splat(0);
  for (const end = x + (<usize>n << 5); x < end; x += 32, w += 32) {
    const w00 = v128.load(w);
    const w01 = v128.load(w, 16);
    const w10 = v128.load(w + w1);
    const w11 = v128.load(w + w1, 16);
    const w20 = v128.load(w + w2);
    const w21 = v128.load(w + w2, 16);
    const w30 = v128.load(w + w3);
    const w31 = v128.load(w + w3, 16);
    const x00 = v128.load(x);
    const x01 = v128.load(x, 16);
    s000 = madd(x00, w00, s000);
    s001 = madd(x01, w01, s001);
    s010 = madd(x00, w10, s010);
    s011 = madd(x01, w11, s011);
    s020 = madd(x00, w20, s020);
    s021 = madd(x01, w21, s021);
    s030 = madd(x00, w30, s030);
    s031 = madd(x01, w31, s031);
  }
  v128.store(out, s001, 16);
  v128.store(out, s000);
  v128.store(out, s011, 48);
  v128.store(out, s010, 32);
  v128.store(out, s021, 80);
  v128.store(out, s020, 64);
  v128.store(out, s031, 112);
  v128.store(out, s030, 96);
}

/** Sums of 3 x 4 dot products, 4 of eight lanes: output (r, c) is at out + 32 (4 r + c). */
export function dots3x4v1(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {
  const x1 = xs, x2 = 2 * xs, w1 = ws, w2 = 2 * ws, w3 = 3 * ws;
  let s000 = f32x4.splat(0);
  let s010 = f32x4.splat(0);
  let s020 = f32x4.splat(0);
  let s030 = f32x4.splat(0);
  let s100 = f32x4.splat(0);
  let s110 = f32x4.splat(0);
  let s120 = f32x4.splat(0);
  let s130 = f32x4.splat(0);
  let s200 = f32x4.splat(0);
  let s210 = f32x4.splat(0);
  let s220 = f32x4.splat(0);
  let s230 = f32x4.splat(0);
  for (const end = x + (<usize>n << 5); x < end; x += 32, w += 32) {
    const w00 = v128.load(w);
    const w10 = v128.load(w + w1);
    const w20 = v128.load(w + w2);
    const w30 = v128.load(w + w3);
    const x00 = v128.load(x);
    s000 = madd(x00, w00, s000);
    s010 = madd(x00, w10, s010);
    s020 = madd(x00, w20, s020);
    s030 = madd(x00, w30, s030);
    const x10 = v128.load(x + x1);
    s100 = madd(x10, w00, s100);
    s110 = madd(x10, w10, s110);
    s120 = madd(x10, w20, s120);
    s130 = madd(x10, w30, s130);
    const x20 = v128.load(x + x2);
    s200 = madd(x20, w00, s200);
    s210 = madd(x20, w10, s210);
    s220 = madd(x20, w20, s220);
    s230 = madd(x20, w30, s230);
  }
  v128.store(out, s000);
  v128.store(out, s010, 32);
  v128.store(out, s020, 64);
  v128.store(out, s030, 96);
  v128.store(out, s100, 128);
  v128.store(out, s110, 160);
  v128.store(out, s120, 192);
  v128.store(out, s130, 224);
  v128.store(out, s200, 256);
  v128.store(out, s210, 288);
  v128.store(out, s220, 320);
  v128.store(out, s230, 352);
}

/** Sums of 2 x 4 dot products, 8 of eight lanes: output (r, c) is at out + 32 (4 r + c). */
export function dots2x4v2(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {
  const x1 = xs, w1 = ws, w2 = 2 * ws, w3 = 3 * ws;
  let s000 = f32x4.splat(0);
  let s001 = f32x4.splat(0);
  let s010 = f32x4.splat(0);
  let s011 = f32x4.splat(0);
  let s020 = f32x4.splat(0);
  let s021 = f32x4.splat(0);
  let s030 = f32x4.splat(0);
  let s031 = f32x4.splat(0);
  let s100 = f32x4.splat(0);
  let s101 = f32x4.splat(0);
  let s110 = f32x4.splat(0);
  let s111 = f32x4.splat(0);
  let s120 = f32x4.splat(0);
  let s121 = f32x4.splat(0);
  let s130 = f32x4.splat(0);
  let s131 = f32x4.splat(0);
  for (const end = x + (<usize>n << 5); x < end; x += 32, w += 32) {
    const w00 = v128.load(w);
    const w01 = v128.load(w, 16);
    const w10 = v128.load(w + w1);
    const w11 = v128.load(w + w1, 16);
    const w20 = v128.load(w + w2);
    const w21 = v128.load(w + w2, 16);
    const w30 = v128.load(w + w3);
    const w31 = v128.load(w + w3, 16);
    const x00 = v128.load(x);
    const x01 = v128.load(x, 16);
    s000 = madd(x00, w00, s000);
    s001 = madd(x01, w01, s001);
    s010 = madd(x00, w10, s010);
    s011 = madd(x01, w11, s011);
    s020 = madd(x00, w20, s020);
    s021 = madd(x01, w21, s021);
    s030 = madd(x00, w30, s030);
    s031 = madd(x01, w31, s031);
    const x10 = v128.load(x + x1);
    const x11 = v128.load(x + x1, 16);
    s100 = madd(x10, w00, s100);
    s101 = madd(x11, w01, s101);
    s110 = madd(x10, w10, s110);
    s111 = madd(x11, w11, s111);
    s120 = madd(x10, w20, s120);
    s121 = madd(x11, w21, s121);
    s130 = madd(x10, w30, s130);
    s131 = madd(x11, w31, s131);
  }
  v128.store(out, s001, 16);
  v128.store(out, s000);
  v128.store(out, s011, 48);
  v128.store(out, s010, 32);
  v128.store(out, s021, 80);
  v128.store(out, s020, 64);
  v128.store(out, s031, 112);
  v128.store(out, s030, 96);
  v128.store(out, s101, 144);
  v128.store(out, s100, 128);
  v128.store(out, s111, 176);
  v128.store(out, s110, 160);
  v128.store(out, s121, 208);
  v128.store(out, s120, 192);
  v128.store(out, s131, 240);
  v128.store(out, s130, 224);
}
