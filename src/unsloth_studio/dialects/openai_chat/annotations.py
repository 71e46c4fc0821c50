"""Sources that an answer cites, as annotations of the Chat Completions message.

The rule: places count characters of the whole `content`, which is all texts of the turn one behind the other.
Format: `Annotation` in `types/chat/chat_completion_message.py` of the official Python SDK.
"""

from __future__ import annotations

from typing import Any

from unsloth_studio.dialects.citation_marks import CitationFinder, Cited
from unsloth_studio.turn.accumulate import Turn
from unsloth_studio.turn.events import ToolResultReady
from unsloth_studio.turn.messages import TextPart
from unsloth_studio.turn.sources import Source


class Annotator:
    """Follows one answer. `cited` are the tools of ours whose sources count; `found` are the annotations so far."""

    def __init__(self, cited: frozenset[str]) -> None:
        self._cited = cited
        self._sources: dict[int, Source] = {}
        self._finder = CitationFinder(self._sources)
        self._before = self._length = 0
        self.found: list[dict[str, Any]] = []

    def begin_text(self) -> None:
        self._finder, self._before = CitationFinder(self._sources), self._length

    def text(self, text: str) -> None:
        self._length += len(text)
        for piece in self._finder.feed(text):
            if isinstance(piece, Cited):
                self.found += [self._annotation(piece, source) for source in piece.sources]

    def result(self, result: ToolResultReady) -> None:
        if result.name in self._cited:
            self._sources.update((source.number, source) for source in result.sources)

    def _annotation(self, mark: Cited, source: Source) -> dict[str, Any]:
        place = {"start_index": self._before + mark.start, "end_index": self._before + mark.end}
        return {"type": "url_citation", "url_citation": {**place, "title": source.title, "url": source.url}}


def annotations_of(turn: Turn, cited: frozenset[str]) -> list[dict[str, Any]]:
    """Those of a whole turn."""
    annotator = Annotator(cited)
    for entry in turn.in_order():
        match entry:
            case TextPart():
                annotator.begin_text()
                annotator.text(entry.text)
            case ToolResultReady():
                annotator.result(entry)
            case _:
                pass
    return annotator.found
