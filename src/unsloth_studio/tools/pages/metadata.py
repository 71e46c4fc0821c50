"""Title and date of a page, from what it says about itself.

Source: ogp.me (Open Graph), schema.org (`datePublished` in JSON-LD), HTML Living Standard (`time`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from unsloth_studio.tools.pages.dom import Element, text_of

_DATE = re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?!\d)")
_DATES = (
    "article:published_time", "datepublished", "date", "dc.date", "dcterms.created", "dc.date.issued",
    "citation_publication_date", "citation_date", "parsely-pub-date", "sailthru.date", "article:modified_time",
    "last-modified",
)  # fmt: skip
_LONGEST_TITLE = 300


def title_of(document: Element) -> str:
    """The page's title on one line, or nothing."""
    metas = _metas(document)
    heading = next((text_of(element) for element in document.iter("h1")), "")
    titled = next((text_of(element) for element in document.iter("title")), "")
    for title in (metas.get("og:title", ""), titled, heading):
        if clean := " ".join(title.split()):
            return clean[:_LONGEST_TITLE]
    return ""


def date_of(document: Element) -> str:
    """When it was published as `YYYY-MM-DD`, else when it was changed, else nothing."""
    for text in _dates(document):
        if found := _DATE.search(text.replace("/", "-")):
            return found[0]
    return ""


def _dates(document: Element) -> Iterator[str]:
    linked = list(_linked_data(document))
    yield from (str(item["datePublished"]) for item in linked if "datePublished" in item)
    metas = _metas(document)
    yield from (metas[key] for key in _DATES if key in metas)
    yield from (str(item["dateModified"]) for item in linked if "dateModified" in item)
    yield from (element.get("datetime", "") for element in document.iter("time"))


def _metas(document: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for element in document.iter("meta"):
        key = element.get("property", "") or element.get("name", "") or element.get("itemprop", "")
        found.setdefault(key.lower(), element.get("content", ""))
    return found


def _linked_data(document: Element) -> Iterator[dict[str, Any]]:
    for script in document.iter("script"):
        if script.get("type", "").lower() == "application/ld+json":
            try:
                value: Any = json.loads(text_of(script))
            except (ValueError, RecursionError):
                continue
            yield from _objects(value, 4)


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth and isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _objects(item, depth - 1)
    elif depth and isinstance(value, dict):
        known = cast("dict[str, Any]", value)
        yield known
        yield from _objects(known.get("@graph"), depth - 1)
