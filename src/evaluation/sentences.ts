/**
 * What can be seen in Chinese text without understanding it: where sentences end, whether one is full, rude words, loops.
 *
 * Word lists and patterns, not a grammar: good enough for short answers, and simple enough to see why a verdict was given.
 */

/** Split after 。！？, keeping each mark and a closing quote with its sentence. */
export function sentencesOf(text: string): string[] {
  const parts =
    text.match(/[^。！？!?\n]*[。！？!?]+[”’」』）)]*|[^。！？!?\n]+$|[^。！？!?\n]+(?=\n)/gu) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

const PREDICATES =
  /是|在|有|叫|吃|用|住|属于|等于|说|会|生活|工作|发现|发明|写|指|要|变成|位于|被|做|到|过|知道|不|能|可以|爱|喜欢|应该|起源|来自|流进|开放|长/u;
const PRONOUNS = /^(它|他|她|这|那|答案|人们|大家|我|我们|对不起)/u;

/** Broken off: a verb that still wants its object, a comma, or empty quotes before the end mark. */
const BROKEN_OFF = /(是|在|有|叫|属于|等于|爱吃|要吃|主要说|混合会变成|[，、：；“‘《]|“”)[。！？][”’]?$/u;

/** A subject (the one asked about, or a pronoun), a predicate after it, and an end mark. */
export function isFullSentence(sentence: string, subject: string): boolean {
  if (!/[。！？][”’]?$/u.test(sentence) || BROKEN_OFF.test(sentence)) return false;
  const predicate = PREDICATES.test(sentence.slice(1));
  const about = subject === '' || sentence.includes(subject) || PRONOUNS.test(sentence);
  return predicate && about;
}

/** The sentence is nothing but `fragment`, with or without quotes and punctuation. */
export function isBare(sentence: string, fragment: string): boolean {
  const letters = (text: string) => text.replace(/[\p{P}\p{S}\s]/gu, '');
  return letters(sentence) === letters(fragment);
}

/** Scolding, refusing, sending away: each of them alone is rude in an answer to a question. */
const RUDE = [
  /[真好太]?[笨蠢傻](?!重)/u,
  /真烦|烦[我死人]|讨厌你|无聊/u,
  /别(再)?(来)?(问|烦|吵)/u,
  /(自己|自已)(不会|去)?(查|想|找)/u,
  /这(都|也)不(知道|懂|会)|(这么|那么)简单(也|都|还)/u,
  /(怎么|为什么)什么都要?问|问完快走|记不住就/u,
  /走开|快走|滚|闭嘴|少废话|废话|懒得|关我什么事|谁要知道|我怎么(会)?知道/u,
];

export function rudeness(sentence: string): boolean {
  return RUDE.some((pattern) => pattern.test(sentence));
}

/** A stretch of two or more characters three times in a row, or one character four times. */
export function hasLoop(text: string): boolean {
  return /(.{2,20}?)\1\1|(.)\2\2\2/su.test(text);
}
