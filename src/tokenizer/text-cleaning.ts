/**
 * What happens to text before anything else looks at it, in training and in encoding alike: almost nothing.
 *
 *   1. a lone surrogate (half a UTF-16 pair, which no UTF-8 file can hold) becomes U+FFFD, the replacement character;
 *   2. the space U+0020 is written as U+2581 "▁", so that a piece can carry it visibly;
 *   3. models with a dummy prefix (ChatGLM3, Llama 2) get one "▁" in front of every text that is not empty.
 *
 * No NFKC, no trimming, no lower case: "identity normalisation" in SentencePiece (Kudo & Richardson 2018). Everything else,
 * NUL and U+FEFF included, is ordinary text. The one ambiguity left is a real "▁" in the text: it comes back as a space.
 */
export const SPACE_SYMBOL = '▁';

/** `text` with every lone surrogate replaced by U+FFFD. Under the `u` flag a proper pair is one character and does not match. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** The characters that the trainer counts and the encoder merges. */
export function cleanText(text: string, addDummyPrefix: boolean): string {
  const escaped = wellFormed(text).replaceAll(' ', SPACE_SYMBOL);
  return addDummyPrefix && escaped.length > 0 ? SPACE_SYMBOL + escaped : escaped;
}
