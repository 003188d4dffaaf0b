"""Golden values of llama2 and moe: Transformers' Llama and Qwen2Moe. Run by hand like make_golden.py, whose conventions hold.

    pip install torch==2.13.0 transformers==5.18.0 safetensors numpy
    python tests/golden/make_architectures_golden.py

It writes llama.safetensors and moe.safetensors (logits, loss, gradients of tiny models) and the directories hf-llama/ and
hf-qwen2moe/: random models as Transformers itself saves them, with what it computes from them in expected.json.

Both classes compute RMSNorm, the RoPE tables and some softmaxes in float32 whatever their weights are; the F64 values come from
their code with these casts lifted, and must agree with the unchanged code (1e-5) and with a model written out by hand (1e-11).
The balance loss is written from its definition, token by token, not with Transformers' function, which defines another one.
"""

import json
import math
import shutil
from contextlib import ExitStack, contextmanager
from unittest import mock

import torch
import torch.nn.functional as F
import transformers
from make_golden import HERE, IGNORE, THETA, Golden, close, next_token_loss, random_weights, rng, rope_half, swiglu
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2MoeConfig, Qwen2MoeForCausalLM
from transformers.models.llama import modeling_llama as llama
from transformers.models.qwen2_moe import modeling_qwen2_moe as qwen2_moe

TOKENIZER = HERE / "checkpoint"  # a tokenizer written by this project
SIZES = dict(
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=4,
    max_position_embeddings=64,
    use_cache=False,
    rope_parameters=dict(rope_type="default", rope_theta=THETA),
)


# ----------------------------------------------------------------------------------------------- Transformers, in float64


@contextmanager
def float64_arithmetic():
    """The casts to float32 of both classes lifted (see make_golden.float64_qwen2)."""

    def norm(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, self.variance_epsilon)

    def rotary(self, x, position_ids):
        d = self.config.hidden_size // self.config.num_attention_heads
        angles = torch.outer(position_ids.flatten().double(), 1 / THETA ** (torch.arange(0, d, 2).double() / d))
        table = torch.cat((angles, angles), -1).view(*position_ids.shape, d)
        return table.cos().to(x.dtype), table.sin().to(x.dtype)

    def eager(module, query, key, value, attention_mask, scaling, dropout=0.0, **_):
        key, value = (llama.repeat_kv(t, module.num_key_value_groups) for t in (key, value))
        weights = torch.softmax(query @ key.transpose(2, 3) * scaling + attention_mask, -1)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    def router(self, x):
        logits = F.linear(x.reshape(-1, self.hidden_dim), self.weight)
        scores, chosen = torch.topk(torch.softmax(logits, -1), self.top_k, dim=-1)
        return logits, scores, chosen

    with ExitStack() as stack:
        for module, prefix in ((llama, "Llama"), (qwen2_moe, "Qwen2Moe")):
            stack.enter_context(mock.patch.object(getattr(module, f"{prefix}RMSNorm"), "forward", norm))
            stack.enter_context(mock.patch.object(getattr(module, f"{prefix}RotaryEmbedding"), "forward", rotary))
            stack.enter_context(mock.patch.object(module, "eager_attention_forward", eager))
        stack.enter_context(mock.patch.object(qwen2_moe.Qwen2MoeTopKRouter, "forward", router))
        yield


def eager(config):
    config._attn_implementation = config._experts_implementation = "eager"
    return config


# ------------------------------------------------------------------------------------------------ the models, written by hand


def rms_norm(x, weight, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def attention(x, w, config, prefix):
    B, T, D = x.shape
    heads, kv_heads = config.num_attention_heads, config.num_key_value_heads

    def project(name, count):
        y = x @ w[f"{prefix}{name}_proj.weight"].T
        bias = w.get(f"{prefix}{name}_proj.bias")
        return (y if bias is None else y + bias).view(B, T, count, -1).transpose(1, 2)

    positions = torch.arange(T)
    queries, keys = rope_half(project("q", heads), positions), rope_half(project("k", kv_heads), positions)
    values = project("v", kv_heads)
    keys, values = (t.repeat_interleave(heads // kv_heads, 1) for t in (keys, values))
    scores = queries @ keys.mT / math.sqrt(D // heads)
    mixed = scores.masked_fill(~torch.ones(T, T, dtype=torch.bool).tril(), -math.inf).softmax(-1) @ values
    return mixed.transpose(1, 2).reshape(B, T, D) @ w[f"{prefix}o_proj.weight"].T


def mixture(x, w, config, prefix, routers):
    """Token by token, with the weights of the softmax over all experts. `routers` collects the probabilities."""
    probabilities = torch.softmax(x @ w[f"{prefix}gate.weight"].T, -1)
    routers.append(probabilities.flatten(0, 1))
    rows = []
    for token, p in zip(x.flatten(0, 1), probabilities.flatten(0, 1)):
        best = p.detach().argsort(descending=True)[: config.num_experts_per_tok].tolist()
        y = sum(p[e] * swiglu(token, w, f"{prefix}experts.{e}.") for e in best)
        gate = 1 / (1 + torch.exp(-(token @ w[f"{prefix}shared_expert_gate.weight"][0])))
        rows.append(y + gate * swiglu(token, w, f"{prefix}shared_expert."))
    return torch.stack(rows).view_as(x)


def by_hand(ids, w, config, routers):
    eps = config.rms_norm_eps
    x = w["model.embed_tokens.weight"][ids]
    for layer in range(config.num_hidden_layers):
        prefix = f"model.layers.{layer}."
        x = x + attention(rms_norm(x, w[f"{prefix}input_layernorm.weight"], eps), w, config, f"{prefix}self_attn.")
        h = rms_norm(x, w[f"{prefix}post_attention_layernorm.weight"], eps)
        is_mixture = hasattr(config, "num_experts")
        x = x + (mixture(h, w, config, f"{prefix}mlp.", routers) if is_mixture else swiglu(h, w, f"{prefix}mlp."))
    head = w.get("lm_head.weight", w["model.embed_tokens.weight"])
    return rms_norm(x, w["model.norm.weight"], eps) @ head.T


def balance(probabilities, k, counted):
    """E sum over e of (share of the choices that fell on e) (mean probability of e), over the tokens that count."""
    tokens, E = probabilities.shape
    choices, totals, n = [0] * E, [0.0] * E, 0
    for t in range(tokens):
        if not counted[t]:
            continue
        n += 1
        for e in probabilities[t].detach().argsort(descending=True)[:k].tolist():
            choices[e] += 1
        for e in range(E):
            totals[e] = totals[e] + probabilities[t, e]
    assert sum(choices) == n * k
    return E * sum(choices[e] / (n * k) * totals[e] / n for e in range(E)), choices


# ------------------------------------------------------------------------------------------------------------------ weights


def on_disk(weights):
    """Names as in model.safetensors: one matrix for each expert, not Transformers' stack of them in memory."""
    result = {}
    for name, value in weights.items():
        if name.endswith("experts.gate_up_proj"):
            for e, both in enumerate(value):
                gate, up = both.chunk(2)
                result[name.replace("gate_up_proj", f"{e}.gate_proj.weight")] = gate
                result[name.replace("gate_up_proj", f"{e}.up_proj.weight")] = up
        elif name.endswith("experts.down_proj"):
            for e, one in enumerate(value):
                result[name.replace("down_proj", f"{e}.down_proj.weight")] = one
        else:
            result[name] = value
    return result


def make_model(g, case, model_class, config):
    """Logits, loss and all gradients of one tiny model; the mixture also its balance losses."""
    tied, is_mixture = config.tie_word_embeddings, hasattr(config, "num_experts")
    model = model_class(eager(config)).double().eval()
    weights = random_weights(model, f"{model_class.__name__} {case}")
    model.load_state_dict(weights, strict=not tied)
    ids = torch.randint(37, (2, 9), generator=rng(f"{case}/ids"))
    labels = ids.clone()
    labels[0, :3] = labels[1, 5] = labels[1, 8] = IGNORE
    counted = torch.ones(2, 9, dtype=torch.int32)
    counted[0, :2] = 0
    parameters = dict(model.named_parameters())
    with float64_arithmetic():
        logits = model(ids).logits
        loss = next_token_loss(logits, labels)
        gradients = on_disk(dict(zip(parameters, torch.autograd.grad(loss, list(parameters.values())))))

    stored = on_disk(weights)
    leaves = {name: value.clone().requires_grad_() for name, value in stored.items()}
    routers = []
    ours_logits = by_hand(ids, leaves, config, routers)
    ours = next_token_loss(ours_logits, labels)
    close(ours_logits, logits, f"{case}: logits by hand")
    close(ours, loss, f"{case}: loss by hand")
    for name, gradient in zip(leaves, torch.autograd.grad(ours, list(leaves.values()), retain_graph=True)):
        close(gradient, gradients[name], f"{case}: gradient of {name} by hand")

    unchanged = model(ids)  # float32 inside
    close(unchanged.logits, logits, f"{case}: logits of unchanged Transformers", 1e-5)
    single = model.float()(ids).logits
    close(single.double(), logits, f"{case}: logits in float32", 1e-4)

    g.put(f"{case}/ids", ids)
    g.put(f"{case}/labels", labels)
    g.put(f"{case}/logits", logits)
    g.put(f"{case}/logits_float32", single)
    g.put(f"{case}/loss", loss)
    for name in stored:
        g.put(f"{case}/weights/{name}", stored[name])
        g.put(f"{case}/grad/{name}", gradients[name])
    sizes = ("num_experts", "num_experts_per_tok", "moe_intermediate_size", "shared_expert_intermediate_size")
    for name in ("num_key_value_heads", *sizes):
        if hasattr(config, name):
            g.put(f"{case}/{name}", getattr(config, name))
    if not is_mixture:
        return

    k = config.num_experts_per_tok
    for probabilities in routers:
        best = probabilities.detach().sort(descending=True).values
        gap = float((best[:, k - 1] - best[:, k]).min())
        assert gap > 1e-4, f"{case}: a choice of experts hangs on {gap:.1e}: float32 might choose another"
    for label, mask in (("all", torch.ones_like(counted)), ("counted", counted)):
        losses, choices = zip(*(balance(p, k, mask.flatten().tolist()) for p in routers))
        g.put(f"{case}/balance.{label}", torch.stack(losses))
        g.put(f"{case}/choices.{label}", torch.tensor(choices))
        mean = torch.stack(losses).mean()
        wanted = [name for name in leaves if "mlp.gate." in name or "embed_tokens" in name or "layers.0.mlp" in name]
        found = torch.autograd.grad(mean, [leaves[name] for name in wanted], retain_graph=True, allow_unused=True)
        if label == "counted":
            for name, gradient in zip(wanted, found):
                g.put(f"{case}/balance_grad/{name}", torch.zeros_like(leaves[name]) if gradient is None else gradient)
    g.put(f"{case}/counted", counted)


def make_llama():
    g = Golden("llama.safetensors")
    for case, kv_heads in (("mha", 4), ("gqa", 2)):
        config = LlamaConfig(
            **SIZES,
            vocab_size=37,
            intermediate_size=24,
            num_key_value_heads=kv_heads,
            rms_norm_eps=1e-5,
            tie_word_embeddings=True,
        )
        make_model(g, case, LlamaForCausalLM, config)
    g.save()


def qwen2_moe_config(**sizes):
    fixed = dict(norm_topk_prob=False, decoder_sparse_step=1, mlp_only_layers=[], output_router_logits=False, rms_norm_eps=1e-6)
    return Qwen2MoeConfig(**{**SIZES, **fixed, **sizes})


def make_moe():
    g = Golden("moe.safetensors")
    experts = dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=12)
    more = dict(num_experts=5, num_experts_per_tok=3, moe_intermediate_size=4, shared_expert_intermediate_size=8)
    for case, sizes, kv_heads in (("tied", experts, 2), ("untied", more, 4)):
        config = qwen2_moe_config(**sizes, vocab_size=37, num_key_value_heads=kv_heads, tie_word_embeddings=case == "tied")
        make_model(g, case, Qwen2MoeForCausalLM, config)
    g.save()


# ---------------------------------------------------------------------------------------------- directories made elsewhere


def greedy(model, ids, steps):
    """The likeliest next token, `steps` times; None if two are almost equally likely. (generate() would stop at </s>.)"""
    text = list(ids)
    with torch.no_grad():
        for _ in range(steps):
            best = model(torch.tensor([text])).logits[0, -1].topk(2)
            if best.values[0] - best.values[1] < 1e-3:
                return None
            text.append(int(best.indices[0]))
    return text[len(ids) :]


def make_directory(name, model_class, config):
    """A random model as save_pretrained writes it, with a tokenizer of ours beside it, and what it computes."""
    directory = HERE / name
    shutil.rmtree(directory, ignore_errors=True)
    ids = torch.randint(6, config.vocab_size, (8,), generator=rng(f"{name}/ids")).tolist()
    generated, seed = None, 0
    while generated is None:
        seed += 1
        model = model_class(eager(config)).float().eval()
        model.load_state_dict(random_weights(model, f"{name} {seed}"), strict=False)
        generated = greedy(model, ids, 24)
    model.save_pretrained(directory)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TOKENIZER / file, directory / file)
    (directory / "generation_config.json").unlink(missing_ok=True)
    model = model_class.from_pretrained(directory).eval()
    assert greedy(model, ids, 24) == generated, f"{name}: saved and opened it says something else"
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0]
    expected = {
        "made_with": f"torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}",
        "model_class": type(model).__name__,
        "ids": ids,
        "logits": [[float(f"{x:.7g}") for x in row] for row in logits.tolist()],
        "generated": generated,
    }
    (directory / "expected.json").write_text(json.dumps(expected) + "\n", encoding="utf-8")
    for file in directory.iterdir():
        file.chmod(0o644)
    print(f"{name}/: {sum(file.stat().st_size for file in directory.iterdir()):,} bytes, {expected['model_class']}")


def main():
    make_llama()
    make_moe()
    torch.set_default_dtype(torch.float32)
    sizes = dict(vocab_size=460, initializer_range=0.35, bos_token_id=1, eos_token_id=2, pad_token_id=0)
    make_directory(
        "hf-llama",
        LlamaForCausalLM,
        LlamaConfig(**SIZES, **sizes, intermediate_size=24, num_key_value_heads=2, rms_norm_eps=1e-5, tie_word_embeddings=True),
    )
    experts = dict(num_experts=6, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=12)
    make_directory(
        "hf-qwen2moe",
        Qwen2MoeForCausalLM,
        qwen2_moe_config(**sizes, **experts, intermediate_size=24, num_key_value_heads=2, tie_word_embeddings=False),
    )


if __name__ == "__main__":
    main()
