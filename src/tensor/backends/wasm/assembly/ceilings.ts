/**
 * Written by src/platform/tile-source.ts: multiply-adds in registers, `end - begin` times.
 */
import { madd } from './math';

/** 80 floating-point operations each time. */
export function ceiling(out: usize, begin: i32, end: i32, scratch: usize): void {
  memory.fill(scratch, 0, 160);
  store<f32>(scratch, 1e-9, 160);
  store<f32>(scratch, 1, 164);
  const x = v128.load32_splat(scratch, 160), y = v128.load32_splat(scratch, 164);
  let s0 = v128.load(scratch, 0);
  let s1 = v128.load(scratch, 16);
  let s2 = v128.load(scratch, 32);
  let s3 = v128.load(scratch, 48);
  let s4 = v128.load(scratch, 64);
  let s5 = v128.load(scratch, 80);
  let s6 = v128.load(scratch, 96);
  let s7 = v128.load(scratch, 112);
  let s8 = v128.load(scratch, 128);
  let s9 = v128.load(scratch, 144);
  for (let n = begin; n < end; n++) {
    s0 = madd(x, y, s0);
    s1 = madd(x, y, s1);
    s2 = madd(x, y, s2);
    s3 = madd(x, y, s3);
    s4 = madd(x, y, s4);
    s5 = madd(x, y, s5);
    s6 = madd(x, y, s6);
    s7 = madd(x, y, s7);
    s8 = madd(x, y, s8);
    s9 = madd(x, y, s9);
  }
  v128.store(scratch, s1, 16);
  v128.store(scratch, s0, 0);
  v128.store(scratch, s3, 48);
  v128.store(scratch, s2, 32);
  v128.store(scratch, s5, 80);
  v128.store(scratch, s4, 64);
  v128.store(scratch, s7, 112);
  v128.store(scratch, s6, 96);
  v128.store(scratch, s9, 144);
  v128.store(scratch, s8, 128);
}

/** 192 floating-point operations each time. */
export function ceilingWide(out: usize, begin: i32, end: i32, scratch: usize): void {
  memory.fill(scratch, 0, 384);
  store<f32>(scratch, 1e-9, 384);
  store<f32>(scratch, 1, 388);
  const x = v128.load32_splat(scratch, 384), y = v128.load32_splat(scratch, 388);
  let s0 = v128.load(scratch, 0);
  let s1 = v128.load(scratch, 16);
  let s2 = v128.load(scratch, 32);
  let s3 = v128.load(scratch, 48);
  let s4 = v128.load(scratch, 64);
  let s5 = v128.load(scratch, 80);
  let s6 = v128.load(scratch, 96);
  let s7 = v128.load(scratch, 112);
  let s8 = v128.load(scratch, 128);
  let s9 = v128.load(scratch, 144);
  let s10 = v128.load(scratch, 160);
  let s11 = v128.load(scratch, 176);
  let s12 = v128.load(scratch, 192);
  let s13 = v128.load(scratch, 208);
  let s14 = v128.load(scratch, 224);
  let s15 = v128.load(scratch, 240);
  let s16 = v128.load(scratch, 256);
  let s17 = v128.load(scratch, 272);
  let s18 = v128.load(scratch, 288);
  let s19 = v128.load(scratch, 304);
  let s20 = v128.load(scratch, 320);
  let s21 = v128.load(scratch, 336);
  let s22 = v128.load(scratch, 352);
  let s23 = v128.load(scratch, 368);
  for (let n = begin; n < end; n++) {
    s0 = madd(x, y, s0);
    s1 = madd(x, y, s1);
    s2 = madd(x, y, s2);
    s3 = madd(x, y, s3);
    s4 = madd(x, y, s4);
    s5 = madd(x, y, s5);
    s6 = madd(x, y, s6);
    s7 = madd(x, y, s7);
    s8 = madd(x, y, s8);
    s9 = madd(x, y, s9);
    s10 = madd(x, y, s10);
    s11 = madd(x, y, s11);
    s12 = madd(x, y, s12);
    s13 = madd(x, y, s13);
    s14 = madd(x, y, s14);
    s15 = madd(x, y, s15);
    s16 = madd(x, y, s16);
    s17 = madd(x, y, s17);
    s18 = madd(x, y, s18);
    s19 = madd(x, y, s19);
    s20 = madd(x, y, s20);
    s21 = madd(x, y, s21);
    s22 = madd(x, y, s22);
    s23 = madd(x, y, s23);
  }
  v128.store(scratch, s1, 16);
  v128.store(scratch, s0, 0);
  v128.store(scratch, s3, 48);
  v128.store(scratch, s2, 32);
  v128.store(scratch, s5, 80);
  v128.store(scratch, s4, 64);
  v128.store(scratch, s7, 112);
  v128.store(scratch, s6, 96);
  v128.store(scratch, s9, 144);
  v128.store(scratch, s8, 128);
  v128.store(scratch, s11, 176);
  v128.store(scratch, s10, 160);
  v128.store(scratch, s13, 208);
  v128.store(scratch, s12, 192);
  v128.store(scratch, s15, 240);
  v128.store(scratch, s14, 224);
  v128.store(scratch, s17, 272);
  v128.store(scratch, s16, 256);
  v128.store(scratch, s19, 304);
  v128.store(scratch, s18, 288);
  v128.store(scratch, s21, 336);
  v128.store(scratch, s20, 320);
  v128.store(scratch, s23, 368);
  v128.store(scratch, s22, 352);
}
