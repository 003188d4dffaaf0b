/*
 * People of the past: when a Chinese lived, where a foreigner came from, what somebody was known as.
 *
 * Left out: people of two countries (居里夫人), of two dynasties (罗贯中), of two trades that are equally well known (达芬奇).
 * Wrong trades come from far away, so that none of them is half true.
 */
import { type Relation, relation } from './types.ts';

const dynasty = relation({
  id: 'dynasty',
  domain: '历史',
  rows: `李白 唐朝, 杜甫 唐朝, 白居易 唐朝, 苏轼 宋朝, 李清照 宋朝, 岳飞 宋朝, 司马光 宋朝, *毕昇 宋朝, 司马迁 汉朝,
    张衡 汉朝, 蔡伦 汉朝, 曹雪芹 清朝, 吴承恩 明朝, 郑和 明朝, 李时珍 明朝, 孔子 春秋时期, 鲁班 春秋时期, 屈原 战国时期, 王羲之 晋朝, 诸葛亮 三国时期 三`,
  decoys: { 三: ['唐朝', '宋朝', '明朝', '清朝'] },
  tell: [
    '{s}是{a}人。',
    '{s}生活在{a}。',
    '{s}是{a}的人。',
    '在{a}，有一个人叫{s}。',
    '{s}不是{w}人，而是{a}人。',
    '老师说：“{s}的故事发生在{a}。”',
    '说到{a}的名人，不能不提{s}。',
    '如果能坐着时光机去看{s}，就要飞到{a}去。',
    '要问{s}是什么时候的人，答案是{a}。',
    '这本书讲的是{a}的事，里面写到了{s}。',
    '人物：{s}。时代：{a}。',
  ],
  cores: ['{s}是哪个时代的人', '{s}是什么时候的人', '{s}生活在哪个朝代或者时期', '{s}的时代是什么'],
  askUnseen: ['要写{s}的故事，该写哪个时代？'],
  reply: '{s}是{a}人。',
  again: '那{s}呢？',
  pronoun: '这个人是哪个时代的人？',
  claim: '{s}是{a}人',
  deny: '不是{w}人',
});

const nationality = relation({
  id: 'nationality',
  domain: '历史',
  rows: `牛顿 英国, 达尔文 英国, 莎士比亚 英国, 安徒生 丹麦, 贝多芬 德国, 莫扎特 奥地利 中, 爱迪生 美国,
    海明威 美国, 达芬奇 意大利, 伽利略 意大利, 哥白尼 波兰 中, 诺贝尔 瑞典, 梵高 荷兰, 毕加索 西班牙, *法布尔 法国, 托尔斯泰 俄罗斯`,
  decoys: { 中: ['英国', '法国', '意大利', '美国'] },
  tell: [
    '{s}是{a}人。',
    '{s}来自{a}。',
    '{s}的祖国是{a}。',
    '{a}出过许多名人，{s}就是其中一位。',
    '{s}不是{w}人，而是{a}人。',
    '在{a}，大人小孩都知道{s}。',
    '要问{s}是哪国人，书上写的是{a}。',
    '哥哥读了{s}的故事，才知道这个人是{a}人。',
    '{a}有一位名人，名字叫{s}。',
    '人物：{s}。国家：{a}。',
  ],
  cores: ['{s}是哪国人', '{s}是哪个国家的人', '{s}来自哪个国家', '{s}的祖国是哪里'],
  askUnseen: ['哪个国家的人会说“{s}是我们国家的人”？'],
  reply: '{s}是{a}人。',
  pronoun: '这个人是哪国人？',
  claim: '{s}是{a}人',
  deny: '不是{w}人',
});

const profession = relation({
  id: 'profession',
  domain: '历史',
  rows: `齐白石 画家 艺, 徐悲鸿 画家 艺, 梵高 画家 艺, *毕加索 画家 艺, 鲁迅 作家 艺, 安徒生 作家 艺, 海明威 作家 艺, 老舍 作家 艺,
    李白 诗人 艺, 杜甫 诗人 艺, 李清照 诗人 艺, 贝多芬 音乐家 艺, *莫扎特 音乐家 艺, 聂耳 音乐家 艺, 居里夫人 科学家 理, 钱学森 科学家 理, 袁隆平 科学家 理, 爱迪生 发明家 理, 祖冲之 数学家 理, 李时珍 医学家 理,
    华佗 医学家 理, 郑和 航海家 理, 哥伦布 航海家 理, 加加林 宇航员 理, 岳飞 将军 理`,
  decoys: {
    艺: ['科学家', '航海家', '医学家', '宇航员', '将军'],
    理: ['画家', '音乐家', '京剧演员', '歌手'],
  },
  tell: [
    '{s}是有名的{a}。',
    '{s}是一位{a}。',
    '{a}{s}，许多人都知道。',
    '说起有名的{a}，人们会想到{s}。',
    '{s}不是{w}，而是{a}。',
    '弟弟以为{s}是{w}，姐姐告诉他，{s}是{a}。',
    '教室的墙上挂着{s}的画像，下面写着“{a}”。',
    '长大以后，小刚也想做一个像{s}那样的{a}。',
    '要问{s}为什么有名，因为{s}是{a}。',
    '这本书讲的是{a}{s}的故事。',
    '名人卡片：{s}，{a}。',
  ],
  cores: ['{s}是做什么的', '{s}是一位什么人', '{s}这个人是做什么的', '{s}因为做什么而有名'],
  askUnseen: ['介绍名人{s}，要说这个人是做什么的？'],
  reply: '{s}是有名的{a}。',
  pronoun: '这个人是做什么的？',
  claim: '{s}是有名的{a}',
});

export const history: readonly Relation[] = [dynasty, nationality, profession];
