"""The model: a qwen3 decoder as llama.cpp knows it, small. Needs torch.

The one rule: a piece and the same piece after a space share an embedding; the space is one learnt vector. So copying a word
works whether or not a space stands before it. The export writes the sums.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name

from demo.shape import Shape


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
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inner = shape.heads * shape.head_width
        self.attn_norm, self.ffn_norm = Norm(shape.width), Norm(shape.width)
        self.attn_q_norm, self.attn_k_norm = Norm(shape.head_width), Norm(shape.head_width)
        self.attn_q, self.attn_k, self.attn_v = (nn.Linear(shape.width, inner, bias=False) for _ in range(3))
        self.attn_output = nn.Linear(inner, shape.width, bias=False)
        self.ffn_gate, self.ffn_up = (nn.Linear(shape.width, shape.feed_forward, bias=False) for _ in range(2))
        self.ffn_down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        x = x + self._attention(self.attn_norm(x), cosine, sine, mask)
        y = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(y)) * self.ffn_up(y))

    def _attention(self, x: Tensor, cosine: Tensor, sine: Tensor, mask: Tensor) -> Tensor:
        rows, length, _ = x.shape

        def heads(y: Tensor) -> Tensor:
            return y.view(rows, length, self.shape.heads, self.shape.head_width)

        query = rotate(self.attn_q_norm(heads(self.attn_q(x))).transpose(1, 2), cosine, sine)
        key = rotate(self.attn_k_norm(heads(self.attn_k(x))).transpose(1, 2), cosine, sine)
        value = heads(self.attn_v(x)).transpose(1, 2)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.attn_output(attended.transpose(1, 2).reshape(rows, length, -1))


class DemoModel(nn.Module):
    """`bases` and `spaced` come from the tokenizer: for each token its base piece, and whether it has a leading space."""

    def __init__(self, shape: Shape, bases: list[int], spaced: list[bool]) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Parameter(torch.randn(shape.vocabulary, shape.width) * 0.02)
        self.space = nn.Parameter(torch.randn(shape.width) * 0.02)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = Norm(shape.width)
        self.register_buffer("bases", torch.tensor(bases), persistent=False)
        self.register_buffer("spaced", torch.tensor(spaced).float()[:, None], persistent=False)
        steps = torch.arange(0, shape.head_width, 2).float() / shape.head_width
        self.register_buffer("frequencies", 1.0 / shape.rope_base**steps, persistent=False)
        for name, parameter in self.blk.named_parameters():
            if parameter.ndim == 2:
                residual = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * shape.layers) ** 0.5 if residual else 1.0))

    def table(self) -> Tensor:
        """The embedding of every token, which is also the output matrix."""
        return self.embedding[self.bases] + self.spaced * self.space

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """The last layer's states (rows, length, width), of the type of `mask`, which says who may look at whom (rows, 1,
        length, length)."""
        x = F.embedding(tokens, self.table()).to(mask.dtype)
        angles = positions[:, None, :, None].float() * self.frequencies
        angles = torch.cat((angles, angles), -1)
        cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for block in self.blk:
            x = block(x, cosine, sine, mask)
        return self.output_norm(x)
