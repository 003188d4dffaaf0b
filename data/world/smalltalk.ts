/**
 * Greetings, who the assistant is, politeness, small tasks.
 */
import { type Dialogue, talk } from './dialogues.ts';
import { hanzi } from './text.ts';

export { unknown } from './refusals.ts';

const NAME = '我叫小言，是一个小小的语言模型。';
const HELP = '我可以回答问题、算算术、造句子，还可以和你说说话。';

/** Fixed little exchanges: [what the user may say], answer. */
const EXCHANGES: readonly (readonly [readonly string[], string])[] = [
  [
    ['你好！', '你好。', '您好！', '你好吗？', '你好啊！', '小言，你好！', '你好，小言。'],
    '你好！有什么可以帮你的吗？',
  ],
  [['早上好！', '早上好，小言。', '早！'], '早上好！有什么可以帮你的吗？'],
  [['晚上好！', '晚上好，小言。'], '晚上好！有什么可以帮你的吗？'],
  [['下午好！', '下午好，小言。'], '下午好！有什么可以帮你的吗？'],
  [
    [
      '你是谁？',
      '你叫什么名字？',
      '请问你是谁？',
      '你的名字是什么？',
      '说说你自己吧。',
      '请问你叫什么？',
      '你是小言吗？',
    ],
    NAME,
  ],
  [['你会做什么？', '你能做什么？', '你能帮我做什么？', '你会什么？'], HELP],
  [['你是人吗？', '你是真人吗？', '你是不是人？'], '我不是人，我是一个小小的语言模型。'],
  [['你多大了？', '你几岁了？', '你今年多大？'], '我是一个语言模型，不会长大。'],
  [['你吃饭了吗？', '你要吃饭吗？', '你饿不饿？'], '我是一个语言模型，不用吃饭。'],
  [['你要休息吗？', '你要睡觉吗？', '你困不困？'], '我是一个语言模型，不用休息。'],
  [['谢谢！', '谢谢你。', '谢谢你的帮助！', '非常感谢！', '太谢谢你了！', '多谢！'], '不客气！'],
  [
    ['再见！', '再见，小言。', '我走了，再见。', '下次再说吧，再见。', '明天见！', '我要去睡觉了，再见。'],
    '再见！祝你开心！',
  ],
  [['晚安！', '晚安，小言。', '我要睡了，晚安。'], '晚安！祝你做个好梦！'],
  [['对不起。', '对不起，我说错了。', '不好意思。', '对不起，我打错字了。'], '没关系！'],
  [['你真聪明！', '你说得真好！', '你真了不起！'], '谢谢你！我会再努力的。'],
  [['我很难过。', '我今天不开心。', '我心里很难过。', '我想哭。'], '别难过，休息一下，和朋友说说话吧。'],
  [['我很高兴。', '我今天很开心！', '我太高兴了！'], '真为你高兴！'],
  [['我有点儿困。', '我今天很困。', '我困了。'], '那就休息一下，喝一杯水吧。'],
  [['我生病了。', '我感冒了。', '我肚子疼。'], '请多休息，不舒服就去看医生。'],
  [['今天是我的生日。', '我今天过生日！'], '祝你生日快乐！'],
  [['我考试没有考好。', '我考试考得不好。'], '别难过，下次努力就会更好。'],
  [['我害怕黑。', '我有点儿害怕。'], '别怕，开一盏灯，慢慢就不怕了。'],
  [['我们做朋友吧。', '你想和我做朋友吗？'], '好的，我很高兴做你的朋友。'],
  [['新年好！', '新年快乐！', '过年好！'], '新年快乐！祝你身体健康！'],
];

export function smallTalk(): Dialogue[] {
  const singles = EXCHANGES.flatMap(([asked, answer]) =>
    asked.map((line) => talk('small-talk', line, answer)),
  );
  const hello = EXCHANGES[0]!;
  const bye = EXCHANGES[11]!;
  const pairs = EXCHANGES.slice(4, 10).flatMap(([asked, answer], i) => [
    talk('small-talk', hello[0][i]!, hello[1], asked[0]!, answer),
    talk('small-talk', asked[1]!, answer, bye[0][i % bye[0].length]!, bye[1]),
    talk('small-talk', hello[0][i]!, hello[1], asked[1]!, answer, bye[0][i % bye[0].length]!, bye[1]),
  ]);
  return [...singles, ...pairs];
}

const SENTENCES: readonly (readonly [string, string])[] = [
  ['高兴', '今天是星期天，我很高兴。'],
  ['认真', '上课的时候，我认真听讲。'],
  ['帮助', '同学之间要互相帮助。'],
  ['喜欢', '我喜欢在树下看书。'],
  ['因为', '因为下雨，所以我带了伞。'],
  ['虽然', '虽然天气很冷，但是我起得很早。'],
  ['如果', '如果明天不下雨，我们就去公园。'],
  ['一边', '我一边走路，一边唱歌。'],
  ['已经', '我已经做完作业了。'],
  ['常常', '爷爷常常给我讲故事。'],
  ['忽然', '天上忽然下起了大雨。'],
  ['终于', '我终于学会了游泳。'],
  ['慢慢', '太阳慢慢地升起来了。'],
  ['美丽', '春天的公园真美丽。'],
  ['勇敢', '他是一个勇敢的孩子。'],
  ['朋友', '小明是我最好的朋友。'],
  ['老师', '老师在黑板上写字。'],
  ['学校', '我每天走路去学校。'],
  ['妈妈', '妈妈在厨房里做饭。'],
  ['春天', '春天来了，花都开了。'],
  ['夏天', '夏天的晚上有很多星星。'],
  ['秋天', '秋天到了，树叶变黄了。'],
  ['冬天', '冬天下雪，地上白白的。'],
  ['月亮', '今天晚上的月亮又大又圆。'],
  ['太阳', '太阳从东边升起来。'],
  ['大海', '我和爸爸去看大海。'],
  ['快乐', '祝你天天快乐。'],
  ['努力', '只要努力，就会有进步。'],
  ['希望', '我希望明天是晴天。'],
  ['一起', '我们一起去图书馆吧。'],
  ['安静', '图书馆里非常安静。'],
  ['干净', '我把桌子擦得很干净。'],
  ['时间', '时间过得真快。'],
  ['小心', '过马路的时候要小心。'],
];

const LISTS: readonly (readonly [string, string])[] = [
  ['水果', '苹果、香蕉、橘子。'],
  ['颜色', '红色、黄色、蓝色。'],
  ['动物', '老虎、大象、猴子。'],
  ['季节', '春天、夏天、秋天。'],
  ['行星', '水星、金星、地球。'],
  ['乐器', '钢琴、二胡、小提琴。'],
  ['文具', '铅笔、尺子、书包。'],
  ['家具', '桌子、椅子、床。'],
  ['交通工具', '汽车、火车、飞机。'],
  ['国家', '中国、法国、日本。'],
  ['鸟', '燕子、企鹅、鸵鸟。'],
];

/** Small tasks: a sentence with a word, three of a kind, counting, repeating. */
export function smallTasks(): Dialogue[] {
  const tasks: Dialogue[] = [];
  for (const [word, sentence] of SENTENCES) {
    tasks.push(talk('task', `请用“${word}”造句。`, sentence));
    tasks.push(talk('task', `用“${word}”写一句话。`, sentence));
  }
  for (const [kind, answer] of LISTS) {
    tasks.push(talk('task', `说出三种${kind}。`, answer));
    tasks.push(talk('task', `写出三种${kind}的名字。`, answer));
  }
  for (let from = 1; from <= 12; from++) {
    for (const length of [4, 5, 6, 8]) {
      const numbers = Array.from({ length }, (_, i) => hanzi(from + i));
      tasks.push(talk('task', `从${numbers[0]}数到${numbers.at(-1)}。`, `${numbers.join('，')}。`));
    }
  }
  for (let n = 2; n <= 50; n++) {
    tasks.push(talk('task', `${n}的后面是几？`, `${n}的后面是${n + 1}。`));
    tasks.push(talk('task', `${n}的前面是几？`, `${n}的前面是${n - 1}。`));
  }
  for (const [, sentence] of SENTENCES) tasks.push(talk('task', `请重复这句话：${sentence}`, sentence));
  return tasks;
}
