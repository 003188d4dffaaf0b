/**
 * Flags of V8: which are known where, what they do, and that V8 has nothing to say about them. In processes of their own, since
 * flags are those of a process, and on every Node that TINY_LLM_NODES names.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Engine, knownFlags, saidOf, tryFlags } from '../../src/platform/v8-flags.ts';
import { nodes } from '../nodes/named.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const unasked = () => {
  throw new Error('a measured V8 was asked');
};
const engine = (version: string, rest: Partial<Engine> = {}): Engine => ({
  ...{ version, isNode: true, hasPass: true, listOptions: unasked, tryFlags: unasked, ...rest },
});

test('each V8 is given the flags that it knows and needs', () => {
  const relaxedSimd = 'experimental-wasm-relaxed-simd';
  const revectorize = 'experimental-wasm-revectorize';
  const table: readonly [string, Partial<Engine>, readonly (string | null)[], boolean | undefined][] = [
    ['11.3.244.8-node.38', { hasPass: false }, [relaxedSimd, null], undefined],
    ['12.4.254.21-node.57', {}, [null, null], undefined],
    ['12.9.202.28-node.14', {}, [null, null], undefined],
    ['13.6.233.17-node.53', {}, [null, revectorize], false],
    ['13.6.233.17-node.53', { hasPass: false }, [null, null], false], // arm64, macOS
    ['14.1.146.11-node.10', {}, [null, revectorize], true],
    ['14.6.202.34-node.34', {}, [null, revectorize], true],
    ['14.6.202.34-node.20', { isNode: false }, [null, null], undefined], // Bun
    ['15.0.245.2-rusty', { isNode: false }, [null, null], undefined], // Deno
    ['15.0.1.1', { hasPass: false }, [null, null], undefined],
    ['', {}, [null, null], undefined],
  ];
  for (const [version, rest, names, deoptimizes] of table) {
    const known = knownFlags(engine(version, rest));
    assert.equal([known.relaxedSimd, known.revectorize], names, version);
    assert.is(known.eager['wasm-deopt'], deoptimizes, version);
  }
});

test('a V8 that nobody has measured is asked for its flags, and tried', () => {
  const line = (name: string, no = '') =>
    `  --${name} (what it does)\n        type: bool  default: --${no}${name}\n`;
  const compilers = line('liftoff') + line('wasm-lazy-compilation') + line('wasm-deopt', 'no-');
  const eager = { liftoff: true, 'wasm-lazy-compilation': true, 'wasm-deopt': false };
  const nothing = { relaxedSimd: null, revectorize: null, eager: {} };
  let tried: readonly string[] = [];
  const after = (listed: string, works = true) => {
    const trial = (names: readonly string[]) => {
      tried = names;
      return works;
    };
    return knownFlags(engine('15.6.1.2', { listOptions: () => listed, tryFlags: trial }));
  };
  for (const revectorize of ['wasm-revectorize', 'experimental-wasm-revectorize']) {
    assert.equal(after(compilers + line(revectorize)), { relaxedSimd: null, revectorize, eager });
    assert.equal(tried, [revectorize, 'no-liftoff', 'no-wasm-lazy-compilation', 'no-wasm-deopt']);
  }
  assert.equal(after(compilers + line('wasm-revectorize'), false), nothing);
  assert.equal(after(compilers + line('trace-wasm-revectorize')), nothing);
  assert.equal(after(''), nothing);
});

test('the trial of flags tells those that V8 takes from others', () => {
  const relaxed = process.versions.v8.startsWith('11.') ? ['experimental-wasm-relaxed-simd'] : []; // for the kernels
  assert.ok(tryFlags([...relaxed, 'no-liftoff']));
  assert.not.ok(tryFlags([...relaxed, 'no-liftoff', 'no-such-flag']));
});

test('what the command line says of a flag is read as V8 reads it', () => {
  assert.ok(saidOf('liftoff', [], true));
  assert.not.ok(saidOf('liftoff', [], false));
  assert.ok(saidOf('liftoff', ['--no-liftoff', '--liftoff'], false));
  assert.ok(saidOf('liftoff', ['--no-liftoff-only', '--import', 'tsx', '--no-wasm-lazy-compilation'], true));
  for (const form of ['--no-liftoff', '--noliftoff', '--no_liftoff', '--liftoff=false', '-no-liftoff'])
    assert.not.ok(saidOf('liftoff', ['--liftoff', form], true), form);
  assert.not.ok(saidOf('wasm-lazy-compilation', ['--no_wasm_lazy-compilation'], true));
});

/** Prints what `body` returns, as JSON; V8's words about compilers are built from strings, since tsx cannot read them. */
function run(node: string, args: readonly string[], body: string): { result: unknown; stdout: string } {
  const program = `
    import { readFileSync } from 'node:fs';
    import * as flags from './src/platform/v8-flags.ts';
    import { kernelPath } from './src/platform/build-kernels.ts';
    const is = (compiler) => new Function('f', 'return %Is' + compiler + 'Function(f)');
    const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 6, 1, 96, 1, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0];
    /** f(x) = x + k; every k makes a module that V8 has not seen. */
    const compile = (k) => {
      const bytes = Uint8Array.from([...header, 10, 9, 1, 7, 0, 32, 0, 65, k, 106, 11]);
      return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.f;
    };
    const kernels = () => new WebAssembly.Module(readFileSync(kernelPath('fma')));
    const result = (() => { ${body} })();
    console.log('result ' + JSON.stringify(result));`;
  const options = [
    '--import',
    'tsx',
    '--allow-natives-syntax',
    ...args,
    '--input-type=module',
    '-e',
    program,
  ];
  const { status, stdout, stderr } = spawnSync(node, options, { cwd: root, encoding: 'utf8' });
  assert.is(stderr, '', `standard error of ${node}`);
  assert.is(status, 0);
  return { result: JSON.parse(stdout.split('result ').at(-1)!), stdout }; // split gives one part at least
}

/** The major version of each Node. */
const majors = new Map(
  nodes.map((node) => [node, Number(run(node, [], `return process.versions.node.split('.')[0];`).result)]),
);

test('every Node compiles fused multiply-add, and V8 says nothing about its flags', () => {
  for (const [node, major] of majors) {
    const { result } = run(
      node,
      [],
      `
      const before = flags.canRevectorize();
      flags.enableRelaxedSimd();
      flags.setRevectorize(true);
      flags.withEagerOptimizing(kernels);
      flags.setRevectorize(false);
      return [WebAssembly.validate(readFileSync(kernelPath('fma'))), before, flags.canRevectorize()];`,
    );
    const [validates, ...can] = result as boolean[];
    assert.ok(validates, node);
    const expected = major >= 24 && process.arch === 'x64' && process.platform !== 'darwin';
    assert.equal(can, [expected, expected], `Node ${major}`);
  }
  const unseen = [20, 22, 24, 26].filter((major) => ![...majors.values()].includes(major));
  if (unseen.length > 0)
    process.stderr.write(`not tried: Node ${unseen.join(', ')}, which TINY_LLM_NODES does not name\n`);
});

test('the optimizing compiler works at once inside, and not afterwards', () => {
  for (const [node, major] of majors) {
    const { result } = run(
      node,
      [],
      `
      const inside = flags.withEagerOptimizing(() => flags.withEagerOptimizing(() => compile(1)) && compile(2));
      try { flags.withEagerOptimizing(() => { throw new Error('thrown') }) } catch {}
      const after = compile(3);
      const isLazy = !is('TurboFan')(after) && !is('Liftoff')(after);
      after(1);
      return [is('TurboFan')(inside), isLazy, is('Liftoff')(after)];`,
    );
    const [inside, isLazy, isQuick] = result as boolean[];
    assert.equal([inside, isLazy], [true, true], node);
    if (major >= 24) assert.ok(isQuick, node); // older ones optimize sooner, now and then: their budgets start as they like
  }
});

test('what the command line has switched off stays off', () => {
  for (const node of nodes) {
    const { result } = run(
      node,
      ['--no-liftoff', '--no-wasm-lazy-compilation'],
      `flags.withEagerOptimizing(() => compile(1)); return is('TurboFan')(compile(2));`,
    );
    assert.is(result, true, node);
  }
});

test('the pass is on when it is wanted and off when it is not', () => {
  for (const [node, major] of majors) {
    if (major < 24) continue;
    const kernelsWith = (on: string) =>
      run(node, ['--trace-wasm-revectorize'], `${on} flags.withEagerOptimizing(kernels); return 0;`).stdout;
    assert.match(kernelsWith('flags.setRevectorize(true);'), /^Revec: /m);
    assert.not.match(kernelsWith('flags.setRevectorize(true); flags.setRevectorize(false);'), /^Revec: /m);
    assert.not.match(kernelsWith(''), /^Revec: /m);
  }
});

test.run();
