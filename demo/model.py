"""The model: a qwen3 decoder as llama.cpp knows it, small. Needs torch.

The one rule: a piece and the same piece after a space share an embedding; the space is one learnt vector. So copying a word
works whether or not a space stands before it. The export writes the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Size:
    vocabulary: int
    width: int = 256
    layers: int = 5
    heads: int = 4
    head_width: int = 64
    feed_forward: int = 640
    rope_base: float = 100_000.0
    context: int = 8192


class Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), 1e-6)


def rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotary positions, halves paired as in GPT-NeoX."""
    left, right = x.chunk(2, -1)
    return x * cosine + torch.cat((-right, left), -1) * sine


class Block(nn.Module):
    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        inner = size.heads * size.head_width
        self.attn_norm, self.ffn_norm = Norm(size.width), Norm(size.width)
        self.attn_q_norm, self.attn_k_norm = Norm(size.head_width), Norm(size.head_width)
        self.attn_q, self.attn_k, self.attn_v = (nn.Linear(size.width, inner, bias=False) for _ in range(3))
        self.attn_output = nn.Linear(inner, size.width, bias=False)
        self.ffn_gate, self.ffn_up = (nn.Linear(size.width, size.feed_forward, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(size.feed_forward, size.width, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        x = x + self._attention(self.attn_norm(x), cosine, sine, mask)
        y = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))

    def _attention(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        rows, length, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(rows, length, self.size.heads, self.size.head_width)

        query = rotate(self.attn_q_norm(heads(self.attn_q(x))).transpose(1, 2), cosine, sine)
        key = rotate(self.attn_k_norm(heads(self.attn_k(x))).transpose(1, 2), cosine, sine)
        value = heads(self.attn_v(x)).transpose(1, 2)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.attn_output(attended.transpose(1, 2).reshape(rows, length, -1))


class DemoModel(nn.Module):
    """`bases` and `spaced` come from the tokenizer: for each token its base piece, and whether it has a leading space."""

    def __init__(self, size: Size, bases: list[int], spaced: list[bool]) -> None:
        super().__init__()
        self.size = size
        self.embedding = nn.Parameter(torch.randn(size.vocabulary, size.width) * 0.02)
        self.space = nn.Parameter(torch.randn(size.width) * 0.02)
        self.blk = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.output_norm = Norm(size.width)
        self.register_buffer("bases", torch.tensor(bases), persistent=False)
        self.register_buffer("spaced", torch.tensor(spaced).float()[:, None], persistent=False)
        steps = torch.arange(0, size.head_width, 2).float() / size.head_width
        self.register_buffer("frequencies", 1.0 / size.rope_base**steps, persistent=False)
        for name, parameter in self.blk.named_parameters():
            if parameter.ndim == 2:
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * size.layers) ** 0.5 if residual else 1.0))

    def table(self) -> Tensor:
        """The embedding of every token, which is also the output matrix."""
        return self.embedding[self.bases] + self.spaced * self.space

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """The last layer's states (rows, length, width); `mask` says who may look at whom (rows, 1, length, length)."""
        x = F.embedding(tokens, self.table()).to(torch.bfloat16)
        angles = positions[:, None, :, None].float() * self.frequencies
        angles = torch.cat((angles, angles), -1)
        cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for block in self.blk:
            x = block(x, cosine, sine, mask)
        return self.output_norm(x)
