/** A small corpus for the tokenizer's tests: clauses written for them, put together in every way, always the same. */
const PLACES = ['中国', '法国', '日本', '巴西', '埃及', '加拿大'];
const CAPITALS = ['北京', '巴黎', '东京', '巴西利亚', '开罗', '渥太华'];
const ANIMALS = ['小猫', '小狗', '老虎', '熊猫', '大象'];
const ACTIONS = ['在河边喝水', '在树下睡觉', '慢慢地走过来', '看着天上的月亮'];

export function sampleDocuments(): string[] {
  const documents: string[] = [];
  for (const [i, place] of PLACES.entries()) {
    const capital = CAPITALS[i]!; // both lists have six entries
    documents.push(`${place}的首都是${capital}。${capital}是${place}的首都，人口有${1000 + 37 * i}万……`);
    documents.push(`“${place}的首都在哪里？”\n“在${capital}。”\nThe capital of the country is a city.`);
  }
  for (const [i, animal] of ANIMALS.entries()) {
    for (const [j, action] of ACTIONS.entries()) {
      documents.push(
        `一只${animal}${action}。它今年${i + j}岁了——真快！the animal is there, there and there`,
      );
    }
  }
  documents.push('今天天气很好，我们一起去公园。', 'TypeScript 5.9 and the tokenizer: a = b == c === d');
  return documents;
}
