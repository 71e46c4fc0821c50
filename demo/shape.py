"""The model's shape, for training, export and tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """Widths are numbers of values; every one must be a multiple of 32, the block of Q8_0."""

    vocabulary: int
    width: int = 256
    layers: int = 5
    heads: int = 4
    head_width: int = 64
    feed_forward: int = 640
    rope_base: float = 100_000.0
    context: int = 8192
