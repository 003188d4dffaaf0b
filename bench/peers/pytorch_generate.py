"""Greedy decoding with a KV cache in Transformers, until the context is full: 4 tokens of prompt, the rest new."""

import torch
from pytorch_train import SIZES
from transformers import Qwen2Config, Qwen2ForCausalLM


def make_decoder(name, batch):
    """Decodes `batch` texts at once, as a function without arguments."""
    dim, layers, heads, hidden, context, vocab = SIZES[name]
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=vocab, hidden_size=dim, intermediate_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=heads, max_position_embeddings=context, rms_norm_eps=1e-6, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )
    model = Qwen2ForCausalLM(config).eval()
    prompt = torch.tensor([[1, 2, 3, 4]] * batch)
    mask = torch.ones_like(prompt)
    new = context - prompt.shape[1]

    def decode():
        with torch.inference_mode():
            out = model.generate(prompt, attention_mask=mask, max_new_tokens=new, min_new_tokens=new, do_sample=False)
        assert out.shape[1] == context

    decode.tokens = new * batch
    return decode
