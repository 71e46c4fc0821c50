"""Calls that are mentioned rather than made: between quotation marks, or as a word of a sentence.

The rule: a model that calls a tool stops there, or goes on in a new sentence. Who goes on in the same one writes about
calls, and so does who has just said whose words follow. A call behind words that merely lead to it (`Let me see: `) is made.
"""

from __future__ import annotations

import re
from typing import Final

from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.roles import may_begin_a_turn

BEFORE: Final = 64
"""Characters before a call that may tell."""
_BEHIND = 24
_SEPARATORS = re.compile(r"[\s;,}]*")
_FENCE = re.compile(r"`{3,}")
_QUOTES: Final = {
    '"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201c\u201d", "\u201a": "\u2018\u2019",
    "\u00ab": "\u00bb", "\u00bb": "\u00ab", "\u2039": "\u203a", "\u300c": "\u300d", "\u300e": "\u300f",
}  # fmt: skip
_ITEM = re.compile(r"\s*(?:[-*+\u2022|]|\d{1,3}[.)])\s+")
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|z\.\s?B|p\.\s?ex|resp|cf|vs|etc)\.\Z", re.IGNORECASE)
_SENTENCE_ENDS = frozenset(".!?\u2026\u3002\uff01\uff1f")
_STOPS = re.compile(r"[.,!?\u2026](?:[\s\"'\u201d)\]]|\.|\Z)|[\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f]")
_DEFINED = re.compile(r"\s*(?::|=>|->|\u2192|[\u2013\u2014]|- )")
_VERB = re.compile(
    r"\s+(?:is|are|was|were|means?|would|will|must|should|can|could|may|might|does|has|looks|calls|here|ist|sind|est|es|son"
    r"|\u00e9|\u00e8|\u044d\u0442\u043e)\b|\s*[\u662f\u306f\u304c]",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:never|don['\u2019]t|do not|doesn['\u2019]t|(?:must|should|can)(?: ?not|n['\u2019]t)|can['\u2019]t|avoid"
    r"|instead of|rather than|without)\s+(?:\w+\s+)?"
    r"(?:writ|send|emit|output|say|typ|us|print|produc|generat|return|answer|repl|repeat)\w*(?:\s+\w+){0,3}:?\s*\Z",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"\b(?:wrote|writes|said|says|typed|contain(?:s|ed)|print(?:s|ed)|returned|replied|answered|posted|quotes?|quoted|shows)"
    r"(?:\s+(?:this|that|so|as follows))?\s*(?::|,)\s*\Z"
    r"|\b(?:wrote|writes|said|says|typed|printed|posted|quoted)[ \t]+\Z",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:\A|\n)\W{0,4}(?:for )?(?:examples?|instance|format|syntax|usage|template|user|human|system|observation"
    r"|(?:zum )?beispiel|(?:por )?ejemplo|(?:par )?exemple|\u4f8b|\u4f8b\u5982|\u793a\u4f8b|\u683c\u5f0f)"
    r"\W{0,3}[:\uff1a]\W{0,4}\Z",
    re.IGNORECASE,
)
_EXAMPLE = re.compile(r"\b(?:e\.g\.|i\.e\.|for example|for instance|such as|like)[,:]?[ \t]*\Z", re.IGNORECASE)


def behind(text: str, pos: int, *, fenced: bool, final: bool) -> str | None:
    """What stands in the line behind a call that ends at `pos`, and behind the marks that close it: empty at the line's
    end, only separators before another call; None when more text is needed to tell. `fenced`: a fence is to be closed."""
    start = pos
    while True:
        found = _SEPARATORS.match(text, start)
        at = found.end() if found else start
        if at >= len(text):
            return "" if final else None
        if fenced and text[at] == "`":
            fence = _FENCE.match(text, at)
            if fence is None and len(text) - at < 3 and not final:
                return None
            fenced, start = False, fence.end() if fence else start
            continue
        mark = mark_at(text, at) if text[at] in "<[]" else None
        if mark == MAYBE and not final:
            return None
        if not isinstance(mark, Mark):
            if text[at] != "]":
                break
            start = at + 1
            continue
        if mark.kind not in ("close", "drop") or may_begin_a_turn(mark):
            return text[start:at].strip()
        start = mark.end
    end = text.find("\n", start, start + _BEHIND)
    if end < 0 and len(text) - start < _BEHIND and not final:
        return None
    return text[start : end if end >= 0 else start + _BEHIND].lstrip("}]")


def is_mentioned(before: str, after: str) -> bool:
    """Whether a call between these is no call. `before` is the end of what was said, `after` as `behind` gives it."""
    closer = after.lstrip(".,;:!?")[:1]
    if closer and closer in _QUOTES.get(before[-1:], ""):
        return True
    if _SAID.search(before) or _LABEL.search(before):
        return True
    line = before.rpartition("\n")[2]
    item = _ITEM.match(line)
    line = line[item.end() :] if item else line
    if not re.search(r"\w", line):
        return bool(_DEFINED.match(after) or _VERB.match(after) or (item and "|" in item.group() and "|" in after))
    if _REFUSED.search(line) or _EXAMPLE.search(line):
        return True
    bracket = line.rstrip().endswith("(")
    said = line.rstrip(" \t(")
    if said[-1] in _SENTENCE_ENDS and not _ABBREVIATED.search(said):
        return bool(_DEFINED.match(after) or _VERB.match(after))
    return _goes_on(after) or (bracket and after.startswith(")"))


def _goes_on(after: str) -> bool:
    """Whether the sentence goes on: with a mark of its own, a bracket, or a word that does not begin another."""
    if _STOPS.match(after) or _DEFINED.match(after):
        return True
    word = after.lstrip()
    letter = word[:1]
    if not letter.isalpha():
        return letter == "(" and word != after
    caseless = letter.lower() == letter.upper()
    return caseless or (letter.islower() and word != after)
