"""Muon, the optimizer of the matrices: momentum whose singular values are all brought near one.

torch has it too, but only in bfloat16, which many processors imitate at a sixth of the speed of float32. Method: Keller
Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024); the scale by the longer side is that of Moonlight
(arXiv 2502.16982), which makes AdamW's learning rates fit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ROUNDS = 5


class Muon(torch.optim.Optimizer):
    """`kind` is the type of number to work in."""

    def __init__(
        self, matrices: Iterable[Tensor], *, lr: float, momentum: float, weight_decay: float, kind: torch.dtype
    ) -> None:
        super().__init__(list(matrices), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        self._kind = kind

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Matrices of one shape are worked on together."""
        assert closure is None
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape].append(matrix)
            for shape, matrices in alike.items():
                updates = orthogonal(torch.stack([self._moved(one, group["momentum"]) for one in matrices]), self._kind)
                rate = group["lr"] * 0.2 * max(shape) ** 0.5
                for matrix, update in zip(matrices, updates, strict=True):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"]).add_(update.to(matrix.dtype), alpha=-rate)

    def _moved(self, matrix: Tensor, momentum: float) -> Tensor:
        """The gradient with its momentum, looking ahead (Nesterov)."""
        assert matrix.grad is not None
        state = self.state[matrix]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(matrix)
        state["momentum"].lerp_(matrix.grad, 1 - momentum)
        return matrix.grad.lerp(state["momentum"], momentum)


def orthogonal(matrices: Tensor, kind: torch.dtype) -> Tensor:
    """Near the nearest orthogonal matrix of each (number, rows, columns), by Newton-Schulz."""
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.to(kind)
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ROUNDS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x
