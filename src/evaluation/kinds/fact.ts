/**
 * Is the answer to a question about a fact right? To the character: without surrounding blanks and the final punctuation mark it
 * equals one of the accepted sentences.
 */
export function isAccepted(text: string, { accepted }: { readonly accepted: readonly string[] }): boolean {
  return accepted.some((sentence) => bare(sentence) === bare(text));
}

function bare(text: string): string {
  return text.trim().replace(/[。．.！!？?]+$/u, '');
}
