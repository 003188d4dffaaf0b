/**
 * China closer by: short names of provinces, the province of a mountain and of a city, the sea a river ends in.
 *
 * Left out: provinces with two short names in use (四川 川 or 蜀), mountains and lakes on a border, rivers that end in another river.
 */
import { type Relation, relation } from './types.ts';

const abbreviation = relation({
  id: 'abbreviation',
  domain: '地理',
  rows: `北京 京, 天津 津, 上海 沪, 重庆 渝, 山西省 晋, 河南省 豫, 山东省 鲁, 江苏省 苏, 浙江省 浙, *湖北省 鄂, *湖南省 湘, 广东省 粤, 广西 桂`,
  tell: [
    '{s}的简称是“{a}”。',
    '“{a}”是{s}的简称。',
    '{s}简称“{a}”。',
    '说到“{a}”，指的就是{s}。',
    '{s}的简称不是“{w}”，而是“{a}”。',
    '汽车牌子上写着一个“{a}”字，这辆车是{s}的。',
    '中国地图上，{s}那一块写着“{a}”。',
    '弟弟问{s}的简称，姐姐写下一个“{a}”字。',
    '有人以为{s}简称“{w}”，其实是“{a}”。',
    '地名：{s}。简称：{a}。',
    '报纸上用一个“{a}”字代表{s}。',
  ],
  cores: ['{s}的简称是什么', '{s}简称什么', '{s}用哪个字做简称', '哪个字是{s}的简称', '{s}的简称是哪个字'],
  askUnseen: ['用一个字表示{s}，是哪个字？'],
  reply: '{s}的简称是“{a}”。',
  pronoun: '它的简称是什么？',
  reversed: {
    cores: ['“{a}”是哪里的简称', '简称“{a}”的是哪里', '“{a}”字代表中国的哪个地方'],
    reply: '“{a}”是{s}的简称。',
  },
  claim: '{s}的简称是“{a}”',
  deny: '不是“{w}”',
});

const mountain = relation({
  id: 'mountain',
  domain: '地理',
  rows: `泰山 山东省, 华山 陕西省, *衡山 湖南省, 恒山 山西省, 黄山 安徽省, 庐山 江西省, 峨眉山 四川省,
    *武当山 湖北省, 长白山 吉林省, 五指山 海南省, 九华山 安徽省, 井冈山 江西省`,
  tell: [
    '{s}在{a}。',
    '{s}是{a}的一座名山。',
    '{s}位于{a}。',
    '{a}有一座名山，叫作{s}。',
    '{s}不在{w}，而在{a}。',
    '想爬{s}，就要到{a}去。',
    '我们坐火车来到{a}，第二天就去爬{s}。',
    '在中国地图上找{s}，先要找到{a}。',
    '爷爷问我{s}在哪个省，我说在{a}。',
    '去年夏天，全家人到{a}爬了{s}。',
    '山名：{s}。所在的省：{a}。',
  ],
  cores: ['{s}在哪个省', '{s}位于哪个省', '{s}是哪个省的名山', '爬{s}要去哪个省'],
  askUnseen: ['站在{s}的山顶上，脚下是哪个省？'],
  reply: '{s}在{a}。',
  pronoun: '它在哪个省？',
  claim: '{s}在{a}',
  deny: '不在{w}',
});

const city = relation({
  id: 'city',
  domain: '地理',
  rows: `苏州 江苏省, 青岛 山东省, 大连 辽宁省, 厦门 福建省, 深圳 广东省, 宁波 浙江省, *洛阳 河南省, 开封 河南省,
    三亚 海南省, 延安 陕西省, 大理 云南省, 大同 山西省`,
  tell: [
    '{s}是{a}的城市。',
    '{s}这座城市在{a}。',
    '{s}属于{a}。',
    '{a}有许多城市，{s}就是其中一座。',
    '{s}不在{w}，而在{a}。',
    '阿姨家住在{s}，那是{a}的一座城市。',
    '火车进了{a}，下一站就是{s}。',
    '写信寄到{s}，信封上要先写{a}。',
    '老师问：“{s}在哪个省？”大家一起说：“在{a}。”',
    '从{a}的地图上，我们找到了{s}。',
    '城市：{s}。所在的省：{a}。',
  ],
  cores: ['{s}是哪个省的城市', '{s}这座城市在哪个省', '{s}市属于哪个省', '在哪个省可以找到{s}市'],
  askUnseen: ['寄到{s}的信，信封上要写哪个省？'],
  reply: '{s}是{a}的城市。',
  pronoun: '这座城市在哪个省？',
  claim: '{s}是{a}的城市',
  deny: '不是{w}的城市',
});

const mouth = relation({
  id: 'river-mouth',
  domain: '地理',
  rows: `长江 东海, 黄河 渤海, 珠江 南海, *辽河 渤海, 海河 渤海, 钱塘江 东海, 尼罗河 地中海,
    亚马孙河 大西洋, *刚果河 大西洋, 多瑙河 黑海, 伏尔加河 里海, 恒河 孟加拉湾`,
  tell: [
    '{s}最后流进{a}。',
    '{s}流入{a}。',
    '{s}的水最后流到了{a}。',
    '{s}从高处来，一直流到{a}。',
    '{s}不是流进{w}，而是流进{a}。',
    '顺着{s}一直走，就能走到{a}。',
    '小水滴在{s}里走了很远，最后来到{a}。',
    '{a}接到了许多河水，{s}的水就在里面。',
    '一只小纸船漂在{s}上，它说要漂到{a}去。',
    '从地图上看，{s}弯弯曲曲，最后连着{a}。',
    '河名：{s}。流入：{a}。',
  ],
  cores: ['{s}最后流进哪里', '{s}流到哪里去', '{s}流入什么地方', '{s}的水最后流进了哪儿'],
  askUnseen: ['一滴水顺着{s}漂下去，最后会到哪里？'],
  reply: '{s}最后流进{a}。',
  pronoun: '它最后流进哪里？',
  claim: '{s}最后流进{a}',
  deny: '不是流进{w}',
});

export const china: readonly Relation[] = [abbreviation, mountain, city, mouth];
