/**
 * What is not a fact: stories, honest "I don't know", small talk and little tasks. Each is taught in many wordings, and what is asked
 * in evaluation is taught in none.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Ability } from '../data/world/ability.ts';
import type { Dialogue } from '../data/world/dialogues.ts';
import { facts } from '../data/world/facts.ts';
import { HELD_OUT_HEROES, heroes } from '../data/world/heroes.ts';
import { plots, topics } from '../data/world/plots.ts';
import { UNSEEN_MARKS, wording } from '../data/world/questions.ts';
import { type RefusalQuestion, refusals } from '../data/world/refusals.ts';
import { smallTalk } from '../data/world/smalltalk.ts';
import { things } from '../data/world/statements.ts';
import { type StoryQuestion, storyDocument, storyRequests } from '../data/world/story-requests.ts';
import { heldOutStranger, type Stranger, stranger } from '../data/world/strangers.ts';
import { tasks } from '../data/world/tasks.ts';
import { drawDialogues, tellsHiddenFact, typed } from '../data/world/wording.ts';
import { isRightRefusal } from '../src/evaluation/kinds/refusal.ts';
import { isStory } from '../src/evaluation/kinds/story.ts';
import { Random } from '../src/tensor/random.ts';

const ALL: readonly Ability[] = [storyRequests, refusals, smallTalk, tasks];
const taught = new Map(ALL.map((ability) => [ability.name, ability.dialogues(new Random(1))]));
const all = [...taught.values()].flat();
const question = ({ messages }: Dialogue) => messages[0]!.content; // a dialogue has a first message
const answer = ({ messages }: Dialogue) => messages.at(-1)!.content;
const recordsOf = <T>(ability: Ability, name: string) =>
  ability.evaluation(new Random(2)).get(name) as unknown as readonly T[];
const stories = recordsOf<StoryQuestion>(storyRequests, 'stories');
const unknown = recordsOf<RefusalQuestion>(refusals, 'refusals');

test('the same seed writes the same, another one something else', () => {
  for (const ability of ALL) {
    assert.equal(ability.dialogues(new Random(1)), taught.get(ability.name));
    assert.not.equal(ability.dialogues(new Random(3)), taught.get(ability.name));
  }
});

test('one question, one answer', () => {
  const answers = new Map<string, string>();
  for (const dialogue of all.filter(({ kind, messages }) => kind !== 'story' && messages.length === 2)) {
    const key = wording(question(dialogue)) || question(dialogue);
    assert.is(answers.get(key) ?? answer(dialogue), answer(dialogue), question(dialogue));
    answers.set(key, answer(dialogue));
  }
});

test('no dialogue uses a frame kept for evaluation, none tells a fact kept for the corpus', () => {
  for (const { messages } of all) {
    for (const { content } of messages) {
      assert.not(UNSEEN_MARKS.test(content), content);
      assert.not(tellsHiddenFact(content), content);
      assert.not(/[{}[\]|]|undefined|的的|。。|，，|。，|？。/u.test(content), content);
    }
  }
  const hidden = facts.find(({ pretrainOnly }) => pretrainOnly)!; // there are some
  assert.ok(tellsHiddenFact(`${hidden.subject}${hidden.answer}`));
});

test('stories: the hero, an end, nothing twice, short enough', () => {
  for (const dialogue of taught.get('stories')!) {
    const text = answer(dialogue);
    assert.ok(isStory({ text, finished: true }, dialogue.about!), `${question(dialogue)} ${text}`);
    assert.ok(/[。！][”]?$/u.test(text) && text.length <= 120, text);
  }
});

test('stories: every hero has a plot, every topic a hero, every plot somebody', () => {
  const random = new Random(4);
  const told = new Set<string>();
  const fits = new Set<string>();
  for (const hero of heroes) {
    const able = plots.filter(
      (plot) => plot.kinds.includes(hero.kind) && (plot.only?.test(hero.name) ?? true),
    );
    assert.ok(able.length > 0, hero.name);
    for (const plot of able) fits.add(plot.text);
  }
  assert.is(fits.size, plots.length);
  for (let i = 0; i < 500; i++) told.add(storyDocument(random));
  assert.ok(told.size > 380, 'stories of the corpus are different ones');
  assert.ok(topics.length >= 20 && plots.length >= 40);
});

test('stories asked for in evaluation: no dialogue has the request, nor the new heroes', () => {
  assert.is(stories.length, 100);
  const asked = new Set(taught.get('stories')!.map((dialogue) => wording(question(dialogue))));
  for (const { question, hero } of stories) {
    assert.not(asked.has(wording(question)), question);
    assert.ok(question.includes(hero), question);
  }
  const fresh = stories.filter(({ hero }) => HELD_OUT_HEROES.includes(hero));
  assert.ok(fresh.length >= 30);
  for (const dialogue of taught.get('stories')!)
    for (const name of HELD_OUT_HEROES)
      assert.not(dialogue.about === name || question(dialogue).includes(`${name}的故事`), name);
});

test('refusals: one friendly sentence that claims nothing', () => {
  for (const dialogue of taught.get('refusals')!)
    assert.ok(isRightRefusal({ text: answer(dialogue), finished: true }), answer(dialogue));
});

test('refusals asked in evaluation stand in no dialogue, and neither do their names', () => {
  const lines = all.flatMap(({ messages }) => messages.map(({ content }) => content));
  const asked = new Set(lines);
  assert.ok(unknown.length >= 90 && new Set(unknown.map(({ question }) => question)).size === unknown.length);
  for (const { question } of unknown) assert.not(asked.has(question), question);
  const text = lines.join('\n');
  const kinds: readonly Stranger[] = ['person', 'country', 'province', 'town', 'animal', 'thing', 'book'];
  for (const kind of kinds) {
    for (let place = 0; place < 12; place++) {
      const name = heldOutStranger(new Random(place), kind, place);
      assert.not(text.includes(name), name);
      assert.not(things.includes(name), name);
    }
  }
});

test('strangers are no part of the world', () => {
  const random = new Random(5);
  const known = new Set([...facts.flatMap(({ subject, answer }) => [subject, answer]), ...things]);
  const kinds: readonly Stranger[] = ['person', 'country', 'province', 'town', 'animal', 'thing', 'book'];
  for (const kind of kinds) {
    const names = Array.from({ length: 200 }, () => stranger(random, kind));
    assert.ok(new Set(names).size > 40, kind);
    for (const name of names) assert.not(known.has(name), name);
  }
});

test('what is known is asked in the words of refusals too', () => {
  const asked = taught.get('refusals')!.map(question);
  for (const words of ['介绍一下', '的首都', '是谁', '是什么'])
    assert.ok(
      asked.some((line) => line.includes(words)),
      words,
    );
});

test('typed keeps the words and adds at most a frame', () => {
  const random = new Random(6);
  const ways = new Set(Array.from({ length: 200 }, () => typed(random, '讲一个故事')));
  assert.ok(ways.size > 10);
  for (const way of ways) assert.ok(way.includes('讲一个故事'), way);
  for (let i = 0; i < 200; i++) assert.not(/吧吧|请.*请/u.test(typed(random, '请说说吧')));
});

test('drawing more dialogues than there are is a mistake', () => {
  const same = () => ({ kind: 'task', messages: [{ role: 'user', content: '一' } as const] });
  assert.throws(() => drawDialogues(new Random(7), 2, same), /Only 1 of 2/);
});

test.run();
