/**
 * How the benchmark speaks to its child processes: one JSON object a line on standard input and output, one answer to each
 * request, in order. Ours (child.ts), PyTorch's (peers/pytorch.py), the JavaScript peers' and the one in C all speak it.
 *
 *   (start)                      {"backend":"wasm","version":"Node 20.20.2","threads":2,"width":128}
 *   {"open":{...task}}           {"task":0,"amount":2048000,"unit":"tokens/s","ms":180}       prepared and warm; ms of one call
 *   {"run":0,"leastMs":100}      {"ms":178.2,"calls":1}                                       mean of one call
 *   {"profile":0,"calls":5}      {"profile":{...}}                                            ours only
 *   {"report":{...}}             {"measurements":[...]}                                       ours only: what a group measures alone
 *   {"list":"ops"}               {"names":["rmsNorm",...]}                                    ours only
 *   {"close":0}                  {}
 *
 * value = amount / ms, in `unit`. What fails answers {"error":"a sentence"}; the end of standard input ends the child, so no child
 * outlives its parent.
 */
import type { Measurement } from '../measurement.ts';

export interface Greeting {
  readonly backend: string;
  readonly version: string;
  readonly threads: number;
  /** Bits of its vectors, where it knows. */
  readonly width?: number;
}

export type Form = 'nn' | 'nt' | 'tn';
export type Size = readonly [m: number, k: number, n: number];

/** What a child can be asked to do again and again. Peers know train, generate and gemm. */
export type Task =
  | { readonly group: 'ceiling' }
  | { readonly group: 'train'; readonly name: string; readonly rows: number; readonly context?: number }
  | { readonly group: 'generate'; readonly name: string; readonly batch: number }
  | { readonly group: 'gemm'; readonly size: Size; readonly form: Form; readonly by?: SlowProduct }
  | { readonly group: 'ops'; readonly name: string }
  | { readonly group: 'moe'; readonly name: MixtureCase };

/** Products that are not the backend's own: the rungs below it. */
export type SlowProduct = 'reference' | '4 x 4 tile' | 'row loop';

export const mixtureCases = ['dense', 'wide', 'moe', 'moe, loss', 'moe, bias', 'moe, all compute'] as const;
export type MixtureCase = (typeof mixtureCases)[number];

export interface Opened {
  readonly task: number;
  readonly amount: number;
  readonly unit: string;
  /** One call after the warm-up. */
  readonly ms: number;
  /** Other numbers that belong to the task. */
  readonly details?: Readonly<Record<string, number>>;
}

export interface Turn {
  /** Mean of the calls of this turn. */
  readonly ms: number;
  readonly calls: number;
}

/** Shares of the time of a step; see profile.ts. */
export interface ProfileAnswer {
  readonly breakdown: Readonly<Record<string, number>>;
  readonly kernels: Readonly<Record<string, number>>;
  readonly details: Readonly<Record<string, number>>;
}

export type Report =
  | { readonly group: 'memory'; readonly steps: number }
  | { readonly group: 'gpu'; readonly mode: string };

export type Request =
  | { readonly open: Task }
  | { readonly run: number; readonly leastMs: number }
  | { readonly profile: number; readonly calls: number }
  | { readonly report: Report }
  | { readonly list: 'ops' }
  | { readonly close: number };

export type Answer =
  | Opened
  | Turn
  | { readonly profile: ProfileAnswer }
  | { readonly measurements: readonly Measurement[] }
  | { readonly names: readonly string[] }
  | { readonly error: string }
  | Record<string, never>;
