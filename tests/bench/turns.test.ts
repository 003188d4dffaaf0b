/**
 * The benchmark's processes take turns: who runs when, what is computed from it, what happens when a child fails. No speed is
 * asserted here; the children are a few lines each, but for one of ours that makes one real turn.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatMeasurement } from '../../bench/measurement.ts';
import { slope } from '../../bench/scale.ts';
import { Child, ChildError, ourProgram } from '../../bench/turns/child-process.ts';
import type { Task } from '../../bench/turns/protocol.ts';
import {
  disturbance,
  faster,
  measurementOf,
  type Series,
  spread,
  takeTurns,
} from '../../bench/turns/rounds.ts';

/** A child whose n-th call takes as many milliseconds as it is told to say; it knows no products. */
const fake = (name: string, threads: number, times: readonly number[]) => ({
  name,
  command: process.execPath,
  args: [
    '--eval',
    `const say = (line) => console.log(JSON.stringify(line));
    const times = ${JSON.stringify(times)};
    console.log('a library greets');
    say({ backend: 'fake', version: 'Fake 1', threads: ${threads} });
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const request = JSON.parse(line);
      if (request.open?.group === 'gemm') say({ error: 'it knows no products' });
      else if (request.open) say({ task: 0, amount: 1000, unit: 'tokens/s', ms: 1 });
      else if ('run' in request) say({ ms: times.shift(), calls: 1 });
      else say({});
    });`,
  ],
});

const step: Task = { group: 'train', name: 'pico', rows: 1 };
const product: Task = { group: 'gemm', size: [1, 1, 1], form: 'nn' };
const seriesOf = (...values: number[]) => ({ values }) as unknown as Series;

test('values are amounts by milliseconds, round by round; a ratio is that of the rounds', async () => {
  const slow = await Child.start(fake('slow', 1, [10, 20, 40]));
  const fast = await Child.start(fake('fast', 2, [5, 20, 10]));
  try {
    const candidates = [slow, fast].map((child) => ({ child, task: step }));
    const { series, close } = await takeTurns(candidates, { rounds: 3, leastMs: 1 });
    assert.equal(
      series.map(({ values }) => values),
      [
        [100, 50, 25],
        [200, 50, 100],
      ],
    );
    assert.is(faster(series[1]!, series[0]!), 2); // of 2, 1 and 4
    const { value, best, rounds, threads, backend, version } = measurementOf(series[1]!, 'train', 'pico');
    assert.equal([value, best, rounds, threads, backend, version], [100, 200, 3, 2, 'fast', 'Fake 1']);
    await close();
  } finally {
    slow.stop();
    fast.stop();
  }
});

test('a candidate that cannot do the task is an error, or left out where the caller says so', async () => {
  const child = await Child.start(fake('fake', 1, [10]));
  const able = await Child.start(fake('able', 1, [10]));
  try {
    const plan = { rounds: 1, leastMs: 1 };
    await takeTurns([{ child, task: product }], plan).then(
      () => assert.unreachable('a product of one that knows none'),
      (error) => assert.instance(error, ChildError),
    );
    const out: string[] = [];
    const candidates = [
      { child, task: product },
      { child: able, task: step },
    ];
    const { series } = await takeTurns(candidates, {
      ...plan,
      leaveOut: ({ name }, why) => out.push(`${name}: ${why}`),
    });
    assert.equal(out, ['fake: it knows no products']);
    assert.equal(
      series.map((each) => each.child.name),
      ['able'],
    );
  } finally {
    child.stop();
    able.stop();
  }
});

test('a child that does not start says why in the words it left', async () => {
  for (const [program, words] of [
    [
      { command: process.execPath, args: ['--eval', 'console.error("no torch here"); process.exit(1)'] },
      /no torch here/,
    ],
    [{ command: '/does/not/exist', args: [] }, /ENOENT/],
  ] as const) {
    await Child.start(program).then(
      (child) => {
        child.stop();
        assert.unreachable('it started');
      },
      (error) => {
        assert.instance(error, ChildError);
        assert.match(error.message, words);
      },
    );
  }
});

test('a real child makes one turn and a profile, and ends with its input', async () => {
  const child = await Child.start(ourProgram({ threads: 1, node: process.execPath }));
  try {
    assert.is(child.greeting.backend, 'wasm');
    assert.is(child.greeting.version, `Node ${process.versions.node}`);
    const candidates = [{ child, task: { group: 'train', name: 'pico', rows: 1 } as const }];
    const { series, ceilings, close } = await takeTurns(candidates, {
      rounds: 1,
      leastMs: 0,
      ceilings: [child],
    });
    for (const { values } of [...series, ...ceilings]) assert.ok(values.length === 1 && values[0]! > 0);
    const { breakdown } = await child.profile(series[0]!.opened.task, 1);
    assert.equal(Object.keys(breakdown), ['products', 'kernels', 'backend', 'graph']);
    await close();
  } finally {
    child.stop();
  }
});

test('one bad round of the ceiling is not a disturbance, a quarter of them is', () => {
  assert.is(disturbance([seriesOf(100, 99, 50, 98, 100, 99, 98)]), null);
  assert.is(spread(seriesOf(100, 60, 50, 98, 100, 99, 98)), 0.4);
  assert.match(disturbance([seriesOf(100), seriesOf(100, 60, 50, 98, 100, 99, 98)]) ?? '', /lost 40%/);
});

test('the slope of a power law is its exponent', () => {
  const xs = [1, 10, 100, 1000];
  assert.ok(
    Math.abs(
      slope(
        xs,
        xs.map((x) => 3 * x ** 0.9),
      ) - 0.9,
    ) < 1e-12,
  );
});

test('a row says threads, width and version, the median and the best', () => {
  const line = formatMeasurement({
    ...{ group: 'train', name: 'nano', backend: 'wasm', threads: 2, width: 256, version: 'Node 26.10.0' },
    ...{ value: 12345, best: 13000, rounds: 9, unit: 'tokens/s', ratios: { '1 thread': 1.75 } },
  });
  assert.match(
    line,
    /wasm 2t 256 bit Node 26\.10\.0 +12345, best +13000 of 9 tokens\/s +1\.75 x 1 thread\n$/,
  );
});

test.run();
