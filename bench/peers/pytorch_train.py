"""A training step in PyTorch: the model of src/models at the sizes of its presets, written as one would write it for speed."""

import torch
import torch.nn.functional as F
from torch import nn

# width, layers, heads, feed-forward, context, vocabulary
SIZES = {
    "pico": (64, 2, 4, 176, 64, 512),
    "nano": (128, 4, 4, 344, 128, 2048),
    "micro": (256, 6, 8, 688, 256, 4096),
}


class Block(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(dim, 1e-6), nn.RMSNorm(dim, 1e-6)
        self.q, self.k, self.v = (nn.Linear(dim, dim) for _ in range(3))
        self.o = nn.Linear(dim, dim, bias=False)
        self.gate, self.up = (nn.Linear(dim, hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(hidden, dim, bias=False)

    def forward(self, x, cos, sin):
        B, T, D = x.shape
        h = self.norm1(x)
        q, k, v = (p(h).view(B, T, self.heads, -1).transpose(1, 2) for p in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(turn(q, cos, sin), turn(k, cos, sin), v, is_causal=True)
        x = x + self.o(y.transpose(1, 2).reshape(B, T, D))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


def turn(x, cos, sin):
    """RoPE, half-split pairs."""
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


class Model(nn.Module):
    def __init__(self, dim, layers, heads, hidden, context, vocab):
        super().__init__()
        self.table = nn.Embedding(vocab, dim)
        self.blocks = nn.ModuleList(Block(dim, heads, hidden) for _ in range(layers))
        self.norm = nn.RMSNorm(dim, 1e-6)
        d = dim // heads
        angles = torch.arange(context)[:, None] / 10000 ** (torch.arange(0, d, 2) / d)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, ids, targets):
        x = self.table(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        logits = F.linear(self.norm(x), self.table.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def make_step(name, rows, compiled):
    """One update of a batch of `rows` rows of a full context, as a function that returns the loss."""
    size = SIZES[name]
    context, vocab = size[4], size[5]
    torch.manual_seed(1)
    model = Model(*size)
    matrices = [p for n, p in model.named_parameters() if p.dim() == 2 and not n.startswith("table")]
    others = [p for n, p in model.named_parameters() if p.dim() < 2 or n.startswith("table")]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
        lr=1e-3, betas=(0.9, 0.95), eps=1e-8, fused=True,
    )
    forward = torch.compile(model) if compiled else model
    parameters = list(model.parameters())

    def step():
        ids = torch.randint(vocab, (rows, context))
        loss = forward(ids, torch.randint(vocab, (rows, context)))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    step.tokens = rows * context
    return step
