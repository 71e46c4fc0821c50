"""A tree of HTML as Markdown (CommonMark with tables).

The rule: nothing that a reader would see is lost, code least of all: its lines and blanks stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urljoin

from msgspec import Struct

from unsloth_studio.tools.pages.dom import Element, length_of, name, text_of, words

_BLOCKS: Final = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt",
        "fieldset",
        "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "li",
        "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_DOUBLED = re.compile(r"  +")
_EMPHASIS = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_LANGUAGE = re.compile(r"(?:language|lang|highlight-source|highlight|brush|sourcecode)[-:_]([\w+#.-]{1,20})")
_TERMS = frozenset({"dd", "dt"})
_ITEM = re.compile(r"- |\d+\. ")
_NO_LANGUAGE = frozenset({"default", "none", "plaintext", "text", "code"})
_WIDEST_CELL = 400
"""Characters; a table with more in the cells of a row is a layout, and its cells are read as blocks."""
_DEEP = " " * 40
_DEEP_QUOTE = "> " * 20
"""Where nothing is indented any more: nobody nests so deep on purpose, and each level costs a copy of all within."""
_RUNS = re.compile(r"`+")


class Links(Struct, frozen=True):
    """Whether links keep their addresses, which are then made absolute against `base`."""

    keep: bool = False
    base: str = ""


def markdown(element: Element, links: Links | None = None) -> str:
    """The Markdown of all in `element`, without a blank line at either end."""
    return "\n\n".join(_Writer(links or Links(), _holders(element)).blocks(element)).strip("\n")


def _holders(root: Element) -> frozenset[Element]:
    """The elements that hold a block, at any depth."""
    found: set[Element] = set()
    for element in root.iter(*_BLOCKS):
        for above in element.iterancestors():
            if above in found:
                break
            found.add(above)
    return frozenset(found)


class _Writer:
    def __init__(self, links: Links, holders: frozenset[Element]) -> None:
        self._links, self._holders = links, holders

    def blocks(self, element: Element) -> list[str]:
        """Each block in `element` as Markdown; text between them is a paragraph."""
        found: list[str] = []
        running: list[str] = [_flat(element.text)]

        def close() -> None:
            if text := _trimmed("".join(running)):
                found.append(text)
            running.clear()

        for child in element:
            if self._is_block(child):
                close()
                found += self._block(child)
            else:
                running.append(self._inline(child))
            running.append(_flat(child.tail))
        close()
        return found

    def _is_block(self, element: Element) -> bool:
        return name(element) in _BLOCKS or any(
            name(inner) in _BLOCKS for inner in element.iter() if inner is not element
        )

    def _block(self, element: Element) -> list[str]:
        tag = name(element)
        kinds: dict[str, Callable[[Element], list[str]]] = {
            "pre": self._pre, "ul": self._list, "ol": self._list, "table": self._table, "blockquote": self._quote,
            "dl": self._terms,
        }  # fmt: skip
        if tag in kinds:
            return kinds[tag](element)
        if tag == "hr":
            return ["---"]
        if tag in _TERMS and _is_in(element, _TERMS):
            return []  # libxml2 nests a `dd` that was not closed; `_terms` has read it
        inner = self.blocks(element)
        if tag[:1] == "h" and tag[1:].isdigit() and inner:
            return [f"{'#' * int(tag[1:])} {' '.join(' '.join(inner).split())}"]
        return inner

    def _pre(self, element: Element) -> list[str]:
        code = "".join(_raw(element)).expandtabs(4).strip("\n").rstrip()
        if not code.strip():
            return []
        return [_fenced(code, _language(element))]

    def _list(self, element: Element) -> list[str]:
        items: list[str] = []
        number = int(element.get("start", "1")) if re.fullmatch(r"\d{1,6}", element.get("start", "1")) else 1
        for child in element:
            inner = self._list(child) if name(child) in ("ul", "ol") else self.blocks(child)
            if not inner:
                continue
            mark = f"{number}. " if name(element) == "ol" else "- "
            tight = "\n" if all(_ITEM.match(block) for block in inner[1:]) else "\n\n"
            if name(child) in ("ul", "ol"):
                items.append(_indented(tight.join(inner), "  ", first="  "))
            else:
                items.append(_indented(tight.join(inner), " " * len(mark), first=mark))
                number += 1
        return ["\n".join(items)] if items else []

    def _quote(self, element: Element) -> list[str]:
        text = "\n\n".join(self.blocks(element))
        if _last_line(text).startswith(_DEEP_QUOTE):
            return [text]
        return ["\n".join(f"> {line}".rstrip() for line in text.split("\n"))] if text else []

    def _terms(self, element: Element) -> list[str]:
        found: list[str] = []
        for child in element.iter("dt", "dd"):
            if any(name(above) in ("dl",) and above is not element for above in _up_to(child, element)):
                continue  # a list inside: read with its own
            inner = "\n\n".join(self.blocks(child))
            if inner and name(child) == "dt":
                found.append(inner)
            elif inner:
                found.append(_indented(inner, "  ", first=": "))
        return found

    def _table(self, element: Element) -> list[str]:
        rows = [
            [cell for cell in row if name(cell) in ("td", "th")]
            for row in element.iter("tr")
            if next(row.iterancestors("table"), None) is element
        ]
        rows = [row for row in rows if row]
        if self._is_layout(element, rows):
            return [block for row in rows for cell in row for block in self.blocks(cell)]
        written = [[self._cell(cell) for cell in row] for row in rows]
        written = [row for row in written if any(row)]
        if not written:
            return []
        width = max(len(row) for row in written)
        lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in written]
        lines.insert(1, "|" + " --- |" * width)
        caption: list[str] = next((self.blocks(one) for one in element.iter("caption")), list[str]())
        return [*caption, "\n".join(lines)]

    def _is_layout(self, element: Element, rows: list[list[Element]]) -> bool:
        if any(inner is not element for inner in element.iter("table", "pre", "h1", "h2")):
            return True
        columns = max((len(row) for row in rows), default=0)
        return columns < 2 or any(length_of(cell) > _WIDEST_CELL * 5 for row in rows for cell in row)

    def _cell(self, element: Element) -> str:
        return " ".join(" ".join(self.blocks(element)).split()).replace("|", "\\|")

    def _inline(self, element: Element) -> str:
        tag = name(element)
        if tag == "br":
            return "\n"
        if tag == "img":
            alt = " ".join(element.get("alt", "").split())
            return f"![{alt}]" if len(alt) > 2 else ""
        if tag == "math":
            return _formula(element)
        if tag in _CODE:
            return _code_span(_BLANKS.sub(" ", text_of(element)).strip())
        inner = _flat(element.text) + "".join(self._inline(child) + _flat(child.tail) for child in element)
        if tag in _EMPHASIS:
            return _wrapped(inner, _EMPHASIS[tag])
        if tag == "a" and self._links.keep and inner.strip():
            return self._link(inner, element.get("href", ""))
        return inner

    def _link(self, inner: str, href: str) -> str:
        try:
            url = urljoin(self._links.base, href.strip())
        except ValueError:
            return inner
        if not url.startswith(("http://", "https://")) or href.startswith("#"):
            return inner
        return f"[{' '.join(inner.split())}]({url.replace(' ', '%20').replace(')', '%29')})"


def _flat(text: str | None) -> str:
    """Line ends of the source are blanks: those of the Markdown come from `br` alone."""
    return _BLANKS.sub(" ", text or "")


def _trimmed(text: str) -> str:
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(_DOUBLED.sub(" ", line) for line in lines if line)


def _wrapped(inner: str, mark: str) -> str:
    """`mark` around the words of `inner`, and its blanks outside."""
    words_only = inner.strip()
    if not words_only or "\n" in words_only or mark in words_only:
        return inner
    start = inner.index(words_only)
    return f"{inner[:start]}{mark}{words_only}{mark}{inner[start + len(words_only) :]}"


def _code_span(text: str) -> str:
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in _RUNS.findall(text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def _fenced(code: str, language: str) -> str:
    fence = "`" * max(3, max((len(run) for run in _RUNS.findall(code)), default=0) + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def _raw(element: Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if name(child) == "br":
            yield "\n"
        else:
            yield from _raw(child)
        yield child.tail or ""


def _language(element: Element) -> str:
    around = [element, *element.iter("code"), *list(element.iterancestors("div", "figure"))[:2]]
    for one in around:
        for word in words(one, "class", "data-lang"):
            found = _LANGUAGE.fullmatch(word)
            if found is not None and found[1] not in _NO_LANGUAGE:
                return found[1]
    return ""


def _formula(element: Element) -> str:
    for note in element.iter("annotation"):
        if "tex" in note.get("encoding", "").lower():
            return f"${' '.join(text_of(note).split())}$"
    return " ".join(text_of(element).split())


def _indented(text: str, indent: str, *, first: str) -> str:
    if _last_line(text).startswith(_DEEP):
        return first + text
    lines = text.split("\n")
    return "\n".join((first if number == 0 else indent if line else "") + line for number, line in enumerate(lines))


def _last_line(text: str) -> str:
    return text[text.rfind("\n") + 1 :]


def _is_in(element: Element, tags: frozenset[str]) -> bool:
    parent = element.getparent()
    return parent is not None and name(parent) in tags


def _up_to(element: Element, root: Element) -> Iterator[Element]:
    for above in element.iterancestors():
        if above is root:
            return
        yield above
