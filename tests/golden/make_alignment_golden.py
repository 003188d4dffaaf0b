"""Golden values of the alignment objectives: reward model, DPO, PPO, GRPO, GAE. Run by hand like make_golden.py, whose conventions hold.

    pip install torch==2.13.0 transformers==5.18.0 safetensors numpy
    python tests/golden/make_alignment_golden.py

Losses are written here from the papers with PyTorch's own functions (F.logsigmoid, Categorical, gather of log_softmax) and a loop where
the project uses a closed form, so that the two share no formula. The reward model is Transformers' Qwen2ForSequenceClassification.
"""

import torch
import torch.nn.functional as F
from make_golden import Golden, close, float64_qwen2, normal, qwen2_config, random_weights, rng, tiny_model
from transformers import Qwen2ForSequenceClassification

PAIRS, TOKENS = 6, 14


def make_pairwise(g):
    x = torch.cat((normal("log_sigmoid", "x", 3, 5) * 2, torch.tensor([[-700.0, -40.0, -1e-4, 40.0, 700.0]])))
    g.record("log_sigmoid", F.logsigmoid, {"x": x}, also=lambda x: -F.softplus(-x))

    for case, margin, centring in (("plain", None, 0.0), ("margin", normal("reward.margin", "margin", PAIRS).abs(), 0.0), ("centred", None, 0.01)):
        def loss(chosen, rejected):
            gap = chosen - rejected - (0 if margin is None else margin)
            return F.softplus(-gap) + centring * (chosen + rejected) ** 2

        constants = {"centring": centring, **({} if margin is None else {"margin": margin})}
        g.record(f"reward.{case}", loss, {"chosen": (PAIRS,), "rejected": (PAIRS,)}, constants=constants)

    for case, beta, smoothing, ipo in (("sigmoid", 0.1, 0.0, False), ("smoothed", 0.5, 0.1, False), ("ipo", 0.2, 0.0, True)):
        def loss(chosen, rejected, reference_chosen, reference_rejected):
            h = (chosen - rejected) - (reference_chosen - reference_rejected)
            if ipo:
                return (h - 1 / (2 * beta)) ** 2
            target = torch.full_like(h, 1 - smoothing)
            return F.binary_cross_entropy_with_logits(beta * h, target, reduction="none")

        names = ("chosen", "rejected", "reference_chosen", "reference_rejected")
        inputs = {name: normal(f"dpo.{case}", name, PAIRS) * 3 - 12 for name in names}
        constants = {"beta": beta, "smoothing": smoothing, "ipo": int(ipo)}
        for name in ("chosen", "rejected"):
            constants[f"reward_{name}"] = beta * (inputs[name] - inputs[f"reference_{name}"])
        g.record(f"dpo.{case}", loss, inputs, constants=constants)


def surrogate(ratio, advantage, clip):
    """The clipped surrogate token by token, by cases instead of by a minimum."""
    rows = []
    for r, a in zip(ratio, advantage):
        flat = (a > 0 and r > 1 + clip) or (a < 0 and r < 1 - clip)
        rows.append(-(torch.tensor(1 + clip) if a > 0 else torch.tensor(1 - clip)) * a if flat else -r * a)
    return torch.stack(rows)


def make_policy(g):
    case = "ppo"
    old = -normal(case, "old_log_probs", TOKENS).abs()
    shift = normal(case, "shift", TOKENS) * 0.4  # some ratios beyond the clip range, both ways
    advantages, returns = normal(case, "advantages", TOKENS), normal(case, "returns", TOKENS) * 2
    ratio = shift.exp()
    assert ((ratio > 1.2) & (advantages > 0)).any() and ((ratio < 0.8) & (advantages < 0)).any(), "clipping should act both ways"
    old_values, moved = normal(case, "old_values", TOKENS), normal(case, "moved", TOKENS) * 0.4
    values = old_values + moved
    constants = {"old_log_probs": old, "old_values": old_values, "advantages": advantages, "returns": returns}
    constants |= {"clip": 0.2, "value_clip": 0.25, "value_weight": 0.1, "entropy_weight": 0.01}

    def ppo(log_probs, values, entropies):
        policy = surrogate((log_probs - old).exp(), advantages, 0.2)
        near = torch.minimum(torch.maximum(values, old_values - 0.25), old_values + 0.25)
        squares = torch.stack(((values - returns) ** 2, (near - returns) ** 2))
        return policy + 0.1 * squares.amax(0) / 2 - 0.01 * entropies

    g.record(case, ppo, {"log_probs": old + shift, "values": values, "entropies": (TOKENS,)}, constants=constants)

    reference = old + normal("grpo", "reference", TOKENS) * 0.3

    def grpo(log_probs):
        divergence = (reference.exp() / log_probs.exp()) - 1 - torch.log(reference.exp() / log_probs.exp())
        return surrogate((log_probs - old).exp(), advantages, 0.2) + 0.04 * divergence

    constants = {"old_log_probs": old, "reference_log_probs": reference, "advantages": advantages, "clip": 0.2, "beta": 0.04}
    g.record("grpo", grpo, {"log_probs": old + shift}, constants=constants)

    rewards = normal("grpo", "rewards", 12)
    groups = rewards.view(3, 4)
    scaled = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, unbiased=False, keepdim=True) + 1e-4)
    for name, value in {"rewards": rewards, "size": 4, "advantages": scaled.flatten()}.items():
        g.put(f"group/{name}", value)

    logits = normal("entropy", "x", 5, 11) * 2
    g.record("entropy", lambda x: torch.distributions.Categorical(logits=x).entropy(), {"x": logits})

    rewards, values = normal("gae", "rewards", 9), normal("gae", "values", 9)
    gamma, lam = 0.97, 0.9
    following = torch.cat((values[1:], torch.zeros(1)))
    delta = rewards + gamma * following - values
    advantages = torch.stack([sum((gamma * lam) ** (k - t) * delta[k] for k in range(t, 9)) for t in range(9)])
    whitened = (advantages - advantages.mean()) / (advantages.var(unbiased=False) + 1e-8).sqrt()
    for name, value in {
        "rewards": rewards, "values": values, "gamma": gamma, "lambda": lam,
        "advantages": advantages, "returns": advantages + values, "whitened": whitened,
    }.items():
        g.put(f"gae/{name}", value)


def make_models(g):
    """Two questions with answers of unlike length, padded on the right with a token that also occurs in the text."""
    ids = torch.randint(1, 37, (2, 9), generator=rng("alignment/ids"))
    starts, lengths = (4, 3), (9, 7)
    ids[1, 7:] = 0
    g.put("answers/ids", ids)
    g.put("answers/starts", list(starts))
    g.put("answers/lengths", list(lengths))

    # Log-probabilities of the answers of the tied model of model.safetensors, weighted by `dy`, and the gradients.
    model, weights = tiny_model(True)
    with float64_qwen2():
        log_probs = model(ids).logits.log_softmax(-1)
        tokens = [log_probs[b, t - 1, ids[b, t]] for b in (0, 1) for t in range(starts[b], lengths[b])]
        sums = torch.stack([torch.stack(tokens[:5]).sum(), torch.stack(tokens[5:]).sum()])
        dy = torch.randn(2, generator=rng("log_probs/dy"))
        parameters = dict(model.named_parameters())
        gradients = torch.autograd.grad((sums * dy).sum(), list(parameters.values()))
    g.put("log_probs/tokens", torch.stack(tokens))
    g.put("log_probs/dy", dy)
    g.put("log_probs/y", sums)
    for name, gradient in zip(parameters, gradients):
        g.put(f"log_probs/grad/{name}", gradient)

    config = qwen2_config(num_labels=1, pad_token_id=0)
    reward = Qwen2ForSequenceClassification(config).double().eval()
    weights = random_weights(reward, "reward model")
    reward.load_state_dict(weights)
    parameters = dict(reward.named_parameters())
    mask = torch.arange(9) < torch.tensor(lengths)[:, None]
    with float64_qwen2():
        y = reward(ids, attention_mask=mask.long()).logits[:, 0]
        gradients = torch.autograd.grad((y * dy).sum(), list(parameters.values()))
        close(reward(ids[1:, :7]).logits[0, 0], y[1], "reward without padding")
    g.put("reward_model/y", y)
    g.put("reward_model/dy", dy)
    for name, gradient in zip(parameters, gradients):
        g.put(f"reward_model/weights/{name}", weights[name])
        g.put(f"reward_model/grad/{name}", gradient)


if __name__ == "__main__":
    golden = Golden("alignment.safetensors")
    make_pairwise(golden)
    make_policy(golden)
    make_models(golden)
    golden.save()
