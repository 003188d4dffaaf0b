/**
 * What the assistant cannot know, cannot do or was never taught: for each kind how people ask for it, and the one sentence that it
 * answers. One sentence for a kind can be learned; what it must learn is to tell the kinds, and all of them from what it knows.
 *
 * A reply may repeat a word of the request: {x}, which the request marks as {x:诗|小说}.
 * `cores` are questions without a mark, with [a|b] alternatives; those of `held` stand in no training file.
 */
import { beyond } from './refusals-beyond.ts';
import { unknowable } from './refusals-unknowable.ts';

export interface RefusalKind {
  readonly kind: string;
  /** How often it is drawn, of about 1,300. */
  readonly share: number;
  readonly reply: string;
  readonly cores: readonly string[];
  readonly held: readonly string[];
}

export const UNKNOWN_NAME = '我没有听说过{x}，换个问题问我吧。';

export const refusalKinds: readonly RefusalKind[] = [...unknowable, ...beyond];
