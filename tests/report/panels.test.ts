/** Which numbers of a stage share a picture, and in which order. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
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

test.run();
