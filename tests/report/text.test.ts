/** What becomes text of a page: escaping, numbers, names of curves, little bars. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { panelSvg, shortNumber, thin } from '../../src/report/curves.ts';
import { escapeHtml, escapeJson, escapeMarkdown } from '../../src/report/escape.ts';
import { duration } from '../../src/report/facts.ts';
import { bars } from '../../src/report/markdown.ts';
import { readMetrics } from '../../src/report/metrics-lines.ts';
import { panelsOf, words } from '../../src/report/panels.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
const points = (values: readonly number[]) => values.map((value, i) => ({ step: i + 1, value }));

test('markup, control characters and direction overrides stay text', () => {
  assert.is(
    escapeHtml('<script>"a" & \'b\'</script>'),
    '&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;',
  );
  assert.is(escapeHtml('a\u0000b\u202ec\ud800d\n龙😀'), 'a\ufffdb\ufffdc\ufffdd\n龙😀');
  assert.is(escapeMarkdown('a|b\n<img> `x` *y* $z$'), 'a\\|b &lt;img&gt; \\`x\\` \\*y\\* \\$z\\$');
  const json = escapeJson({ tokens: ['</script><script>alert(1)'] });
  assert.not.match(json, /</);
  assert.equal(JSON.parse(json), { tokens: ['</script><script>alert(1)'] });
});

test('metrics: every number is a curve; lines that cannot be used are named by file and line, the others stand', () => {
  const good = (step: number) =>
    JSON.stringify({ stage: 'dpo', step, loss: 1 / step, backend: 'wasm', newThing: step });
  const path = put(folder, 'metrics.jsonl', [good(2), '{"stage": "dpo", "st', '', '[1]', good(1)].join('\n'));
  const { stages, backends, problems } = readMetrics(path);
  assert.equal(stages.get('dpo')!.get('loss'), [
    { step: 1, value: 1 },
    { step: 2, value: 0.5 },
  ]);
  assert.equal([...stages.get('dpo')!.keys()], ['loss', 'newThing']);
  assert.equal(backends, ['wasm']);
  assert.is(problems.length, 2);
  assert.ok(problems[0]!.startsWith(`${path}:2: this line is not valid JSON`));
  assert.ok(problems[1]!.startsWith(`${path}:4: this line has no "stage"`));
  refuses(() => readMetrics(`${path}.none`), 'there is no such file');
});

test('numbers of one kind share a picture with their held-out twins; an unknown one has its own', () => {
  const names = [
    'loss',
    'heldOutLoss',
    'lr',
    'chosenLogProb',
    'rejectedLogProb',
    'heldOutNewThing',
    'newThing',
  ];
  const panels = panelsOf('dpo', new Map(names.map((name) => [name, points([1, 2])])));
  assert.equal(
    panels.map(({ title, lines }) => `${title}: ${lines.map(({ name }) => name).join(' + ')}`),
    [
      'Loss: loss + loss, held out',
      'Log-probability of the answers: chosen log-probability + rejected log-probability',
      'New thing: new thing + new thing, held out',
      'Learning rate: learning rate',
    ],
  );
  assert.is(panelsOf('sft', new Map([['loss', points([1])]]))[0]!.unit, 'nats per token');
  assert.is(panels[0]!.unit, 'loss');
  assert.is(words('klK3'), 'KL (k3 estimate)');
});

test('score and gold reward stand over the KL of their step', () => {
  const ppo = new Map([
    ['kl', points([0.1, 0.3])],
    ['score', points([1, 2])],
    ['gold', points([5]).map((point) => ({ ...point, step: 2 }))],
  ]);
  const panels = panelsOf('ppo', ppo);
  assert.equal(
    panels.map(({ title }) => title),
    [
      'Reward of the answers',
      'Gold reward: what the judge says',
      'KL from the start',
      'Score against KL',
      'Gold reward against KL',
    ],
  );
  assert.equal(
    panels.slice(3).map(({ lines }) => lines[0]!.points),
    [
      [
        { step: 0.1, value: 1 },
        { step: 0.3, value: 2 },
      ],
      [{ step: 0.3, value: 5 }],
    ],
  );
  assert.match(panelSvg(panels[4]!), /KL, nats per answer →/);
});

test('a picture is an SVG with named axes; constant and single values are drawn too', () => {
  for (const values of [[3, 2, 1], [5], [0, 0, 0]]) {
    const [panel] = panelsOf('sft', new Map([['loss', points(values)]]));
    const svg = panelSvg(panel!);
    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    assert.match(svg, /nats per token/);
    assert.match(svg, /step →/);
    assert.not.match(svg, /NaN|undefined|Infinity/);
  }
});

test('a long curve is thinned without losing its spikes or its order', () => {
  const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 500));
  values[4321] = 99;
  values[8765] = -99;
  const kept = thin(points(values), 400);
  assert.ok(kept.length <= 400);
  assert.ok(kept.some(({ value }) => value === 99) && kept.some(({ value }) => value === -99));
  assert.ok(kept.every(({ step }, i) => i === 0 || step > kept[i - 1]!.step));
  assert.is(thin(points([1, 2, 3]), 400).length, 3);
});

test('short numbers, durations, bars', () => {
  assert.equal([0, 0.005, 0.000213, 1.23456, 12_345, 2_500_000, -0.5].map(shortNumber), [
    '0',
    '0.005',
    '2.13e-4',
    '1.235',
    '12.3k',
    '2.5M',
    '-0.5',
  ]);
  assert.equal([8.42, 200, 7500].map(duration), ['8.4 s', '3 min 20 s', '2 h 5 min']);
  assert.is(bars(points([1, 2, 3, 8])), '▁▂▃█');
  assert.is(bars(points([2, 2])), '▄▄');
  assert.is([...bars(points(Array.from({ length: 1000 }, (_, i) => i)))].length, 24);
});

test('the loads of all experts share a picture, whatever their number', () => {
  const curves = new Map(['load0', 'load1', 'load2', 'loaded'].map((name) => [name, points([1, 2])]));
  const panels = panelsOf('pretrain', curves);
  const loads = panels.find(({ title }) => title === 'Load of the experts');
  assert.equal(
    loads?.lines.map(({ name }) => name),
    ['load0', 'load1', 'load2'],
  );
  assert.is(panels.length, 2, 'and "loaded" is another thing');
});

test.run();
