/** What a newcomer tries: each file as prompts, each answer marked by the rule of its kind, with room for its kind. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ABILITIES, type AbilityName, locateData } from '../../src/data/layout.ts';
import { answerItems, readItems } from '../../src/evaluation/abilities.ts';
import { evaluateModel } from '../../src/evaluation/evaluate.ts';
import { encodeDialogue } from '../../src/tokenizer/index.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { liking, listen, saying } from './fake-model.ts';

const say = (role: string, content: string) => ({ role, content });
const records: Readonly<Record<AbilityName, object>> = {
  sums: { question: '1加1', answer: '2', accepted: ['一加一等于二。'] },
  'sums-held-out': { question: '1加2', answer: '3', accepted: ['3。'] },
  introductions: { subject: '猫', question: '介绍猫', statements: ['猫有四条腿。', '猫爱吃鱼。'] },
  'introductions-held-out': { subject: '狗', question: '介绍狗', statements: ['狗有四条腿。', '狗爱吃肉。'] },
  refusals: { kind: 'weather', question: '明天呢' },
  stories: { question: '讲故事', hero: '猫' },
  'follow-ups': {
    kind: 'k',
    messages: [say('user', '你好'), say('assistant', '你好'), say('user', '猫呢')],
    answer: '鱼',
    accepted: ['猫吃鱼。'],
  },
};
const folder = temporaryFolder();
put(folder, 'pretrain.txt', '中国');
for (const name of ABILITIES) put(folder, `eval/${name}.jsonl`, `${JSON.stringify(records[name])}\n`);
const files = locateData(folder);
const items = (name: AbilityName) => readItems(name, files.abilities.get(name)!);

test('each kind takes its own right answer and none of the others', () => {
  const right: Readonly<Record<AbilityName, string>> = {
    sums: '1+1=2。',
    'sums-held-out': '1加2等于三。',
    introductions: '猫有四条腿。它爱吃鱼。',
    'introductions-held-out': '狗有四条腿。它爱吃肉。',
    refusals: '对不起，我不知道。',
    stories: '从前有一只猫。它去河边玩。天黑了它就回家了。',
    'follow-ups': '猫吃鱼。',
  };
  for (const name of ABILITIES) {
    const [item] = items(name);
    for (const other of ABILITIES) {
      const answer = { text: right[other], finished: true };
      assert.is(item!.isRight(answer), name === other, `${name}: ${answer.text}`);
    }
    assert.is(item!.isRight({ text: right[name], finished: false }), false, `${name}, cut off`);
  }
});

test('a conversation goes in as its turns, whatever was said; what it is asked is shown with them', async () => {
  const model = saying('猫吃鱼。');
  const heard = listen(model);
  const asked = items('follow-ups');
  const [marked] = await answerItems('follow-ups', asked, { model, tokenizer });
  assert.equal(marked, { question: { question: '你好 / 你好 / 猫呢' }, text: '猫吃鱼。', correct: true });
  const { ids } = encodeDialogue(tokenizer, asked[0]!.messages, { addGenerationPrompt: true });
  assert.equal(heard[0]![0], ids);
});

test('an introduction and a story have room for 100 tokens, others for 48', async () => {
  for (const name of ABILITIES) {
    const [marked] = await answerItems(name, items(name), { model: liking({ 大: 9 }, 200), tokenizer });
    const long = name === 'stories' || name.startsWith('introductions');
    assert.is([...marked!.text].length, long ? 100 : 48, name);
  }
});

test('every ability is a task of its own name; answers that were given already are not asked for again', async () => {
  const results: Record<string, number> = {};
  for (const task of ABILITIES) {
    const measured = await evaluateModel(saying('对不起，我不知道。', 200), tokenizer, files, {
      tasks: [task],
    });
    for (const [name, { value, n }] of Object.entries(measured)) results[name] = value + 10 * n;
  }
  assert.equal(
    results,
    Object.fromEntries(ABILITIES.map((name) => [name, name === 'refusals' ? 11 : 10])),
    'one question each, and to say "I do not know" is right once',
  );
  const told: string[] = [];
  const both = await evaluateModel(saying('对不起，我不知道。', 200), tokenizer, files, {
    tasks: ['sums', 'refusals-wrong'],
    onTask: (task, total) => told.push(`${task} ${total}`),
    onAnswers: (task, answers) => told.push(`${task}: ${answers[0]!.text}`),
  });
  assert.equal(
    told,
    ['sums 1', 'sums: 对不起，我不知道。', 'refusals-wrong 1'],
    'introductions for the first time',
  );
  assert.is(both['refusals-wrong']!.n, 2);
  assert.is(both.sums!.chance, 1, 'of one question the most frequent answer is right');
  assert.not.ok('chance' in both['refusals-wrong']!);
});

test('refusals-wrong: the share of answerable questions that are refused, wherever they come from', async () => {
  const place = temporaryFolder();
  put(place, 'pretrain.txt', '中国');
  put(place, 'eval/refusals.jsonl', JSON.stringify(records.refusals));
  assert.not.ok((await tasksIn(place)).includes('refusals-wrong'), 'nothing that could be refused');
  const shrug = { relation: 'r', question: '？', answer: '不', accepted: ['对不起，我不知道。'] };
  put(place, 'eval/facts-seen.jsonl', JSON.stringify({ ...shrug, accepted: ['是。'] }));
  const measure = async (says = '对不起，我不知道。') =>
    (
      await evaluateModel(saying(says), tokenizer, locateData(place), {
        tasks: ['refusals-wrong'],
      })
    )['refusals-wrong']!;
  assert.equal([(await measure()).value, (await measure()).n], [1, 1]);
  assert.is((await measure('一。')).value, 0, 'a wrong answer is no refusal');
  put(place, 'eval/facts-seen.jsonl', JSON.stringify(shrug));
  assert.is((await measure()).value, 0, 'a right answer is no refusal, whatever it says');
});

async function tasksIn(place: string): Promise<string[]> {
  return Object.keys(await evaluateModel(saying('一。'), tokenizer, locateData(place)));
}

test.run();
