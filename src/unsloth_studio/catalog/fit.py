"""Whether a model of a size fits this machine: three words, from the size of its files alone. Pure.

A guess for choosing among files that are not here yet; once a file is here, `engine/memory.py` counts properly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from unsloth_studio.catalog.quantization import Variant

Verdict = Literal["fits", "tight", "too big"]

_OVERHEAD_FACTOR = 1.1  # buffers and a modest context beside the weights
_OVERHEAD_BYTES = 300_000_000  # the process itself
_TIGHT = 0.85  # of the memory: beyond this little is left for a long context and for other programs


class Memory(Struct, frozen=True):
    """Bytes that models may use in all."""

    bytes: int

    def verdict(self, size_bytes: int) -> Verdict:
        needed = size_bytes * _OVERHEAD_FACTOR + _OVERHEAD_BYTES
        if needed > self.bytes:
            return "too big"
        return "tight" if needed > self.bytes * _TIGHT else "fits"

    @property
    def fits(self) -> Callable[[Variant], bool]:
        return lambda variant: self.verdict(variant.size_bytes) != "too big"


def gigabytes(size: int) -> str:
    """A size for a person: `18.2 GB`, `640 MB`."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def variant_table(variants: Sequence[Variant], memory: Memory) -> str:
    """One line per variant: label, size, verdict."""
    width = max((len(variant.label) for variant in variants), default=0)
    rows = sorted(variants, key=lambda variant: variant.size_bytes)
    return "\n".join(
        f"  {row.label:<{width}}  {gigabytes(row.size_bytes):>8}  "
        f"{memory.verdict(row.size_bytes) if row.complete else 'not whole'}"
        for row in rows
    )
