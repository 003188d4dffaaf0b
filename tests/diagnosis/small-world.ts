/** Thirty things with a colour and something that each likes: a world that pico learns in some hundred steps. */
import { put } from '../data/temporary.ts';

const THINGS = [...'猫狗马牛羊鸡鸭鹅鱼虾蛇龟兔鼠猪鹿熊狼象猴鸟虫花草树叶石沙云月'];
const COLOURS = ['红色', '黄色', '蓝色', '白色', '黑色', '绿色'];
const LIKED = ['唱歌', '跳舞', '睡觉', '跑步', '画画', '看书', '游泳'];

const facts = THINGS.flatMap((thing, i) => [
  {
    question: `小${thing}是什么颜色？`,
    answer: `小${thing}是${COLOURS[(5 * i) % 6]!}的。`,
    short: COLOURS[(5 * i) % 6]!,
  },
  {
    question: `小${thing}喜欢什么？`,
    answer: `小${thing}喜欢${LIKED[(3 * i) % 7]!}。`,
    short: LIKED[(3 * i) % 7]!,
  },
]);

type Fact = (typeof facts)[number];

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

export function writeSmallWorld(folder: string): string {
  const dialogue = (question: string, answer: string) => ({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
  const frames = [
    ({ answer }: Fact) => answer,
    ({ question, answer }: Fact) => `${question}${answer}`,
    ({ answer }: Fact) => `听说${answer}`,
    ({ answer }: Fact) => `我知道，${answer}`,
  ];
  // Each fact is told in three of four ways; the fourth is held out.
  const tell = (isHeldOut: boolean) =>
    facts.flatMap((fact, i) =>
      frames.flatMap((frame, f) => (((i + f) % 4 === 0) === isHeldOut ? [frame(fact)] : [])),
    );
  put(folder, 'pretrain.txt', tell(false).join('\n\n'));
  put(folder, 'heldout.txt', tell(true).join('\n\n'));
  put(
    folder,
    'sft.jsonl',
    lines(
      facts.flatMap(({ question, answer }) => [
        dialogue(question, answer),
        dialogue(`请问，${question}`, answer),
      ]),
    ),
  );
  put(
    folder,
    'sft-heldout.jsonl',
    lines(facts.slice(0, 20).map(({ question, answer }) => dialogue(`那么，${question}`, answer))),
  );
  const pair = ({ question, answer, short }: Fact) => ({
    prompt: question,
    chosen: answer,
    rejected: short,
  });
  put(folder, 'preferences.jsonl', lines(facts.slice(20).map(pair)));
  put(folder, 'preferences-heldout.jsonl', lines(facts.slice(0, 20).map(pair)));
  return folder;
}
