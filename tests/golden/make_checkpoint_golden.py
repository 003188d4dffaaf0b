"""What Transformers makes of checkpoints written by this project, one of each architecture.

    pip install torch==2.13.0 transformers==5.18.0 safetensors numpy
    npx tsx tests/formats/checkpoint-fixture.ts          # writes tests/golden/checkpoint/ and checkpoint-{llama2,moe}/
    python tests/golden/make_checkpoint_golden.py        # asks Transformers, writes expected.json there

expected.json holds the classes that the Auto* factories chose, token ids of a few texts, a rendered and tokenized chat, and the logits of
one row of ids in float32, and the likeliest next tokens. tests/formats/{transformers,architectures}.test.ts compare our own reading of
the same directories with it.
"""

import json
from pathlib import Path

import torch
import transformers

HERE = Path(__file__).parent
# Directory and how many tokens are generated.
DIRECTORIES = {"checkpoint": 12, "checkpoint-llama2": 24, "checkpoint-moe": 24}
TEXTS = ["中国的首都是北京。", "小猫在河边喝水，它今年3岁了……", "The capital of 法国 is 巴黎!", "龘😀\n  两个空格", "2026年11月24日"]
DIALOGUE = [{"role": "user", "content": "日本的首都在哪里？"}]


def ask(directory, tokens):
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model, report = transformers.AutoModelForCausalLM.from_pretrained(directory, output_loading_info=True)
    assert not report["missing_keys"] and not report["unexpected_keys"] and not report["mismatched_keys"], report
    prompt = tokenizer.apply_chat_template(DIALOGUE, add_generation_prompt=True, tokenize=True, return_dict=False)
    ids = prompt + tokenizer(TEXTS[0], add_special_tokens=False)["input_ids"]
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
        generated = model.generate(torch.tensor([prompt]), max_new_tokens=tokens, do_sample=False)[0, len(prompt):]
    expected = {
        "made_with": f"torch {torch.__version__}, transformers {transformers.__version__}",
        "model_class": type(model).__name__,
        "fast_tokenizer": tokenizer.is_fast,
        "texts": TEXTS,
        "text_ids": [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS],
        "decoded": [tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) for text in TEXTS],
        "prompt_ids": prompt,
        "ids": ids,
        "logits": [[float(f"{x:.7g}") for x in row] for row in logits.tolist()],
        "generated": generated.tolist(),
    }
    (directory / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n", encoding="utf-8")
    print(directory.name, expected["made_with"], expected["model_class"], expected["generated"])
    print("fast tokenizer:", expected["fast_tokenizer"], type(tokenizer).__name__)


def main():
    torch.set_num_threads(1)
    for name, tokens in DIRECTORIES.items():
        if (HERE / name).is_dir():
            ask(HERE / name, tokens)


if __name__ == "__main__":
    main()
