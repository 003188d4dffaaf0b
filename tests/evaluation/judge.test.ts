import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type KnownFact, readAnswerKey } from '../../src/data/answer-key.ts';
import { readPreferences } from '../../src/data/preferences.ts';
import { JUDGED, Judge, type Judged } from '../../src/evaluation/judge.ts';
import { Random } from '../../src/tensor/random.ts';

const shipped = (name: string) => fileURLToPath(new URL(`../../data/${name}`, import.meta.url));
const key = readAnswerKey(shipped('eval/answer-key.jsonl'));
const judge = new Judge(key);
const pairs = ['preferences.jsonl', 'preferences-heldout.jsonl'].flatMap((name) => [
  ...readPreferences(shipped(name)),
]);

/** Qualities that an answer lacks, as one word. */
const lacks = (question: string, answer: string, finished = true) => {
  const verdict = judge.judge(question, answer, { finished });
  return JUDGED.filter((quality) => verdict[quality] === 0).join(' ');
};

/** A question of the key about a fact. */
const about = (subject: string, answer: string) => {
  const fact = key.find((one) => one.subject === subject && one.answer === answer);
  assert.ok(fact, `${subject} ${answer}`);
  return fact!.questions[0]!;
};

test('the accepted sentence of every fact is perfect, for every question about it', () => {
  for (const { relation, questions, accepted } of key) {
    if (relation === 'introduction') continue; // one sentence is too few
    for (const question of questions) {
      assert.is(judge.judge(question, accepted[0]!).score, 1, `${question} ${accepted[0]}`);
    }
  }
});

/** The beginning of its first sentence introduces nothing, so that such a fragment lacks more than a full sentence. */
const introduced = new Set(
  key.filter(({ relation }) => relation === 'introduction').flatMap(({ questions }) => questions),
);
const isIntroduction = (prompt: string) => introduced.has(prompt);

test('labelled pairs: the chosen answer wins, and what the rejected one lacks is the labelled quality', () => {
  const wrong: string[] = [];
  const unlike: string[] = [];
  for (const { prompt, chosen, rejected, quality } of pairs) {
    const line = `${quality}: ${prompt} ${chosen} / ${rejected}`;
    if (judge.judge(prompt, chosen).score <= judge.judge(prompt, rejected).score) wrong.push(line);
    const missing = lacks(prompt, rejected).replace(
      /^fact sentence$/,
      isIntroduction(prompt) ? 'sentence' : '$&',
    );
    if (lacks(prompt, chosen) !== '' || missing !== quality)
      unlike.push(`${line}: ${lacks(prompt, rejected)}`);
  }
  assert.ok(wrong.length <= 0.01 * pairs.length, `${wrong.length} of ${pairs.length}: ${wrong[0]}`);
  assert.ok(unlike.length <= 0.01 * pairs.length, `${unlike.length} of ${pairs.length}: ${unlike[0]}`);
});

test('negative control: with the answers of other facts the judge agrees with the fact pairs no more', () => {
  const random = new Random(3);
  const known = key.filter(({ relation, answer }) => answer !== '' && relation !== 'sum'); // those are worked out
  const answers = random.shuffle(known.map(({ answer, accepted }) => ({ answer, accepted })));
  const confused = new Judge(known.map((fact, i) => ({ ...fact, ...answers[i]! })));
  const facts = pairs.filter(({ quality, prompt }) => quality === 'fact' && confused.knows(prompt));
  const right = facts.filter(
    ({ prompt, chosen, rejected }) =>
      confused.judge(prompt, chosen).score > confused.judge(prompt, rejected).score,
  );
  assert.ok(right.length < 0.1 * facts.length, `${right.length} of ${facts.length}`);
});

const CAPITAL = about('法国', '巴黎');

test('fact: other words, hedging, denial, another subject', () => {
  const cases: [string, string, boolean][] = [
    [CAPITAL, '法国的首都是巴黎。', true],
    [CAPITAL, '巴黎是法国的首都。', true],
    [CAPITAL, '它的首都是巴黎。', true],
    [CAPITAL, '法国的首都是伦敦。', false],
    [CAPITAL, '法国的首都是巴黎或者伦敦。', false],
    [CAPITAL, '法国的首都不是巴黎。', false],
    [CAPITAL, '德国的首都是巴黎。', false],
    [CAPITAL, '英国的首都是伦敦。法国的首都是巴黎。', false],
    [CAPITAL, '法国是一个国家。', false],
    [about('巴西', '巴西利亚'), '巴西利亚。', true],
    [about('大', '小'), '大的反义词是小。', true],
    [about('大', '小'), '大的反义词是大。', false],
    [CAPITAL, '法国的首都是巴黎巴黎。', false],
    [about('四月', '三十'), '四月有三十天。', true],
    [about('四月', '三十'), '四月有三十一天。', false],
    [about('四月', '三十'), '答案是三十一天。', false],
    [about('四月', '三十'), '答案是三十天。', true],
    [about('星期一', '星期二'), '星期一的后一天是星期二。', true],
    [about('星期一', '星期二'), '星期二的后一天是星期一。', false],
    [about('三角形', '三'), '三角形有四条边。', false],
    [about('三角形', '三'), '三角形有三条边', true],
  ];
  for (const [question, answer, right] of cases)
    assert.is(judge.judge(question, answer).fact, right ? 1 : 0, `${question} ${answer}`);
});

test('each quality alone: a fragment, a rude word, an answer that goes on', () => {
  const cases: [string, Judged | ''][] = [
    ['法国的首都是巴黎。祝你开心！', ''],
    ['巴黎。', 'sentence'],
    ['巴黎', 'sentence'],
    ['法国的首都是巴黎。真笨。', 'polite'],
    ['别来烦我。法国的首都是巴黎。', 'polite'],
    ['法国的首都是巴黎。法国的首都是巴黎。', 'stop'],
    ['法国的首都是巴黎。德国的首都是柏林。', 'stop'],
    ['法国的首都是巴黎。今天天气很好，我们一起去公园玩，他高兴地笑了，妈妈也高兴地笑了。', 'stop'],
    ['法国的首都是巴黎。好。好的。', 'stop'],
  ];
  for (const [answer, lacking] of cases) assert.is(lacks(CAPITAL, answer), lacking, answer);
  assert.is(lacks(CAPITAL, '法国的首都是巴黎。', false), 'stop', 'cut off by the limit');
});

test('a fragment stays one when it wanders on in full sentences about other things', () => {
  const cases: [string, string][] = [
    ['巴黎。一年有十二个月。', 'sentence stop'],
    ['巴黎。一年有十二个月。蜜蜂有六条腿。', 'sentence stop'],
    ['巴黎。法国的首都是巴黎。', ''],
    ['真烦。法国的首都是巴黎。', 'polite'],
  ];
  for (const [answer, missing] of cases) assert.is(lacks(CAPITAL, answer), missing, answer);
});

test('a sentence that breaks off is none', () => {
  for (const answer of [
    '法国的首都是。',
    '法国的首都是，。',
    '法国的首都是“”。',
    '法国的首都是巴',
    '，。',
    '法国。',
  ])
    assert.is(judge.judge(CAPITAL, answer).sentence, 0, answer);
  for (const answer of ['法国的首都是伦敦。', '它的首都是巴黎！', '答案是巴黎。', '我觉得是巴黎。'])
    assert.is(judge.judge(CAPITAL, answer).sentence, 1, answer);
});

test('degenerate answers earn little: silence, one word for ever, flattery, every answer at once', () => {
  const scores = ['', '   ', '巴黎'.repeat(20), '的'.repeat(30)].map(
    (text) => judge.judge(CAPITAL, text).score,
  );
  assert.equal(scores.slice(0, 2), [0, 0]);
  assert.ok(Math.max(...scores) <= 0.6);
  const everything = [...new Set(key.filter((f) => f.relation === 'capital').map((f) => f.answer))].join(
    '、',
  );
  assert.is(judge.judge(CAPITAL, `法国的首都是${everything}。`).fact, 0);
  assert.is(judge.judge(CAPITAL, '你真聪明！').fact, 0);
});

test('what nobody can know: admitting it is right, an invention is not', () => {
  const unknown = key.find(({ relation }) => relation === 'unknown')!.questions[0]!;
  assert.is(judge.judge(unknown, '对不起，我不知道。').score, 1);
  assert.is(judge.judge(unknown, '是北京。').fact, 0);
  assert.is(lacks(unknown, '不知道，别问我。'), 'polite');
  assert.is(judge.judge(CAPITAL, '对不起，我不知道。').fact, 0);
});

const own = (
  relation: string,
  subject: string,
  answer: string,
  sentence = `${subject}是${answer}。`,
): KnownFact => ({
  ...{ relation, subject, answer, accepted: [sentence], questions: [`${sentence}？`] },
});
/** Questions of the other kinds, beside a fact that their answers may wander to. */
const others = new Judge([
  own('capital', '法国', '巴黎', '法国的首都是巴黎。'),
  {
    relation: 'author',
    subject: '曹雪芹',
    answer: '《红楼梦》',
    accepted: ['曹雪芹写了《红楼梦》。'],
    questions: ['书？'],
  },
  { relation: 'sum', subject: '', answer: '13', accepted: ['8+5=13。'], questions: ['8+5等于几？'] },
  {
    ...{ relation: 'introduction', subject: '长城', answer: '', questions: ['介绍一下长城。'] },
    accepted: ['长城是中国古代的建筑。', '长城在中国的北方。', '长城很长。'],
  },
  {
    relation: 'unknown',
    subject: '',
    answer: '',
    accepted: ['对不起，我不知道。'],
    questions: ['会下雨吗？'],
  },
  {
    ...{ relation: 'story', subject: '小兔子', answer: '', questions: ['讲一个小兔子的故事。'] },
    accepted: ['小兔子去河边玩。它看见一朵花。它很高兴。'],
  },
]);
const WANDER = '法国的首都是巴黎。';

test('sums, introductions, stories and what nobody knows: each quality alone', () => {
  const [sum, introduction, unknown, story] = [
    '8+5等于几？',
    '介绍一下长城。',
    '会下雨吗？',
    '讲一个小兔子的故事。',
  ];
  const own2 = '长城是中国古代的建筑。它在中国的北方。';
  const tale = '小兔子去河边玩。它看见一朵花。它很高兴。';
  const cases: [string, string, string][] = [
    [sum!, '8+5=13。', ''],
    [sum!, '八加五等于十三。', ''],
    [sum!, '8+5=14。', 'fact'],
    [sum!, '13', 'sentence'],
    [sum!, '13。', 'sentence'],
    [sum!, '8+5=13。真笨。', 'polite'],
    [sum!, '8+5=13。8+5=13。', 'stop'],
    [sum!, `8+5=13。${WANDER}`, 'stop'],
    [introduction!, own2, ''],
    [introduction!, `${own2}长城很长。`, ''],
    [introduction!, '长城很长。', 'fact'],
    [introduction!, '小兔子去河边玩。它看见一朵花。它很高兴。', 'fact'],
    [introduction!, `${WANDER}曹雪芹写了《红楼梦》。`, 'fact'], // another subject from the beginning: no wandering
    [introduction!, `${own2}长城是动物。`, 'fact'],
    [introduction!, `真烦。${own2}`, 'polite'],
    [introduction!, own2 + own2, 'stop'],
    [introduction!, own2 + WANDER, 'stop'],
    [introduction!, '长城是', 'fact sentence'],
    [unknown!, '对不起，我不知道。', ''],
    [unknown!, '我不知道明天的天气。', ''],
    [unknown!, WANDER, 'fact'],
    [unknown!, '我不知道，大概会下雨。', 'fact'],
    [unknown!, '对不起，我不知道。自己不会查吗？', 'polite'],
    [unknown!, `对不起，我不知道。${WANDER}`, 'stop'],
    [story!, tale, ''],
    [story!, '小狗去河边玩。它看见一朵花。它很高兴。', 'fact'],
    [story!, '小兔子去河边玩。', 'fact'],
    [story!, `${tale}真笨。`, 'polite'],
    [story!, `${tale}小兔子去河边玩。`, 'stop'],
    [story!, `${tale}${tale}`, 'stop'],
  ];
  for (const [question, answer, missing] of cases) {
    const verdict = others.judge(question, answer);
    assert.is(JUDGED.filter((quality) => verdict[quality] === 0).join(' '), missing, `${question} ${answer}`);
  }
  for (const question of [sum!, introduction!, unknown!, story!])
    assert.is(others.judge(question, '8+5=13。', { finished: false }).stop, 0, 'cut off');
  assert.equal(
    [introduction!, story!, sum!, '？'].map((q) => others.expectsMuch(q)),
    [true, true, false, false],
  );
});

test('a wrong answer in the sentence that was expected is a full sentence, whatever its verb', () => {
  const origin = new Judge([
    own('origin', '丝绸', '中国', '丝绸源于中国。'),
    own('origin', '茶', '印度', '茶源于印度。'),
  ]);
  const [asked] = ['丝绸源于中国。？'];
  for (const [answer, full] of [
    ['丝绸源于希腊。', 1],
    ['丝绸源于。', 0],
    ['丝绸源于“”。', 0],
    ['丝绸源于希腊', 0],
    ['希腊。', 0],
  ] as const)
    assert.is(origin.judge(asked!, answer).sentence, full, answer);
});

test('an answer with marks of its own is right with and without them', () => {
  for (const answer of ['曹雪芹写了《红楼梦》。', '曹雪芹写了红楼梦。', '曹雪芹写了“红楼梦”。'])
    assert.is(others.judge('书？', answer).fact, 1, answer);
  assert.is(others.judge('书？', '曹雪芹写了《西游记》。').fact, 0);
});

test('a question that is not in the key is refused', () => {
  assert.is(judge.knows(CAPITAL), true);
  assert.is(judge.knows('？'), false);
  assert.throws(() => judge.judge('？', '好。'), /no answer to "？"/);
});

/** A judge of a few facts, made so that each rule is met alone. */
const facts = [
  own('number', '三角形', '三', '三角形有三条边。'),
  own('number', '四月', '三十', '四月有三十天。'),
  own('number', '五月', '三十一', '五月有三十一天。'),
  own('food', '猫', '鱼', '猫爱吃鱼。'),
  own('food', '猫', '鱼', '猫的食物是鱼。'),
  own('food', '狗', '骨头', '狗爱吃骨头。'),
];
const small = new Judge(facts);
const isRight = (fact: number, answer: string) => small.judge(facts[fact]!.questions[0]!, answer).fact === 1;

test('fact, rule by rule: the place of the answer, longer words, several answers, other subjects', () => {
  const cases: [number, string, boolean][] = [
    [0, '三角形有三条边。', true],
    [0, '三角形有三十条边。', false],
    [1, '答案是三十。', true],
    [1, '答案是三十一。', false],
    [2, '答案是三十一。', true],
    [2, '答案是三十。', false],
    [3, '鱼和骨头都爱吃。', false],
    [3, '骨头和鱼都爱吃。', false],
    [3, '猫的食物是鱼。', true],
    [3, '狗爱吃。猫爱吃鱼。', true],
    [3, '狗爱吃肉。猫爱吃鱼。', false],
    [3, '“鱼”！', true],
    [3, '不是鱼。', false],
    [3, '没鱼。', false],
  ];
  for (const [fact, answer, right] of cases) assert.is(isRight(fact, answer), right, answer);
});

test('what a rude sentence says counts for nothing, and the civil ones are judged as if they stood alone', () => {
  assert.is(lacks(CAPITAL, '笨蛋，法国的首都是巴黎。'), 'fact polite');
  assert.is(lacks(CAPITAL, '笨蛋，法国的首都是伦敦。法国的首都是巴黎。'), 'polite');
  assert.is(lacks(CAPITAL, '真烦。答案是巴黎。'), 'polite');
  assert.is(lacks(CAPITAL, '真烦。巴黎。'), 'sentence polite');
});

test('one short sentence may follow the answer: at most 24 characters, no other fact', () => {
  const tail = (characters: number) =>
    `法国的首都是巴黎。${'天地人你我他山水火木金土日月星云雨风春夏秋冬东西南北'.slice(0, characters - 1)}。`;
  assert.equal([lacks(CAPITAL, tail(24)), lacks(CAPITAL, tail(25))], ['', 'stop']);
  assert.is(lacks(CAPITAL, '巴黎是法国的首都。法国的首都是巴黎。'), '', 'the same fact in other words');
  assert.is(lacks(CAPITAL, '法国的首都是巴黎。好。好。'), 'stop');
});

test('each quality has its weight in the score', () => {
  const scores = [
    ['', '法国的首都是巴黎。'],
    ['fact', '法国的首都是伦敦。'],
    ['sentence', '巴黎。'],
    ['polite', '法国的首都是巴黎。真笨。'],
    ['stop', '法国的首都是巴黎。德国的首都是柏林。'],
    ['fact stop', '法国的首都是伦敦。法国的首都是伦敦。'],
  ].map(([missing, answer]) => {
    assert.is(lacks(CAPITAL, answer!), missing);
    return judge.judge(CAPITAL, answer!).score;
  });
  assert.equal(scores, [1, 0.6, 0.8, 0.8, 0.8, 0.4]);
  assert.is(judge.judge(CAPITAL, '法国的首都是巴黎。', { finished: false }).score, 0.8);
});

test.run();
