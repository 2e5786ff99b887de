"""The same training step in PyTorch, for measuring: reads a line from standard input, does a step, prints its seconds.

usage: pytorch_step.py CONFIG_JSON, as peer.ts gives it.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden, inner = c["hidden"], c["inner"]
        self.heads, self.rate = c["heads"], c["dropout"]
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.norm1 = nn.LayerNorm(hidden)
        self.inner = nn.Linear(hidden, inner)
        self.outer = nn.Linear(inner, hidden)
        self.norm2 = nn.LayerNorm(hidden)

    def forward(self, x, mask):
        batch, length, hidden = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, hidden // self.heads)
        q, k, v = parts.permute(2, 0, 3, 1, 4)
        rate = self.rate
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, dropout_p=rate)
        attended = attended.transpose(1, 2).reshape(batch, length, hidden)
        x = self.norm1(x + F.dropout(self.out(attended), rate))
        return self.norm2(x + F.dropout(self.outer(F.gelu(self.inner(x))), rate))


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.rate = c["dropout"]
        self.words = nn.Embedding(c["vocabularySize"], c["hidden"], sparse=False)
        self.positions = nn.Embedding(c["positions"], c["hidden"])
        self.norm = nn.LayerNorm(c["hidden"])
        self.layers = nn.ModuleList([Layer(c) for _ in range(c["layers"])])
        self.pooler = nn.Linear(c["hidden"], c["hidden"])
        self.classifier = nn.Linear(c["hidden"], c["classes"])

    def forward(self, ids, mask):
        x = self.words(ids) + self.positions(torch.arange(ids.shape[1]))
        x = F.dropout(self.norm(x), self.rate)
        for layer in self.layers:
            x = layer(x, mask)
        return self.classifier(F.dropout(torch.tanh(self.pooler(x[:, 0])), self.rate))


def main():
    c = json.loads(sys.argv[1])
    torch.manual_seed(c["seed"])
    torch.set_num_threads(c["threads"])
    model = Encoder(c).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
    lengths = torch.tensor(c["lengths"])
    width = int(lengths.max())
    within = torch.arange(width)[None, :] < lengths[:, None]
    mask = torch.zeros(within.shape).masked_fill(~within, -1e4)[:, None, None, :]
    print(json.dumps({"version": torch.__version__}), flush=True)
    for _ in sys.stdin:
        ids = torch.randint(0, c["vocabularySize"], within.shape)
        labels = torch.randint(0, c["classes"], (len(lengths),))
        begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(ids, mask), labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        print(json.dumps({"seconds": time.perf_counter() - begin}), flush=True)


main()
