"""Greedy decoding with a KV cache in Transformers: nano, one text, 4 tokens of prompt and 124 new ones.

    python pytorch_generate.py --threads 2 [--runs 5]
"""

import argparse
import json
import statistics
import sys
import time

try:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM
except ImportError:
    sys.exit("PyTorch or Transformers is not importable by this Python; left out (pip install torch transformers)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=2048, hidden_size=128, intermediate_size=344, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=4, max_position_embeddings=128, rms_norm_eps=1e-6, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=None, pad_token_id=0,
    )
    model = Qwen2ForCausalLM(config).eval()
    prompt = torch.tensor([[1, 2, 3, 4]])
    mask = torch.ones_like(prompt)
    new = 124
    times = []
    with torch.inference_mode():
        for run in range(-1, args.runs):
            began = time.perf_counter()
            out = model.generate(prompt, attention_mask=mask, max_new_tokens=new, min_new_tokens=new, do_sample=False)
            if run >= 0:
                times.append((out.shape[1] - prompt.shape[1]) / (time.perf_counter() - began))
    value = statistics.median(times)
    line = {"group": "generate", "name": "nano", "backend": "transformers", "threads": args.threads, "value": value, "unit": "tokens/s"}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
