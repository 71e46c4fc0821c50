"""The tool `web_fetch`: reads pages of the web and gives the model what it needs of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from unsloth_studio.tools import arguments as checked
from unsloth_studio.tools.arguments import BadArgument
from unsloth_studio.tools.citations import GAP, NOTE, listed
from unsloth_studio.tools.contract import ToolContext, ToolOutput
from unsloth_studio.tools.page_text import shown_url
from unsloth_studio.tools.pages.opener import Opened, PageOpener, completed
from unsloth_studio.tools.passages import Passage, choose, parts, split
from unsloth_studio.tools.sites import Sites
from unsloth_studio.tools.source_numbers import SourceNumbers
from unsloth_studio.turn.sources import Source

MAX_PAGES: Final = 5
BUDGET: Final = 4000
_LOWEST, _HIGHEST = 200, 16_000
_LONGEST_URL = 8192
_NOT_ALLOWED = "Pages of this site may not be read in this conversation."
_SHARE = 0.9
"""Of the call's time for all pages; the rest is for choosing and answering."""


class WebFetch:
    """Answers with the pages' text as Markdown, or with the passages that match `query`."""

    name = "web_fetch"
    description = (
        "Reads web pages and PDFs and returns their text as Markdown, with sources numbered for citation. Give `query` to "
        "get only the passages of long pages that answer it. Scripts are not run; private addresses are not read."
    )

    def __init__(self, opener: PageOpener, *, budget: int = BUDGET) -> None:
        self._opener, self._budget = opener, budget
        self.parameters: dict[str, Any] = {
            "type": "object",
            "properties": {
                "urls": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": f"The pages to read, 1 to {MAX_PAGES} addresses (http or https).",
                },
                "query": {
                    "type": "string",
                    "description": "What to look for; without it, pages are read from their start.",
                },
                "max_tokens": {
                    "type": "integer",
                    "description": f"How much text to return, {_LOWEST} to {_HIGHEST}; default {budget}.",
                },
                "part": {
                    "type": "integer",
                    "description": "Which part of a long page, from 1; for one page, without `query`.",
                },
                "links": {"type": "boolean", "description": "Keep the addresses of links in the text; default false."},
            },
            "required": ["urls"],
        }

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        """Does not raise."""
        try:
            urls = _urls(arguments)
            query = checked.text(arguments, "query", longest=1000, default="")
            budget = checked.number(arguments, "max_tokens", default=self._budget, lowest=_LOWEST, highest=_HIGHEST)
            part = checked.number(arguments, "part", default=1, lowest=1, highest=10_000)
            links = checked.flag(arguments, "links")
        except BadArgument as error:
            return ToolOutput(str(error), is_error=True, failure="invalid_input")
        allowed = [url for url in urls if context.sites.admits(completed(url))]
        if not allowed:
            return ToolOutput(f"Nothing was read. {_NOT_ALLOWED}", is_error=True, failure="not_allowed")
        opened = await self._opener.open_all(
            allowed, within=context.timeout_seconds * _SHARE, links=links, say=context.on_output
        )
        opened = [_kept(one, context.sites) for one in opened]
        opened += [Opened(url, problem=_NOT_ALLOWED) for url in urls if url not in allowed]
        if not any(one.page for one in opened):
            return ToolOutput(unread(opened), is_error=True, failure="not_accessible")
        return await asyncio.to_thread(_answer, opened, query, context.numbers, budget=budget, part=part)


def _urls(arguments: dict[str, Any]) -> list[str]:
    """Models also write `url`, for one."""
    name = "urls" if arguments.get("urls") else "url" if arguments.get("url") else "urls"
    return checked.texts(arguments, name, most=MAX_PAGES, longest=_LONGEST_URL)


def _answer(opened: Sequence[Opened], query: str, numbers: SourceNumbers, *, budget: int, part: int) -> ToolOutput:
    pages = [one.page for one in opened if one.page is not None]
    pieces = [piece for number, page in enumerate(pages) for piece in split(page.text, page=number)]
    remark = ""
    if query:
        chosen = choose(pieces, query, budget=budget)
    else:
        chosen, remark = _in_order(pieces, len(pages), budget=budget, part=part)
    sources = [
        Source(page.title, page.url, page.date, together([one for one in chosen if one.page == number]))
        for number, page in enumerate(pages)
    ]
    sources = numbers.give(sources)
    if any(page.cut for page in pages):
        remark += " A page is so long that its end was not read."
    lines = [listed(sources), remark.strip(), unread([one for one in opened if one.page is None]), NOTE]
    return ToolOutput("\n\n".join(filter(None, lines)), sources=tuple(sources))


def _in_order(pieces: list[Passage], pages: int, *, budget: int, part: int) -> tuple[list[Passage], str]:
    """One part of each page, and what to say about the rest."""
    chosen: list[Passage] = []
    most = 0
    for number in range(pages):
        found = parts([piece for piece in pieces if piece.page == number], budget=budget // pages)
        most = max(most, len(found))
        if part <= len(found):
            chosen += found[part - 1]
    if part > most:
        return [], f"There is no part {part}; the last one is {most}."
    if part < most:
        return chosen, f"This is part {part} of {most}. Ask for `part` {part + 1} to read on, or name a `query`."
    return chosen, ""


def _kept(one: Opened, sites: Sites) -> Opened:
    """The page, unless its address led to a site that may not be read."""
    return one if one.page is None or sites.admits(one.page.url) else Opened(one.url, problem=_NOT_ALLOWED)


def together(chosen: Sequence[Passage]) -> str:
    """Passages of one page as one text, with a mark where something was left out between them."""
    text: list[str] = []
    last = -1
    for passage in chosen:
        if passage.number != last + 1 and text:
            text.append(GAP)
        if passage.number != last + 1 and passage.heading:
            text.append(f"## {passage.heading}")
        text.append(passage.text)
        last = passage.number
    return "\n\n".join(text)


def unread(opened: Sequence[Opened]) -> str:
    """What became of the pages that could not be read."""
    return "\n".join(f"{shown_url(one.url)[:300]} was not read. {one.problem}" for one in opened if one.page is None)
