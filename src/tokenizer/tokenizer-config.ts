/**
 * `tokenizer_config.json`: which class Transformers makes of `tokenizer.json`, the roles of its special tokens, the chat
 * template.
 *
 * `PreTrainedTokenizerFast` reads `tokenizer.json` as it stands; a Llama or Qwen2 class would put its own normalizer in its
 * place. For models of type qwen2 Transformers 5.18 ignores `tokenizer_class` and silently takes Qwen2's byte-level one, unless
 * there is an `auto_map`. So there is one. The file it names is only looked for under `trust_remote_code=True` (which is not
 * needed); it holds the one line that gives Transformers its own class back. No begin token is added anywhere: our models are
 * trained on documents that only end (`</s>`).
 */
import { CHAT_TEMPLATE } from './chat-template.ts';
import { ROLES, roleToken } from './special-tokens.ts';
import type { Tokenizer } from './tokenizer.ts';

/** file.Class, the class for Transformers' slow and fast tokenizers. */
const AUTO_MAP = 'tokenization_tiny_llm.PreTrainedTokenizerFast';

/** Name and content of the file that AUTO_MAP names. */
export const AUTO_MAP_FILE = [
  'tokenization_tiny_llm.py',
  '# tokenizer.json is complete: this only names the class that reads it (see auto_map in tokenizer_config.json).\n' +
    'from transformers import PreTrainedTokenizerFast  # noqa: F401\n',
] as const;

interface TokenizerConfig {
  readonly tokenizer_class: 'PreTrainedTokenizerFast';
  readonly auto_map: { readonly AutoTokenizer: readonly [string, string] };
  readonly model_max_length: number;
  readonly bos_token: string | null;
  readonly eos_token: string;
  readonly pad_token: string;
  readonly unk_token: string;
  readonly additional_special_tokens: readonly string[];
  readonly add_bos_token: false;
  readonly add_eos_token: false;
  readonly clean_up_tokenization_spaces: false;
  readonly padding_side: 'left';
  readonly chat_template: string;
}

/** The object to write as `tokenizer_config.json`. `contextLength` in tokens. */
export function tokenizerConfig(
  tokenizer: Tokenizer,
  options: { readonly contextLength: number },
): TokenizerConfig {
  const { bosId } = tokenizer;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    auto_map: { AutoTokenizer: [AUTO_MAP, AUTO_MAP] },
    model_max_length: options.contextLength,
    bos_token: bosId === undefined ? null : tokenizer.pieceOf(bosId),
    eos_token: tokenizer.pieceOf(tokenizer.eosId),
    pad_token: tokenizer.pieceOf(tokenizer.padId),
    unk_token: tokenizer.pieceOf(tokenizer.unkId),
    additional_special_tokens: ROLES.map(roleToken).filter((token) => tokenizer.idOf(token) !== undefined),
    add_bos_token: false,
    add_eos_token: false,
    clean_up_tokenization_spaces: false,
    padding_side: 'left',
    chat_template: CHAT_TEMPLATE,
  };
}
