/**
 * All kernels of the wasm backend. AssemblyScript: TypeScript syntax, compiled to WebAssembly by src/platform/build-kernels.ts.
 *
 * A kernel gets addresses (usize, in bytes), lengths and strides (in elements), and as its last three arguments `begin`, `end`
 * (its share of the items of a job, see pool.ts) and `scratch` (memory of its thread). Kernels own no memory and know no
 * shapes.
 */
export * from './ceilings';
export { columnsOfTile, gemm, gemmPacked, packColumns, rowsOfTile } from './gemm';
export { dotRows, storeTokens } from './few-rows';
export { unary } from './unary';
export { binary, select } from './binary';
export { fillWords, move } from './copy';
export { argmaxRows, columnReduce, rowReduce } from './reduce';
export * from './softmax';
export * from './indexing';
export * from './optimizer';
export * from './fused';
export * from './attention';
export { nextTokens } from './next-tokens';
