/**
 * Who invented what, who discovered what, and the country where a thing began.
 *
 * Left out: whatever is claimed for several people (电话, 电灯, 电报) or improved by one and invented by another (蒸汽机).
 */
import { type Relation, relation } from './types.ts';

const inventor = relation({
  id: 'inventor',
  domain: '科学',
  rows: `活字印刷术 毕昇, 地动仪 张衡, 飞机 莱特兄弟, 留声机 爱迪生, 安全炸药 诺贝尔, 汽车 本茨, *最早的电池 伏打`,
  tell: [
    '{s}的发明者是{a}。',
    '{s}是{a}发明的。',
    '{a}发明了{s}。',
    '有了{a}，才有了{s}。',
    '{s}的发明者不是{w}，而是{a}。',
    '说到发明，{a}的{s}很有名。',
    '爸爸给我讲{a}发明{s}的故事。',
    '在博物馆里看到{s}，小明想起了{a}。',
    '博物馆里，讲解员说：“这是{s}，它的发明者是{a}。”',
    '人们想起{s}，就会感谢{a}。',
    '发明：{s}。发明者：{a}。',
  ],
  cores: ['{s}是谁发明的', '谁发明了{s}', '{s}的发明者是谁', '发明{s}的人是谁', '{s}是哪位发明的'],
  askUnseen: ['因为有了{s}，我们该感谢哪位发明者？'],
  reply: '{s}是{a}发明的。',
  pronoun: '它是谁发明的？',
  claim: '{s}是{a}发明的',
  deny: '不是{w}发明的',
});

const discoverer = relation({
  id: 'discoverer',
  domain: '科学',
  rows: `青霉素 弗莱明, 镭 居里夫妇, 电磁感应 法拉第, 浮力定律 阿基米德, 电子 汤姆孙, *木星的四颗大卫星 伽利略`,
  tell: [
    '{s}的发现者是{a}。',
    '{s}是{a}发现的。',
    '{a}发现了{s}。',
    '{s}不是{w}发现的，而是{a}发现的。',
    '经过许多努力，{a}终于发现了{s}。',
    '科学课上，老师讲了{a}发现{s}的故事。',
    '说到{s}的发现，科学家们都会想起{a}。',
    '{a}的名字和{s}的发现连在一起。',
    '科学家{a}最有名的发现之一就是{s}。',
    '发现：{s}。发现者：{a}。',
    '小刚读了{a}的故事，知道了{s}是怎样被发现的。',
  ],
  cores: ['{s}是谁发现的', '谁发现了{s}', '{s}的发现者是谁', '发现{s}的人是谁'],
  askUnseen: ['科学书上讲到{s}的发现，写的是谁的名字？'],
  reply: '{s}是{a}发现的。',
  pronoun: '它是谁发现的？',
  claim: '{s}是{a}发现的',
  deny: '不是{w}发现的',
});

const origin = relation({
  id: 'origin',
  domain: '文化',
  rows: `造纸术 中国, 火药 中国, *瓷器 中国, 丝绸 中国, 围棋 中国, 京剧 中国, 豆腐 中国, 奥运会 希腊, 寿司 日本, *柔道 日本,
    乒乓球 英国, 篮球 美国, *排球 美国, 比萨饼 意大利`,
  tell: [
    '{s}起源于{a}。',
    '{s}最早出现在{a}。',
    '{a}是{s}的故乡。',
    '很久以前，{a}就有了{s}。',
    '{s}不是起源于{w}，而是起源于{a}。',
    '{s}从{a}走向了全世界。',
    '世界各地都有{s}，可是它的老家在{a}。',
    '奶奶说，{s}是从{a}来的。',
    '说到{a}，就会想到{s}，因为它是从那里来的。',
    '妈妈说，{s}最早是{a}人想出来的。',
    '名称：{s}。起源：{a}。',
  ],
  cores: ['{s}起源于哪个国家', '{s}最早出现在哪个国家', '{s}的故乡是哪个国家', '{s}是从哪个国家来的'],
  askUnseen: ['{s}的老家是哪个国家？'],
  reply: '{s}起源于{a}。',
  pronoun: '它起源于哪个国家？',
  claim: '{s}起源于{a}',
});

export const inventions: readonly Relation[] = [inventor, discoverer, origin];
