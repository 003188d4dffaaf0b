"""Golden values: what PyTorch and Transformers say about every op, layer, optimizer and sampler of this project.

    pip install torch==2.13.0 transformers==5.18.0 safetensors numpy
    python tests/golden/make_golden.py

A project that compares only with itself can be wrong and green; these files are the outside oracle. The script is run by hand,
its results are committed, and README.md beside it lists them. One function makes one .safetensors file, tensors are named
CASE/TENSOR. Rules that hold in every file:

- float64 unless said otherwise, integers and booleans as int32, scalars with shape [1];
- `dy` is a fixed random upstream gradient, and the gradient of input NAME under sum(y * dy) is called dNAME;
- every case draws from its own generator, seeded by its name: adding a case changes no other;
- where a formula of ours and a library's exist, both are computed here and must agree, values and gradients.
"""

import math
import pathlib
import warnings
import zlib
from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np
import safetensors
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from torch.func import functional_call
from transformers import Qwen2Config, Qwen2ForCausalLM
from transformers.models.qwen2 import modeling_qwen2 as qwen2

HERE = pathlib.Path(__file__).resolve().parent
IGNORE = -100  # a target that is not counted
EPS = 1e-6  # of RMSNorm
THETA = 1e4  # of RoPE

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
torch.set_default_dtype(torch.float64)


# ---------------------------------------------------------------------------------------------------------------- helpers


def rng(name):
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def normal(case, name, *shape):
    return torch.randn(shape, generator=rng(f"{case}/{name}"))


class Golden:
    """The tensors of one file, and the largest error that float32 arithmetic makes on its cases."""

    def __init__(self, file):
        self.file, self.tensors, self.float32_error = file, {}, (0.0, "")

    def put(self, name, value):
        value = torch.as_tensor(value).detach().clone().contiguous()
        value = value.reshape(1) if value.ndim == 0 else value
        assert name not in self.tensors, f"{name} twice"
        assert not value.isnan().any(), f"{name} has NaN"
        self.tensors[name] = value if value.is_floating_point() else value.to(torch.int32)

    def record(self, case, forward, inputs, also=None, constants=()):
        """Store inputs, dy, y and the gradient of every floating-point input; `also` is a second formula that must agree.
        An input given as a shape is drawn from N(0, 1)."""
        inputs = {name: normal(case, name, *value) if isinstance(value, tuple) else value for name, value in inputs.items()}
        shape = forward(**inputs).shape
        dy = torch.randn(shape, generator=rng(case + "/dy"))
        y, gradients = run(forward, inputs, dy)
        if also is not None:
            other, other_gradients = run(also, inputs, dy)
            close(other, y, f"{case}: y of the second formula")
            for name in gradients:
                close(other_gradients[name], gradients[name], f"{case}: gradient of {name} of the second formula")
        for name, value in {**inputs, **dict(constants), "dy": dy, "y": y}.items():
            self.put(f"{case}/{name}", value)
        for name, gradient in gradients.items():
            self.put(f"{case}/d{name}", gradient)

        single = {name: value.float() if value.is_floating_point() else value for name, value in inputs.items()}
        y32, gradients32 = run(forward, single, dy.float())
        pairs = [(y32, y)] + [(gradients32[name], gradients[name]) for name in gradients]
        worst = max(float(((a - b).abs() / (1 + b.abs())).max()) for a, b in pairs)
        self.float32_error = max(self.float32_error, (worst, case))
        return y

    def save(self):
        # One key only: with more, their order in the file, and so its bytes, would differ from run to run.
        save_file(self.tensors, HERE / self.file, metadata={"made_with": VERSIONS})
        (HERE / self.file).chmod(0o644)
        cases = len({name.rsplit("/", 1)[0] for name in self.tensors})
        size = (HERE / self.file).stat().st_size
        worst, where = self.float32_error
        note = f", float32 differs by at most {worst:.1e} ({where})" if where else ""
        print(f"{self.file}: {cases} cases, {len(self.tensors)} tensors, {size:,} bytes{note}")


VERSIONS = f"torch {torch.__version__.split('+')[0]}, transformers {transformers.__version__}, numpy {np.__version__}, safetensors {safetensors.__version__}"


def run(forward, inputs, dy):
    """y and the gradients of sum(y * dy) for the floating-point inputs."""
    leaves = {name: value.detach().clone().requires_grad_(value.is_floating_point()) for name, value in inputs.items()}
    y = forward(**leaves)
    wanted = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}
    gradients = torch.autograd.grad(y, list(wanted.values()), dy.to(y.dtype))
    return y.detach(), dict(zip(wanted, gradients))


def close(actual, expected, what, tolerance=1e-11):
    """Fails unless |actual - expected| <= tolerance * (1 + |expected|) everywhere."""
    actual, expected = torch.as_tensor(actual), torch.as_tensor(expected)
    assert actual.shape == expected.shape, f"{what}: {tuple(actual.shape)} is not {tuple(expected.shape)}"
    error = float(
        ((actual - expected).abs() / (1 + expected.abs()))
        .nan_to_num(0 if torch.equal(actual.isinf(), expected.isinf()) else math.inf)
        .max()
    )
    assert error <= tolerance, f"{what}: off by {error:.2e}, allowed {tolerance:.0e}"


# ------------------------------------------------------------------------------------ the layers, written out once by hand
# x [B, T, D]; queries [B, H, T, d]; keys, values [B, K, T, d]. w holds weights under their Hugging Face names.


def rms_norm(x, weight):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + EPS) * weight


def rope_angles(positions, d):
    """[..., T, d/2]: position * theta^(-2i/d)."""
    return positions[..., None].double() * THETA ** (-torch.arange(0, d, 2).double() / d)


def rope_half(x, positions):
    """Hugging Face's layout: dimension i turns with dimension i + d/2. positions [T], or [B, 1, T] per row."""
    angles = rope_angles(positions, x.shape[-1])
    left, right = x.chunk(2, -1)
    return torch.cat((left * angles.cos() - right * angles.sin(), right * angles.cos() + left * angles.sin()), -1)


def rope_interleaved(x, positions):
    """The paper's layout: dimension 2i turns with dimension 2i + 1."""
    angles = rope_angles(positions, x.shape[-1])
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * angles.cos() - odd * angles.sin(), odd * angles.cos() + even * angles.sin()), -1).flatten(-2)


def swiglu(x, w, prefix=""):
    gate, up = (x @ w[f"{prefix}{name}_proj.weight"].T for name in ("gate", "up"))
    return (gate / (1 + torch.exp(-gate)) * up) @ w[f"{prefix}down_proj.weight"].T


def attention(x, w, heads, kv_heads, positions=None, visible=None, prefix=""):
    """Causal attention; `visible` [B, T] is 0 at padding, which no token may look at."""
    B, T, _ = x.shape
    positions = torch.arange(T)[None] if positions is None else positions

    def project(name, count):
        return (x @ w[f"{prefix}{name}_proj.weight"].T + w[f"{prefix}{name}_proj.bias"]).view(B, T, count, -1).transpose(1, 2)

    queries, keys, values = project("q", heads), project("k", kv_heads), project("v", kv_heads)
    queries, keys = rope_half(queries, positions[:, None]), rope_half(keys, positions[:, None])
    keys, values = (t.repeat_interleave(heads // kv_heads, 1) for t in (keys, values))
    scores = queries @ keys.mT / math.sqrt(queries.shape[-1])
    allowed = torch.ones(T, T, dtype=torch.bool).tril()[None, None]
    if visible is not None:
        allowed = allowed & visible.bool()[:, None, None, :]
    mixed = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(-1) @ values
    return mixed.transpose(1, 2).reshape(B, T, -1) @ w[f"{prefix}o_proj.weight"].T


def block(x, w, heads, kv_heads, prefix=""):
    x = x + attention(rms_norm(x, w[f"{prefix}input_layernorm.weight"]), w, heads, kv_heads, prefix=f"{prefix}self_attn.")
    return x + swiglu(rms_norm(x, w[f"{prefix}post_attention_layernorm.weight"]), w, f"{prefix}mlp.")


def decoder(ids, w, config):
    x = w["model.embed_tokens.weight"][ids.long()]
    for layer in range(config.num_hidden_layers):
        x = block(x, w, config.num_attention_heads, config.num_key_value_heads, f"model.layers.{layer}.")
    head = w.get("lm_head.weight", w["model.embed_tokens.weight"])
    return rms_norm(x, w["model.norm.weight"]) @ head.T


def next_token_loss(logits, labels):
    """Mean cross-entropy of position t against label t + 1, IGNORE left out; Transformers' loss, without its cast to float32."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten().long(), ignore_index=IGNORE)


# ----------------------------------------------------------------------------------------------- Transformers, in float64


@contextmanager
def float64_qwen2():
    """Transformers' Qwen2 does three things in float32 whatever its weights are: RMSNorm, the RoPE tables, and the softmax.
    Right for bfloat16, but it makes a float64 model exact to 7 digits only. Inside this context they stay in float64."""

    def norm(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, self.variance_epsilon)

    def rotary(self, x, position_ids):
        d = self.config.hidden_size // self.config.num_attention_heads
        angles = torch.outer(position_ids.flatten().double(), 1 / THETA ** (torch.arange(0, d, 2).double() / d))
        table = torch.cat((angles, angles), -1).view(*position_ids.shape, d)
        return table.cos().to(x.dtype), table.sin().to(x.dtype)

    def eager(module, query, key, value, attention_mask, scaling, dropout=0.0, **_):
        key, value = (qwen2.repeat_kv(t, module.num_key_value_groups) for t in (key, value))
        weights = torch.softmax(query @ key.transpose(2, 3) * scaling + attention_mask, -1)
        return (weights @ value).transpose(1, 2).contiguous(), weights

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(qwen2.Qwen2RMSNorm, "forward", norm))
        stack.enter_context(mock.patch.object(qwen2.Qwen2RotaryEmbedding, "forward", rotary))
        stack.enter_context(mock.patch.object(qwen2, "eager_attention_forward", eager))
        yield


def qwen2_config(attention_implementation="eager", **changes):
    sizes = dict(
        vocab_size=37, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2
    )
    fixed = dict(
        max_position_embeddings=64, rms_norm_eps=EPS, use_cache=False, rope_parameters=dict(rope_type="default", rope_theta=THETA)
    )
    config = Qwen2Config(**{**sizes, **fixed, **changes})
    config._attn_implementation = attention_implementation
    return config


def random_weights(module, seed, scale=0.35):
    """Weights N(0, scale), gains near 1, and biases that are not zero, so that forgetting one shows. Tied weights once."""
    generator, weights = rng(seed), {}
    for name, parameter in module.named_parameters():
        weights[name] = torch.randn(parameter.shape, generator=generator) * scale + (1.0 if "norm" in name else 0.0)
    return weights


# ------------------------------------------------------------------------------------------------------------------ files


def make_ops():
    g = Golden("ops.safetensors")

    def positive(case, name, *shape):
        return torch.rand(shape, generator=rng(f"{case}/{name}")) * 2.5 + 0.25

    def integers(case, name, high, *shape):
        return torch.randint(high, shape, generator=rng(f"{case}/{name}"))

    # Two operands, broadcast.
    shapes = {"2,3,4x3,1": ((2, 3, 4), (3, 1)), "4x2,1,4": ((4,), (2, 1, 4))}
    binary = {
        "add": torch.add,
        "sub": torch.sub,
        "mul": torch.mul,
        "div": torch.div,
        "pow": torch.pow,
        "maximum": torch.maximum,
        "minimum": torch.minimum,
    }
    for op, function in binary.items():
        for label, (left, right) in shapes.items():
            case = f"{op}.{label}"
            draw = positive if op == "pow" else normal
            b = positive(case, "b", *right) if op == "div" else normal(case, "b", *right)
            g.record(case, lambda a, b: function(a, b), {"a": draw(case, "a", *left), "b": b})
    for exponent in (3, 0.5, -1):
        case = f"pow.{exponent}"
        x = normal(case, "x", 3, 4) if exponent == 3 else positive(case, "x", 3, 4)
        g.record(case, lambda x: x**exponent, {"x": x}, constants={"exponent": float(exponent)})

    # One operand. Each draw ends with values where naive formulas lose digits or overflow.
    def sigmoid(x):
        return 0.5 * (1 + torch.tanh(x / 2))

    unary = {
        "neg": (torch.neg, lambda x: 0 - x),
        "abs": (torch.abs, lambda x: torch.sqrt(x * x)),
        "square": (torch.square, lambda x: x * x),
        "sin": (torch.sin, None),
        "cos": (torch.cos, None),
        "exp": (torch.exp, None),
        "sigmoid": (torch.sigmoid, sigmoid),
        "silu": (F.silu, lambda x: x * sigmoid(x)),
        "tanh": (torch.tanh, None),
        "relu": (F.relu, lambda x: x * (x > 0)),
        "gelu": (F.gelu, lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))),
        "gelu_tanh": (
            lambda x: F.gelu(x, approximate="tanh"),
            lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        ),
        "log": (torch.log, None),
        "sqrt": (torch.sqrt, lambda x: x**0.5),
        "rsqrt": (torch.rsqrt, lambda x: x**-0.5),
        "reciprocal": (torch.reciprocal, lambda x: 1 / x),
    }
    for op, (function, also) in unary.items():
        if op in ("log", "sqrt", "rsqrt", "reciprocal"):
            x = torch.cat((positive(op, "x", 3, 5), torch.tensor([[1e-3, 1e-2, 1.0, 50.0, 1e3]])))
        elif op == "exp":
            x = torch.cat((normal(op, "x", 3, 5), torch.tensor([[-80.0, -10.0, 0.0, 5.0, 20.0]])))
        else:
            x = torch.cat((normal(op, "x", 3, 5) * 1.5, torch.tensor([[-40.0, -8.0, 1e-4, 8.0, 40.0]])))
        g.record(op, lambda x: function(x), {"x": x}, also=also)
    g.record("clamp", lambda x: x.clamp(-0.5, 0.7), {"x": (3, 5)}, constants={"low": -0.5, "high": 0.7})
    g.record(
        "where",
        lambda condition, a, b: torch.where(condition.bool(), a, b),
        {"condition": integers("where", "condition", 2, 2, 3, 4), "a": (3, 1), "b": (2, 1, 4)},
    )
    g.record(
        "masked_fill",
        lambda x, mask: x.masked_fill(mask.bool(), -1.5),
        {"x": (2, 3, 4), "mask": integers("masked_fill", "mask", 2, 3, 4)},
        constants={"value": -1.5},
    )

    # Reductions.
    reductions = {
        "sum": (torch.sum, None),
        "mean": (torch.mean, lambda x, axes, keep: x.sum(axes, keep) / math.prod(x.shape[axis] for axis in axes)),
        "max": (torch.amax, lambda x, axes, keep: (x * (x == x.amax(axes, True))).sum(axes, keep)),
        "min": (torch.amin, lambda x, axes, keep: (x * (x == x.amin(axes, True))).sum(axes, keep)),
        "logsumexp": (torch.logsumexp, lambda x, axes, keep: torch.log(torch.exp(x).sum(axes, keep))),
    }
    for op, (function, by_hand) in reductions.items():
        for axes in ((-1,), (0,), (0, 2), (0, 1, 2)):
            for keep in (False, True):
                case = f"{op}.{'all' if len(axes) == 3 else 'axis=' + ','.join(map(str, axes))}{'.keep' if keep else ''}"
                also = by_hand and (lambda x: by_hand(x, axes, keep))
                constants = {"axes": list(axes), "keepdim": int(keep)}
                g.record(case, lambda x: function(x, axes, keep), {"x": (2, 3, 4)}, also, constants)
    large = normal("logsumexp.large", "x", 3, 4) + torch.tensor([[1000.0], [-1000.0], [0.0]])
    g.record("logsumexp.large", lambda x: x.logsumexp(-1), {"x": large}, constants={"axes": [-1], "keepdim": 0})
    for axis in (-1, 0):
        case = f"cumsum.axis={axis}"
        g.record(case, lambda x: x.cumsum(axis), {"x": (2, 3, 4)}, constants={"axis": axis})
    for axis in (-1, 1):
        case = f"softmax.axis={axis}"
        g.record(
            case,
            lambda x: x.softmax(axis),
            {"x": (2, 3, 4)},
            also=lambda x: x.exp() / x.exp().sum(axis, True),
            constants={"axis": axis},
        )
        case = f"log_softmax.axis={axis}"
        g.record(
            case,
            lambda x: x.log_softmax(axis),
            {"x": (2, 3, 4)},
            also=lambda x: x - x.exp().sum(axis, True).log(),
            constants={"axis": axis},
        )
    g.record("softmax.large", lambda x: x.softmax(-1), {"x": large}, constants={"axis": -1})
    g.record("log_softmax.large", lambda x: x.log_softmax(-1), {"x": large}, constants={"axis": -1})
    g.record(
        "softmax.masked",
        lambda x, mask: x.masked_fill(mask.bool(), -math.inf).softmax(-1),
        {"x": (4, 4), "mask": torch.ones(4, 4).triu(1).int()},
        constants={"axis": -1},
    )

    # Matrix products.
    for left, right in (((5, 7), (7, 3)), ((2, 4, 5), (5, 3)), ((2, 3, 4, 5), (3, 5, 6))):
        case = f"matmul.{','.join(map(str, left))}x{','.join(map(str, right))}"
        g.record(case, lambda a, b: a @ b, {"a": left, "b": right}, also=lambda a, b: (a[..., None] * b[..., None, :, :]).sum(-2))

    # Picking and placing.
    rows, columns = torch.tensor([[2, 0, 0, 1, 2], [1, 1, 1, 0, 2]]), torch.tensor([[3, 3, 0], [1, 2, 1]])
    g.record("gather.axis=0", lambda x, index: x.gather(0, index), {"x": (3, 5), "index": rows}, constants={"axis": 0})
    g.record("gather.axis=-1", lambda x, index: x.gather(-1, index), {"x": (2, 4), "index": columns}, constants={"axis": -1})
    g.record(
        "scatter_add.axis=0",
        lambda x, index, source: x.scatter_add(0, index, source),
        {"x": (3, 5), "index": rows, "source": (2, 5)},
        constants={"axis": 0},
    )
    g.record(
        "scatter_add.axis=-1",
        lambda x, index, source: x.scatter_add(-1, index, source),
        {"x": (2, 4), "index": columns, "source": (2, 3)},
        constants={"axis": -1},
    )
    ids = torch.tensor([[7, 0, 7, 3], [9, 7, 0, 1]])
    g.record(
        "embedding",
        lambda weight, ids: F.embedding(ids, weight),
        {"weight": (10, 3), "ids": ids},
        also=lambda weight, ids: F.one_hot(ids, 10).double() @ weight,
    )
    for axis in (0, 1):
        case = f"index_select.axis={axis}"
        g.record(
            case,
            lambda x, index: x.index_select(axis, index),
            {"x": (3, 4, 2), "index": torch.tensor([2, 0, 2, 1, 2])},
            constants={"axis": axis},
        )

    # Shapes.
    g.record("permute", lambda x: x.permute(2, 0, 1), {"x": (2, 3, 4)}, constants={"axes": [2, 0, 1]})
    g.record(
        "permute_reshape",
        lambda x: x.permute(1, 0, 2).reshape(3, 8),
        {"x": (2, 3, 4)},
        constants={"axes": [1, 0, 2], "shape": [3, 8]},
    )
    g.record(
        "slice",
        lambda x: x[1:3, :, 0:5:2],
        {"x": (4, 3, 6)},
        constants={"starts": [1, 0, 0], "ends": [3, 3, 5], "steps": [1, 1, 2]},
    )
    g.record(
        "concat", lambda a, b, c: torch.cat((a, b, c), 1), {"a": (2, 2, 3), "b": (2, 1, 3), "c": (2, 4, 3)}, constants={"axis": 1}
    )
    g.record("expand", lambda x: x.expand(2, 3, 4), {"x": (3, 1)}, constants={"shape": [2, 3, 4]})

    # Order. Values are distinct; indices carry no gradient.
    distinct = torch.randperm(24, generator=rng("distinct")).double().view(3, 8) / 7 - 1.5
    for case, order in (
        ("topk", lambda x: x.topk(3)),
        ("sort.ascending", lambda x: x.sort(-1)),
        ("sort.descending", lambda x: x.sort(-1, descending=True)),
    ):
        g.record(
            case,
            lambda x: order(x).values,
            {"x": distinct},
            also=lambda x: x.gather(-1, order(x).indices),
            constants={"indices": order(distinct).indices, **({"k": 3} if case == "topk" else {})},
        )
    for axis in (-1, 0):
        g.put(f"argmax.axis={axis}/x", distinct)
        g.put(f"argmax.axis={axis}/axis", axis)
        g.put(f"argmax.axis={axis}/y", distinct.argmax(axis))

    # Cross-entropy of logits [N, V] against targets [N].
    some = torch.tensor([4, IGNORE, 0, 10, IGNORE, 4, 7])
    every = torch.tensor([4, 2, 0, 10, 5, 4, 7])
    for label, targets, scale in (("", some, 1), (".all-rows", every, 1), (".large", some, 300)):
        for reduction in ("mean", "sum", "none"):
            case = f"cross_entropy.{reduction}{label}"

            def theirs(x, targets):
                return F.cross_entropy(x, targets, reduction=reduction, ignore_index=IGNORE)

            def ours(x, targets):
                counted = targets != IGNORE
                losses = (x.logsumexp(-1) - x.gather(-1, targets.clamp(0)[:, None])[:, 0]) * counted
                return {"none": losses, "sum": losses.sum(), "mean": losses.sum() / counted.sum()}[reduction]

            g.record(case, theirs, {"x": normal(case, "x", 7, 11) * scale, "targets": targets}, ours)
    g.save()


def make_layers():
    g = Golden("layers.safetensors")

    shapes = {"x": (2, 3, 5), "weight": (4, 5), "bias": (4,)}
    g.record(
        "linear", lambda x, weight, bias: F.linear(x, weight, bias), shapes, also=lambda x, weight, bias: x @ weight.T + bias
    )
    del shapes["bias"]
    g.record("linear.no-bias", lambda x, weight: F.linear(x, weight), shapes, also=lambda x, weight: x @ weight.T)

    x, weight = normal("rms_norm", "x", 2, 3, 8), 1 + 0.3 * normal("rms_norm", "weight", 8)
    x[1, 2] = x[1, 2] * 1e-3  # a row so small that eps counts
    g.record(
        "rms_norm",
        lambda x, weight: F.rms_norm(x, (8,), weight, EPS),
        {"x": x, "weight": weight},
        also=rms_norm,
        constants={"eps": EPS},
    )

    # RoPE against Transformers (half-split) and against complex multiplication (interleaved).
    B, H, T, d = 2, 3, 5, 8
    to_half = torch.cat((torch.arange(0, d, 2), torch.arange(1, d, 2)))  # interleaved order -> half-split order
    for offset in (0, 5):
        positions = torch.arange(T) + offset

        def transformers_rope(x, **_):
            rotary = qwen2.Qwen2RotaryEmbedding(qwen2_config(hidden_size=H * d, num_attention_heads=H, num_key_value_heads=H))
            with float64_qwen2():
                return qwen2.apply_rotary_pos_emb(x, x, *rotary(x, positions[None]))[0]

        def complex_rope(x, **_):
            pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
            return torch.view_as_real(pairs * torch.polar(torch.ones(T, d // 2), rope_angles(positions, d))).flatten(-2)

        for layout, ours, theirs in (("half", rope_half, transformers_rope), ("interleaved", rope_interleaved, complex_rope)):
            case = f"rope.{layout}.offset={offset}"
            x = normal(case, "x", B, H, T, d)
            g.record(
                case,
                lambda x, positions: ours(x, positions),
                {"x": x, "positions": positions},
                also=theirs,
                constants={"theta": THETA},
            )
        close(rope_half(x[..., to_half], positions), rope_interleaved(x, positions)[..., to_half], "permuted RoPE")

    def record_module(case, module, call, by_hand, x, constants=()):
        """A Transformers module in float64, held to our formula (1e-11) and to the module as it comes (float32 inside)."""
        weights = random_weights(module, case)
        with float64_qwen2():
            y = g.record(
                case,
                lambda x, **w: call(module, w, x),
                {"x": x, **weights},
                also=lambda x, **w: by_hand(x, w),
                constants=constants,
            )
        close(call(module, weights, x), y, f"{case} in unchanged Transformers", 1e-5)

    x = normal("swiglu", "x", 2, 3, 16)
    record_module("swiglu", qwen2.Qwen2MLP(qwen2_config()), lambda m, w, x: functional_call(m, w, (x,)), swiglu, x)

    T = 6
    causal = torch.full((T, T), torch.finfo(torch.float64).min).triu(1)[None, None]
    for case, kv_heads, padded in (
        ("attention.mha", 4, False),
        ("attention.gqa", 2, False),
        ("attention.gqa.left-padded", 2, True),
    ):
        config = qwen2_config(num_key_value_heads=kv_heads)
        visible = torch.ones(2, T)
        if padded:
            visible[1, :2] = 0
        positions = (visible.cumsum(-1) - 1).clamp(min=0).long()
        mask = causal.masked_fill(visible[:, None, None, :] == 0, torch.finfo(torch.float64).min)
        rotary = qwen2.Qwen2RotaryEmbedding(config)
        keep = visible[..., None]

        def call(module, weights, x):
            y, _ = functional_call(
                module, weights, (x, rotary(x, positions), mask.to(x.dtype).clamp(min=torch.finfo(x.dtype).min))
            )
            return y * keep.to(x.dtype)  # what a padded position computes means nothing: zero, and no gradient

        def by_hand(x, w):
            return attention(x, w, 4, kv_heads, positions, visible) * keep

        constants = {
            "positions": positions,
            "heads": 4,
            "kv_heads": kv_heads,
            "theta": THETA,
            **({"visible": visible.int()} if padded else {}),
        }
        record_module(case, qwen2.Qwen2Attention(config, 0), call, by_hand, normal(case, "x", 2, T, 16), constants)

    config = qwen2_config()
    rotary = qwen2.Qwen2RotaryEmbedding(config)

    def call_block(module, weights, x):
        mask = causal.to(x.dtype).clamp(min=torch.finfo(x.dtype).min)
        return functional_call(
            module, weights, (x,), dict(attention_mask=mask, position_embeddings=rotary(x, torch.arange(T)[None]))
        )

    record_module(
        "block",
        qwen2.Qwen2DecoderLayer(config, 0),
        call_block,
        lambda x, w: block(x, w, 4, 2),
        normal("block", "x", 2, T, 16),
        {"heads": 4, "kv_heads": 2, "theta": THETA, "eps": EPS},
    )
    g.save()


def tiny_model(tied):
    """The model of model.safetensors, and its weights under their Hugging Face names."""
    model = Qwen2ForCausalLM(qwen2_config(tie_word_embeddings=tied)).double().eval()
    weights = random_weights(model, f"model tied={tied}")
    model.load_state_dict(weights, strict=not tied)
    assert ("lm_head.weight" in weights) is not tied and (model.lm_head.weight is model.model.embed_tokens.weight) is tied
    return model, weights


def make_model():
    g = Golden("model.safetensors")
    ids = torch.randint(37, (2, 9), generator=rng("model/ids"))
    labels = ids.clone()
    labels[0, :3] = labels[1, 5] = labels[1, 8] = IGNORE
    for case, tied in (("tied", True), ("untied", False)):
        model, weights = tiny_model(tied)
        parameters = dict(model.named_parameters())
        with float64_qwen2():
            logits = model(ids).logits
            loss = next_token_loss(logits, labels)
            gradients = dict(zip(parameters, torch.autograd.grad(loss, list(parameters.values()))))

        leaves = {name: value.clone().requires_grad_() for name, value in weights.items()}
        ours = next_token_loss(decoder(ids, leaves, model.config), labels)
        close(ours, loss, f"{case}: loss by hand")
        for name, gradient in zip(leaves, torch.autograd.grad(ours, list(leaves.values()))):
            close(gradient, gradients[name], f"{case}: gradient of {name} by hand")
        unchanged = model(ids, labels=labels)  # float32 inside
        close(unchanged.logits, logits, f"{case}: logits of unchanged Transformers", 1e-5)
        close(unchanged.loss.double(), loss, f"{case}: loss of unchanged Transformers", 1e-5)
        for name, gradient in zip(parameters, torch.autograd.grad(unchanged.loss, list(parameters.values()))):
            close(gradient, gradients[name], f"{case}: gradient of {name} of unchanged Transformers", 1e-5)

        g.put(f"{case}/ids", ids)
        g.put(f"{case}/labels", labels)
        g.put(f"{case}/logits", logits)
        g.put(f"{case}/loss", loss)
        for name in weights:
            g.put(f"{case}/weights/{name}", weights[name])
            g.put(f"{case}/grad/{name}", gradients[name])
    g.save()


def cosine_schedule(step, total, warmup, min_ratio=0.0, from_first=False):
    """Factor on the peak learning rate at a 0-based step. from_first: the first step already learns, at 1/warmup."""
    if step < warmup:
        return (step + from_first) / warmup
    return min_ratio + (1 - min_ratio) * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def make_optim():
    g = Golden("optim.safetensors")
    lr, betas, eps, steps = 1e-2, (0.9, 0.95), 1e-8, 5
    shapes, decay = {"matrix": (3, 4), "gain": (4,)}, {"matrix": 0.1, "gain": 0.0}
    start = {name: torch.randn(shape, generator=rng(f"adamw/{name}")) for name, shape in shapes.items()}
    gradients = {name: torch.randn((steps, *shape), generator=rng(f"adamw/{name}/gradients")) for name, shape in shapes.items()}
    parameters = {name: value.clone().requires_grad_() for name, value in start.items()}
    optimizer = torch.optim.AdamW(
        [{"params": [parameters[name]], "weight_decay": decay[name]} for name in shapes], lr=lr, betas=betas, eps=eps
    )
    after = {name: [] for name in shapes}
    moments = {name: (torch.zeros(shape), torch.zeros(shape)) for name, shape in shapes.items()}
    by_hand = {name: value.clone() for name, value in start.items()}
    for step in range(steps):
        for name, parameter in parameters.items():
            parameter.grad = gradients[name][step].clone()
        optimizer.step()
        for name, parameter in parameters.items():
            after[name].append(parameter.detach().clone())
            gradient, (m, v) = gradients[name][step], moments[name]
            m, v = betas[0] * m + (1 - betas[0]) * gradient, betas[1] * v + (1 - betas[1]) * gradient**2
            moments[name] = m, v
            update = m / (1 - betas[0] ** (step + 1)) / ((v / (1 - betas[1] ** (step + 1))).sqrt() + eps)
            by_hand[name] = by_hand[name] * (1 - lr * decay[name]) - lr * update
            close(by_hand[name], parameter.detach(), f"AdamW by hand, step {step}")
    for name in shapes:
        state = optimizer.state[parameters[name]]
        for key, value in {
            "start": start[name],
            "gradients": gradients[name],
            "after": torch.stack(after[name]),
            "exp_avg": state["exp_avg"],
            "exp_avg_sq": state["exp_avg_sq"],
            "weight_decay": decay[name],
        }.items():
            g.put(f"adamw.{name}/{key}", value)
    for key, value in {"lr": lr, "beta1": betas[0], "beta2": betas[1], "eps": eps}.items():
        g.put(f"adamw/{key}", value)

    for case, scale in (("clip.large", 3.0), ("clip.small", 0.05)):
        parameters = {name: torch.zeros(shape, requires_grad=True) for name, shape in shapes.items()}
        before = {name: torch.randn(shape, generator=rng(f"{case}/{name}")) * scale for name, shape in shapes.items()}
        for name, parameter in parameters.items():
            parameter.grad = before[name].clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
        factor = min(1.0, 1.0 / (float(norm) + 1e-6))
        close(math.sqrt(sum(float((value**2).sum()) for value in before.values())), norm, "norm by hand")
        g.put(f"{case}/norm", norm)
        g.put(f"{case}/max_norm", 1.0)
        for name, parameter in parameters.items():
            close(before[name] * factor, parameter.grad, "clip by hand")
            g.put(f"{case}/{name}", before[name])
            g.put(f"{case}/{name}.clipped", parameter.grad)

    total, warmup = 20, 4
    dummy = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    theirs = transformers.get_cosine_schedule_with_warmup(dummy, warmup, total).lr_lambdas[0]
    theirs_min = transformers.get_cosine_with_min_lr_schedule_with_warmup(dummy, warmup, total, min_lr_rate=0.1).lr_lambdas[0]
    curves = {
        "schedule.from-zero": [cosine_schedule(s, total, warmup) for s in range(total)],
        "schedule.from-zero.min": [cosine_schedule(s, total, warmup, min_ratio=0.1) for s in range(total)],
        "schedule.from-first.min": [cosine_schedule(s, total, warmup, min_ratio=0.1, from_first=True) for s in range(total)],
    }
    close(torch.tensor(curves["schedule.from-zero"]), torch.tensor([theirs(s) for s in range(total)]), "cosine schedule")
    close(
        torch.tensor(curves["schedule.from-zero.min"]),
        torch.tensor([theirs_min(s) for s in range(total)]),
        "cosine schedule with a floor",
    )
    for case, values in curves.items():
        for key, value in {
            "factor": values,
            "total": total,
            "warmup": warmup,
            "min_ratio": 0.1 if case.endswith("min") else 0.0,
        }.items():
            g.put(f"{case}/{key}", value)
    g.save()


def structured_batches(steps, rows, length, vocabulary):
    """Token ids with something to learn: 40 of the tokens occur, common ones more often, and each has a usual successor."""
    random = np.random.Generator(np.random.PCG64(2024))
    words = random.permutation(vocabulary)[:40]
    frequency = 1 / np.arange(1, 41)
    successor = random.permutation(40)
    ids = np.empty((steps, rows, length), dtype=np.int64)
    for sequence in ids.reshape(-1, length):
        word = random.choice(40, p=frequency / frequency.sum())
        for t in range(length):
            sequence[t] = words[word]
            word = successor[word] if random.random() < 0.7 else random.choice(40, p=frequency / frequency.sum())
    return torch.from_numpy(ids)


def train(init, batches, dtype, attention_implementation):
    """Loss, gradient norm before clipping and learning rate of every step, and the trained model."""
    config = qwen2_config(
        attention_implementation,
        vocab_size=512,
        hidden_size=64,
        intermediate_size=176,
        num_key_value_heads=4,
        tie_word_embeddings=True,
    )
    model = Qwen2ForCausalLM(config).to(dtype).train()
    assert not model.load_state_dict(init, strict=False).unexpected_keys
    parameters = dict(model.named_parameters())
    decays = {name: parameter.ndim == 2 and name != "model.embed_tokens.weight" for name, parameter in parameters.items()}
    groups = [
        {"params": [p for name, p in parameters.items() if decays[name] is on], "weight_decay": 0.1 if on else 0.0}
        for on in (True, False)
    ]
    optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.95), eps=1e-8)
    losses, norms, rates = [], [], []
    for step, ids in enumerate(batches):
        rate = 3e-3 * cosine_schedule(step, len(batches), 5, min_ratio=0.1, from_first=True)
        for group in optimizer.param_groups:
            group["lr"] = rate
        logits = model(ids[:, :-1]).logits
        loss = F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)))
        optimizer.step()
        losses.append(float(loss))
        rates.append(rate)
    return torch.tensor(losses), torch.tensor(norms), torch.tensor(rates), model


def make_trajectory():
    """Twenty steps of training the preset `pico`. One float32 weight file; the same training also in float64."""
    g = Golden("trajectory.safetensors")
    config = qwen2_config(vocab_size=512, hidden_size=64, intermediate_size=176, num_key_value_heads=4, tie_word_embeddings=True)
    generator, init = rng("trajectory/init"), {}
    for name, parameter in Qwen2ForCausalLM(config).named_parameters():
        random = torch.randn(parameter.shape, generator=generator, dtype=torch.float32) * 0.02
        init[name] = torch.ones_like(random) if "norm" in name else torch.zeros_like(random) if "bias" in name else random
    batches = structured_batches(20, 4, 33, 512)

    loss, norm, rate, model = train(init, batches, torch.float32, "eager")
    loss_sdpa, norm_sdpa, _, model_sdpa = train(init, batches, torch.float32, "sdpa")
    with float64_qwen2():
        loss64, norm64, _, model64 = train(init, batches, torch.float64, "eager")
    assert loss[-3:].mean() < loss[0] - 1.5, "the loss should fall"
    embedding, embedding_sdpa, embedding64 = (m.model.embed_tokens.weight.detach().double() for m in (model, model_sdpa, model64))
    print(f"trajectory: loss {loss[0]:.4f} -> {loss[-1]:.4f}, gradient norm {norm[0]:.3f} -> {norm[-1]:.3f}")
    for what, a, b in (
        ("eager - sdpa", (loss, norm, embedding), (loss_sdpa, norm_sdpa, embedding_sdpa)),
        ("float32 - float64", (loss, norm, embedding), (loss64, norm64, embedding64)),
    ):
        print(
            f"  largest |{what}|: loss {(a[0] - b[0]).abs().max():.1e}, gradient norm {(a[1] - b[1]).abs().max():.1e}, final embedding {(a[2] - b[2]).abs().max():.1e}"
        )

    for name, value in init.items():
        g.put(f"init/{name}", value)
    g.put("ids", batches)
    g.put("lr", rate)
    g.put("loss", loss.float())
    g.put("grad_norm", norm.float())
    g.put("final/model.embed_tokens.weight", model.model.embed_tokens.weight[:8])
    g.put("loss_float64", loss64)
    g.put("grad_norm_float64", norm64)
    g.put("final_float64/model.embed_tokens.weight", model64.model.embed_tokens.weight[:8])
    g.save()


def sample_by_hand(logits, ids=(), repetition_penalty=1.0, temperature=1.0, top_k=0, top_p=1.0):
    """Transformers' rules, in its order; [V] -> logits with -inf where a token may not be drawn."""
    logits = logits.clone()
    for token in set(ids):
        logits[token] = logits[token] / repetition_penalty if logits[token] > 0 else logits[token] * repetition_penalty
    logits = logits / temperature
    if top_k:
        logits[logits < logits.sort(descending=True).values[min(top_k, len(logits)) - 1]] = -math.inf
    if top_p < 1:
        order = logits.argsort(descending=True)
        before = logits.softmax(-1)[order].cumsum(0) - logits.softmax(-1)[order]
        dropped = before >= top_p  # what comes before it already reaches top_p
        dropped[0] = False
        logits[order[dropped]] = -math.inf
    return logits


def make_generation():
    g = Golden("generation.safetensors")
    from transformers.generation import (
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    def record(case, logits, ids=(), **settings):
        processors = {
            "repetition_penalty": RepetitionPenaltyLogitsProcessor,
            "temperature": TemperatureLogitsWarper,
            "top_k": TopKLogitsWarper,
            "top_p": TopPLogitsWarper,
        }
        masked = logits[None]
        for name, processor in processors.items():
            if name in settings:
                masked = processor(settings[name])(torch.tensor([ids]).long(), masked)
        masked = masked[0]
        ours = sample_by_hand(logits, ids, **settings)
        assert torch.equal(masked.isinf(), ours.isinf()), (
            f"{case}: keeps {masked.isfinite().tolist()}, by hand {ours.isfinite().tolist()}"
        )
        close(ours.softmax(-1), masked.softmax(-1), f"{case} by hand")
        for name, value in {
            "logits": logits,
            "masked": masked,
            "probabilities": masked.softmax(-1),
            **({"ids": list(ids)} if ids else {}),
            **settings,
        }.items():
            g.put(f"{case}/{name}", value)
        return masked.softmax(-1)

    logits = torch.randn(12, generator=rng("sampling")) * 2
    for temperature in (0.5, 1.0, 2.0):
        record(f"temperature={temperature}", logits, temperature=temperature)
    for top_k in (1, 2, 5, 50):
        record(f"top_k={top_k}", logits, top_k=top_k)
    for top_p in (0.05, 0.5, 0.9, 0.999):
        record(f"top_p={top_p}", logits, top_p=top_p)
    record("repetition_penalty=1.3", logits, ids=(0, 3, 3, 7, 11), repetition_penalty=1.3)
    record("repetition_penalty=0.8", logits, ids=(0, 3, 3, 7, 11), repetition_penalty=0.8)
    record("all", logits, ids=(0, 3, 3, 7, 11), repetition_penalty=1.2, temperature=0.8, top_k=6, top_p=0.85)

    # The worked example in the documentation of wdndev/tiny-llm-zh, whose printed digits these must reproduce.
    logits = torch.tensor([0.5, 1.2, -1.0, 0.1])
    for case, settings, printed in (
        ("tiny-llm-zh.temperature=1", {"temperature": 1.0}, [0.2559, 0.5154, 0.0571, 0.1716]),
        ("tiny-llm-zh.temperature=0.5", {"temperature": 0.5}, [0.1800, 0.7301, 0.0090, 0.0809]),
        ("tiny-llm-zh.temperature=2", {"temperature": 2.0}, [0.2695, 0.3825, 0.1273, 0.2207]),
        ("tiny-llm-zh.top_p=0.9", {"top_p": 0.9}, None),
        ("tiny-llm-zh.top_k=2", {"top_k": 2}, None),
    ):
        probabilities = record(case, logits, **settings)
        if printed:
            close(probabilities, torch.tensor(printed), case, 6e-5)
        else:
            assert (probabilities > 0).tolist() == [True, True, False, case.endswith("0.9")]

    # Greedy continuations of the models in model.safetensors.
    prompt = torch.tensor([[7, 30, 12, 3]])
    for case, tied, penalty in (
        ("greedy.tied", True, None),
        ("greedy.untied", False, None),
        ("greedy.untied.repetition_penalty=1.3", False, 1.3),
    ):
        model, weights = tiny_model(tied)
        settings = {} if penalty is None else {"repetition_penalty": penalty}
        ids = model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=12,
            do_sample=False,
            use_cache=True,
            pad_token_id=0,
            **settings,
        )[0]
        logits = decoder(ids[None, :-1], weights, model.config)[0, 3:].detach()  # [12, V], what each choice was made from
        margins = []
        for step, row in enumerate(logits):
            choice = sample_by_hand(row, ids[: 4 + step].tolist(), **settings).topk(2)
            assert choice.indices[0] == ids[4 + step], f"{case}: step {step} by hand"
            margins.append(float(choice.values[0] - choice.values[1]))
        assert min(margins) > 1e-3, f"{case}: a choice too close to call in float32, margin {min(margins)}"
        print(f"{case}: {ids.tolist()}, smallest margin {min(margins):.3f}")
        for name, value in {"prompt": prompt[0], "ids": ids, "logits": logits, **settings}.items():
            g.put(f"{case}/{name}", value)
    g.save()


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    print(VERSIONS)
    make_ops()
    make_layers()
    make_model()
    make_optim()
    make_trajectory()
    make_generation()
    total = sum(path.stat().st_size for path in HERE.glob("*.safetensors"))
    assert total < 3_000_000
    print(f"{total:,} bytes in all")
