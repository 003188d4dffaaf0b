/**
 * Written by src/platform/dot-tile-source.ts, which says what this is; npm run build-kernels writes it again.
 */
import { madd } from './math';

/** Sums of 1 x 4 dot products, 8 of sixteen lanes: output (r, c) is at out + 64 (4 r + c). */
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
  for (const end = x + (<usize>n << 6); x < end; x += 64, w += 64) {
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
  v128.store(out, s011, 80);
  v128.store(out, s010, 64);
  v128.store(out, s021, 144);
  v128.store(out, s020, 128);
  v128.store(out, s031, 208);
  v128.store(out, s030, 192);
}

/** Sums of 3 x 4 dot products, 4 of sixteen lanes: output (r, c) is at out + 64 (4 r + c). */
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
  for (const end = x + (<usize>n << 6); x < end; x += 64, w += 64) {
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
  v128.store(out, s010, 64);
  v128.store(out, s020, 128);
  v128.store(out, s030, 192);
  v128.store(out, s100, 256);
  v128.store(out, s110, 320);
  v128.store(out, s120, 384);
  v128.store(out, s130, 448);
  v128.store(out, s200, 512);
  v128.store(out, s210, 576);
  v128.store(out, s220, 640);
  v128.store(out, s230, 704);
}

/** Sums of 1 x 4 dot products, 16 of sixteen lanes: output (r, c) is at out + 64 (4 r + c). */
export function dots1x4v4(x: usize, xs: usize, w: usize, ws: usize, n: i32, out: usize): void {
  const w1 = ws, w2 = 2 * ws, w3 = 3 * ws;
  let s000 = f32x4.splat(0);
  let s001 = f32x4.splat(0);
  let s002 = f32x4.splat(0);
  let s003 = f32x4.splat(0);
  let s010 = f32x4.splat(0);
  let s011 = f32x4.splat(0);
  let s012 = f32x4.splat(0);
  let s013 = f32x4.splat(0);
  let s020 = f32x4.splat(0);
  let s021 = f32x4.splat(0);
  let s022 = f32x4.splat(0);
  let s023 = f32x4.splat(0);
  let s030 = f32x4.splat(0);
  let s031 = f32x4.splat(0);
  let s032 = f32x4.splat(0);
  let s033 = f32x4.splat(0);
  for (const end = x + (<usize>n << 6); x < end; x += 64, w += 64) {
    const w00 = v128.load(w);
    const w01 = v128.load(w, 16);
    const w02 = v128.load(w, 32);
    const w03 = v128.load(w, 48);
    const w10 = v128.load(w + w1);
    const w11 = v128.load(w + w1, 16);
    const w12 = v128.load(w + w1, 32);
    const w13 = v128.load(w + w1, 48);
    const w20 = v128.load(w + w2);
    const w21 = v128.load(w + w2, 16);
    const w22 = v128.load(w + w2, 32);
    const w23 = v128.load(w + w2, 48);
    const w30 = v128.load(w + w3);
    const w31 = v128.load(w + w3, 16);
    const w32 = v128.load(w + w3, 32);
    const w33 = v128.load(w + w3, 48);
    const x00 = v128.load(x);
    const x01 = v128.load(x, 16);
    const x02 = v128.load(x, 32);
    const x03 = v128.load(x, 48);
    s000 = madd(x00, w00, s000);
    s001 = madd(x01, w01, s001);
    s002 = madd(x02, w02, s002);
    s003 = madd(x03, w03, s003);
    s010 = madd(x00, w10, s010);
    s011 = madd(x01, w11, s011);
    s012 = madd(x02, w12, s012);
    s013 = madd(x03, w13, s013);
    s020 = madd(x00, w20, s020);
    s021 = madd(x01, w21, s021);
    s022 = madd(x02, w22, s022);
    s023 = madd(x03, w23, s023);
    s030 = madd(x00, w30, s030);
    s031 = madd(x01, w31, s031);
    s032 = madd(x02, w32, s032);
    s033 = madd(x03, w33, s033);
  }
  v128.store(out, s001, 16);
  v128.store(out, s000);
  v128.store(out, s003, 48);
  v128.store(out, s002, 32);
  v128.store(out, s011, 80);
  v128.store(out, s010, 64);
  v128.store(out, s013, 112);
  v128.store(out, s012, 96);
  v128.store(out, s021, 144);
  v128.store(out, s020, 128);
  v128.store(out, s023, 176);
  v128.store(out, s022, 160);
  v128.store(out, s031, 208);
  v128.store(out, s030, 192);
  v128.store(out, s033, 240);
  v128.store(out, s032, 224);
}

/** Sums of 2 x 4 dot products, 8 of sixteen lanes: output (r, c) is at out + 64 (4 r + c). */
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
  for (const end = x + (<usize>n << 6); x < end; x += 64, w += 64) {
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
  v128.store(out, s011, 80);
  v128.store(out, s010, 64);
  v128.store(out, s021, 144);
  v128.store(out, s020, 128);
  v128.store(out, s031, 208);
  v128.store(out, s030, 192);
  v128.store(out, s101, 272);
  v128.store(out, s100, 256);
  v128.store(out, s111, 336);
  v128.store(out, s110, 320);
  v128.store(out, s121, 400);
  v128.store(out, s120, 384);
  v128.store(out, s131, 464);
  v128.store(out, s130, 448);
}
