"""An answer that cites sources, as text blocks of the Messages API: each citation belongs to the block that ends with it.

The rule: the texts of the blocks together are the answer, marks included; a block ends after its marks and what punctuation
stands right behind them. Shape: Python SDK 2.12, `types/citations_web_search_result_location.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from unsloth_studio.dialects.citation_marks import CitationFinder, Cited
from unsloth_studio.turn.sources import Source

_LONGEST_QUOTE: Final = 150
"""Characters of `cited_text`, as the API has it."""
_BEHIND = re.compile(r"[.,;:!?)]*")

Step = str | dict[str, Any] | Literal[None]
"""Text of the open block, a citation of it, or None: the next block begins."""


class BlockCutter:
    """Cuts one text part. `sources` are by their numbers."""

    def __init__(self, sources: Mapping[int, Source]) -> None:
        self._finder = CitationFinder(sources)
        self._cites = False

    def feed(self, text: str) -> list[Step]:
        return self._steps(self._finder.feed(text))

    def finish(self) -> list[Step]:
        """The rest, once the part is over."""
        return self._steps(self._finder.finish())

    def _steps(self, pieces: Sequence[str | Cited]) -> list[Step]:
        steps: list[Step] = []
        for piece in pieces:
            if isinstance(piece, Cited):
                steps += [piece.text, *(_citation(source) for source in piece.sources)]
                self._cites = True
                continue
            behind = _BEHIND.match(piece)
            length = behind.end() if self._cites and behind else 0
            if length:
                steps.append(piece[:length])
            if length < len(piece):
                if self._cites:
                    steps.append(None)
                    self._cites = False
                steps.append(piece[length:])
        return steps


def text_blocks(text: str, sources: Mapping[int, Source]) -> list[dict[str, Any]]:
    """The blocks of a whole text; one where it cites nothing."""
    blocks: list[dict[str, Any]] = [{"type": "text", "text": ""}]
    if not sources:
        return [{"type": "text", "text": text}]
    cutter = BlockCutter(sources)
    for step in (*cutter.feed(text), *cutter.finish()):
        if step is None:
            blocks.append({"type": "text", "text": ""})
        elif isinstance(step, str):
            blocks[-1]["text"] += step
        else:
            blocks[-1].setdefault("citations", []).append(step)
    return blocks


def _citation(source: Source) -> dict[str, Any]:
    quote = " ".join(source.passage.split())
    if len(quote) > _LONGEST_QUOTE:
        quote = f"{quote[: _LONGEST_QUOTE - 1].rstrip()}…"
    return {
        "type": "web_search_result_location",
        "url": source.url,
        "title": source.title or None,
        "encrypted_index": f"source:{source.number}",
        "cited_text": quote,
    }
