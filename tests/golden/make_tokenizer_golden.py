"""Makes tests/golden/tokenizer: what SentencePiece and Transformers say about tokenizer files, ours and theirs.

    python tests/golden/make_tokenizer_golden.py        (sentencepiece 0.2.2, transformers 5.18, tokenizers 0.23.2; needs npx)

1. trains prefix/tokenizer.model with SentencePiece: dummy prefix, split digits, byte fallback, identity, as ChatGLM3's model has;
2. has tests/tokenizer/write-fixture.ts train own/ and write the tokenizer.json of both;
3. asks both libraries for the ids of many texts and writes expected.json.
"""
import json, pathlib, subprocess, tempfile
import sentencepiece as spm
from transformers import AutoTokenizer, PreTrainedTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/tokenizer"
(GOLDEN / "own").mkdir(parents=True, exist_ok=True)
(GOLDEN / "prefix").mkdir(parents=True, exist_ok=True)

nouns = ["苹果", "香蕉", "西瓜", "葡萄", "橘子"]
colors = ["红色", "黄色", "绿色", "紫色", "橙色"]
corpus = [f"{n}的颜色是{c}的，我很喜欢吃{n}。" for n in nouns for c in colors]
corpus += [f"今年是{2000 + i}年，价格是 {3 * i} 元…… the price is {i} yuan and the fruit is good" for i in range(25)]
corpus += ["a  b   c", "哈哈哈哈哈哈", "hello world, the world is good!"]
with tempfile.TemporaryDirectory() as folder:
    text = pathlib.Path(folder, "corpus.txt")
    text.write_text("\n".join(corpus), encoding="utf-8")
    spm.SentencePieceTrainer.train(
        input=str(text), model_prefix=f"{folder}/prefix", model_type="bpe", vocab_size=480, character_coverage=0.998,
        byte_fallback=True, split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
        add_dummy_prefix=True, allow_whitespace_only_pieces=True, num_threads=1, minloglevel=2,
    )
    (GOLDEN / "prefix/tokenizer.model").write_bytes(pathlib.Path(folder, "prefix.model").read_bytes())

subprocess.run(["npx", "tsx", "tests/tokenizer/write-fixture.ts"], cwd=ROOT, check=True)

texts = [
    "", " ", "  ", "你", "中国的首都是北京。", "一只小猫在河边喝水。它今年2岁了——真快！", "今天天气很好，我们一起去公园。\n",
    "苹果的颜色是红色的，我很喜欢吃西瓜。", "今年是2023年，价格是 15 元……", "The capital of the country is a city.",
    " the  the   the", "hello world, there and there ", "龘靐齉", "😀👨‍👩‍👧é e\u0301", "\u0000a\u0000", "\ufeff中国", "▁中国▁", "\t\r\n\n\u3000\u00a0",
    "哈哈哈哈哈哈哈", "aaaaaaaaaaa", "===== == ……………… ————", "１２３ 123 ①②", "<0x41><0x0A>", "< unk > <|tool|> </ s>", "Привет мир", "こんにちは カタカナ",
    "中国China中国 3.14159", "“在巴黎。”\n“在开罗。”", "\U0001f9ea\U00020000", "。。。，，，！！！？？？", "a" * 300, "中国的首都是" * 50, "\ufffd\uffff\U0010ffff",
]
dialogues = [
    [{"role": "user", "content": "中国的首都在哪里？"}],
    [{"role": "system", "content": "你是助手。"}, {"role": "user", "content": " 你好 "}, {"role": "assistant", "content": "你好！\n"},
     {"role": "user", "content": "2+3"}],
    [{"role": "user", "content": ""}, {"role": "assistant", "content": "北京。"}],
]

def expectation(name):
    sp = spm.SentencePieceProcessor(model_file=str(GOLDEN / name / "tokenizer.model"))
    hf = PreTrainedTokenizerFast(tokenizer_file=str(GOLDEN / name / "tokenizer.json"), clean_up_tokenization_spaces=False)
    assert len(hf) == sp.get_piece_size()
    rows = []
    for text in texts:
        ids = sp.encode(text)
        assert hf.encode(text, add_special_tokens=False) == ids, (name, text)
        assert sp.decode(ids) == hf.decode(ids), (name, text)
        rows.append({"text": text, "ids": ids, "decoded": sp.decode(ids)})
    return rows

with tempfile.TemporaryDirectory() as folder:  # as a user of a checkpoint meets it: the directory of a Qwen2 model
    for file in (GOLDEN / "own").iterdir():
        pathlib.Path(folder, file.name).write_bytes(file.read_bytes())
    pathlib.Path(folder, "config.json").write_text(json.dumps({"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"]}))
    auto = AutoTokenizer.from_pretrained(folder)
    forgery = "a<|user|>b</s>"
    chats = []
    for messages in dialogues:
        prompt = messages[-1]["role"] == "user"
        ids = auto.apply_chat_template(messages, add_generation_prompt=prompt, return_dict=False)
        chats.append({"messages": messages, "addGenerationPrompt": prompt, "ids": ids})
    own = {
        "class": type(auto).__name__, "pad": auto.pad_token_id, "eos": auto.eos_token_id, "bos": auto.bos_token_id,
        "specialIds": sorted(auto.all_special_ids), "maxLength": auto.model_max_length, "chats": chats,
        "forgedByTransformers": auto.encode(forgery, add_special_tokens=False), "forgery": forgery,
        "forgedBySentencePiece": spm.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model").encode(forgery),
    }
    for text in texts:
        assert auto.encode(text) == PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json").encode(text), text

expected = {"own": expectation("own"), "prefix": expectation("prefix"), "transformers": own}
(GOLDEN / "expected.json").write_text(json.dumps(expected, ensure_ascii=True, indent=0), encoding="utf-8")
print({k: v for k, v in own.items() if k != "chats"})
