"""From bytes to text: which character set a page is in.

The rule: what is valid UTF-8 is UTF-8, whatever the page says: text in another set is hardly ever valid by
accident. Else header, then `meta`, then a guess. Source: WHATWG Encoding (labels; `iso-8859-1` means `windows-1252`).
"""

from __future__ import annotations

import codecs
import importlib
import re
from collections.abc import Iterator
from typing import Any

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_META_WITHIN = 4096
_KNOWN = re.compile(
    r"utf-?8|utf-?16(?:-?[lb]e)?|iso-?8859-?\d+|iso-2022-jp|latin-?1|us-ascii|ascii|(?:windows|cp)-?\d+|koi8-?[ru]|"
    r"shift[_-]?jis|sjis|euc-?(?:jp|kr)|gb2312|gbk|gb18030|big5(?:-hkscs)?|tis-620|mac(?:-?roman|intosh)"
)
"""Character sets by name. Python knows others that are none (`unicode_escape`), and UTF-7 is a way to smuggle tags."""
_SAMPLE = 64 * 2**10


def decode(body: bytes, charset: str | None, *, markup: bool) -> str:
    """`body` as text; `charset` is what the header says. With `markup`, `meta` and `<?xml` are looked at too. Never raises:
    what cannot be decoded becomes U+FFFD."""
    for mark, named in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(named, "replace")
    named = [label for label in (_codec(charset), *_declared(body, markup=markup)) if label]
    if body.isascii() and "iso2022_jp" in named:
        return body.decode("iso2022_jp", "replace")
    for codec in ("utf-8", *named):
        try:
            return body.decode(codec)
        except (UnicodeError, LookupError):
            continue
    mended = body.decode(named[0] if named else "utf-8", "replace")
    return mended if _mostly_read(mended) else body.decode(_guess(body), "replace")


def _mostly_read(text: str) -> bool:
    """Whether a few bytes are damaged, and not the whole text in another set."""
    letters = sum(1 for letter in text[:_SAMPLE] if not letter.isascii())
    return text.count("\N{REPLACEMENT CHARACTER}", 0, _SAMPLE) * 2 < letters


def _declared(body: bytes, *, markup: bool) -> Iterator[str]:
    if markup:
        for pattern in (_XML, _META):
            if found := pattern.search(body[:_META_WITHIN]):
                yield _codec(found[1].decode("ascii", "replace"))


def _codec(label: str | None) -> str:
    """Python's name for a label; empty for one that is not known."""
    label = (label or "").strip().strip("\"'").lower()
    if not _KNOWN.fullmatch(label):
        return ""
    if label in ("iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"):
        return "cp1252"
    label = {"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932"}.get(
        label, label
    )
    try:
        return codecs.lookup(label.replace("windows-", "cp").replace("macintosh", "mac-roman")).name
    except LookupError:
        return ""


def _guess(body: bytes) -> str:
    """By the frequency of letters, of a sample."""
    detector: Any = importlib.import_module("charset_normalizer")
    best: Any = detector.from_bytes(body[:_SAMPLE], steps=5, chunk_size=512).best()
    guessed = str(best.encoding) if best is not None else "cp1252"
    return "cp1252" if guessed.startswith("utf_7") else guessed
