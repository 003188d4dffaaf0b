/** Which numbers of a stage share a picture, and in which order. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Changes } from '../../src/knobs.ts';
import { panelSvg } from '../../src/report/curves.ts';
import { panelsOf, words } from '../../src/report/panels.ts';
import { points } from './points.ts';

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

test('each curve of a picture has its own points, under its own name; only the twin of held-out data is held out', () => {
  const names = [
    'chosenReward',
    'heldOutChosenReward',
    'rejectedReward',
    'heldOutRejectedReward',
    'myThing',
    'heldOutMyThing',
  ];
  const curves = new Map(names.map((name, i) => [name, points([i, 10 * i])]));
  const lines = panelsOf('dpo', curves).flatMap(({ lines }) => lines);
  assert.equal(
    lines.map(({ name, points: own, heldOut }) => [name, own, heldOut]),
    names.map((name) => [words(name), curves.get(name), name.startsWith('heldOut')]),
  );
});

test('what nobody named stands after the known pictures and before the machinery, once', () => {
  const names = ['lr', 'aThing', 'heldOutAThing', 'gradNorm', 'tokensPerSecond', 'entropy', 'loss'];
  const panels = panelsOf('ppo', new Map(names.map((name) => [name, points([1])])));
  assert.equal(
    panels.map(({ title, unit }) => [title, unit]),
    [
      ['Loss', 'loss'],
      ['Entropy', 'nats per token'],
      ['A thing', 'a thing'],
      ['Learning rate', 'rate'],
      ['Gradient norm, before clipping', 'L2 norm'],
      ['Speed', 'tokens/s'],
    ],
  );
});

test('over the KL stand the scores of the steps that have one, whatever else was logged', () => {
  const at = (steps: readonly number[], times: number) =>
    steps.map((step) => ({ step, value: times * step }));
  const curves = new Map([
    ['kl', at([1, 2, 4, 5], 0.1)],
    ['klK3', at([1, 2, 3, 4, 5], 100)],
    ['score', at([2, 3, 4], 7)],
  ]);
  const panels = panelsOf('ppo', curves);
  assert.equal(
    panels.map(({ title }) => title),
    ['Reward of the answers', 'KL from the start', 'Score against KL'],
  );
  assert.equal(panels[2]!.lines[0]!.points, [
    { step: 0.2, value: 14 },
    { step: 0.4, value: 28 },
  ]);
});

test('the unit of a score is that of what earned it: deviations of a reward model, or right answers', () => {
  const curves = new Map(['kl', 'score', 'reward'].map((name) => [name, points([1, 2])]));
  const units = (changes: Changes) =>
    panelsOf('grpo', curves, changes)
      .filter(({ title }) => /Reward|Score/.test(title))
      .map(({ unit }) => unit);
  assert.equal(units({}), ['deviations', 'deviations']);
  assert.equal(units({ reward: 'model' }), ['deviations', 'deviations']);
  assert.equal(units({ reward: 'fact' }), ['share of right answers', 'share of right answers']);
});

test.run();
