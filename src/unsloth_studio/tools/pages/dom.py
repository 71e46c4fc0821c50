"""An HTML document as a tree, by lxml: the few operations that reading it takes.

The rule: lxml is imported here only, and only when a page is parsed.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any, Protocol

from unsloth_studio.tools.pages.page import PageUnreadable

_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Element(Protocol):
    """What is used of `lxml.etree._Element`."""

    tag: Any
    text: str | None
    tail: str | None

    def __iter__(self) -> Iterator[Element]: ...
    def __len__(self) -> int: ...
    def get(self, key: str, default: str = "") -> str: ...
    def iter(self, *tags: str) -> Iterator[Element]: ...
    def itertext(self) -> Iterator[str]: ...
    def iterancestors(self, *tags: str) -> Iterator[Element]: ...
    def find(self, path: str) -> Element | None: ...
    def findall(self, path: str) -> list[Element]: ...
    def getparent(self) -> Element | None: ...
    def remove(self, element: Element) -> None: ...
    def getprevious(self) -> Element | None: ...


def parse(html: str) -> Element | None:
    """The document of `html`, without comments; None when there is nothing in it. Damage is mended as lxml sees fit, and
    what is nested more than 2048 levels deep is left out (libxml2's own limit).
    Raises `PageUnreadable`."""
    etree: Any = importlib.import_module("lxml.etree")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    clean = _NOT_IN_XML.sub("", html).encode()
    if not clean.strip():
        return None
    try:
        return etree.fromstring(clean, parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_DOCUMENT_EMPTY:
            return None
        raise PageUnreadable("The page is damaged, or takes too much memory to read.") from error


def name(element: Element) -> str:
    """Its tag in small letters; empty for what is no element."""
    return element.tag.lower() if isinstance(element.tag, str) else ""


def drop(element: Element) -> None:
    """Takes `element` out of its tree; the text behind it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is None:
            parent.text = (parent.text or "") + element.tail
        else:
            before.tail = (before.tail or "") + element.tail
        element.tail = None
    parent.remove(element)


def text_of(element: Element) -> str:
    """All text in it, with blanks as they are."""
    return "".join(element.itertext())


def length_of(element: Element) -> int:
    """Characters of text in it, without blanks."""
    return sum(len("".join(piece.split())) for piece in element.itertext())


def words(element: Element, *attributes: str) -> list[str]:
    """The words in these attributes, in small letters."""
    return [word for attribute in attributes for word in element.get(attribute, "").lower().split()]
