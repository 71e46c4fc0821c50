"""Calls that are mentioned rather than made: between quotation marks, or as a word of a sentence.

The rule: a model that calls a tool stops there, or goes on in a new sentence. Who goes on in the same one writes about
calls, and so does who has just said whose words follow. A call behind words that merely lead to it (`Let me see: `) is made.
"""

from __future__ import annotations

import re
from typing import Final

from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.roles import may_begin_a_turn
from unsloth_studio.patterns import pattern

BEFORE: Final = 64
"""Characters before a call that may tell."""
_BEHIND = 24
_SEPARATORS = pattern(r"[\s;,}]*")
_FENCE = pattern(r"`{3,}")
_QUOTES: Final = {
    '"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u2018": "\u2019", "\u201e": "\u201c\u201d", "\u201a": "\u2018\u2019",
    "\u00ab": "\u00bb", "\u00bb": "\u00ab", "\u2039": "\u203a", "\u300c": "\u300d", "\u300e": "\u300f",
}  # fmt: skip
_ITEM = pattern(r"\s*(?:[-*+\u2022|]|\d{1,3}[.)])\s+")
_ABBREVIATED = pattern(r"\b(?:e\.g|i\.e|z\.\s?B|p\.\s?ex|resp|cf|vs|etc)\.\Z", re.IGNORECASE)
_LEADS = frozenset(":,\uff1a-*_")
_SENTENCE_ENDS = frozenset(".!?\u2026\u3002\uff01\uff1f")
_STOPS = pattern(
    r"[ ]?[\u061f\u060c\u061b\u0964]|[.,!?\u2026](?:[\s\"'\u201d)\]]|\.|\Z)|[\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f]"
)
_DEFINED = pattern(r"\s*(?::|=>|->|\u2192|[\u2013\u2014]|- )")
_VERB = pattern(
    r"\s+(?:is|are|was|were|means?|would|will|must|should|can|could|may|might|does|has|looks|calls|here|ist|sind|est|es|son"
    r"|\u00e9|\u00e8|\u044d\u0442\u043e)\b|\s*(?:[\u662f\u306f\u304c\u3092\u3068\u306e\u306b\u3067\u4f1a]|\u7528\u4e8e|\u8868\u793a|\u53ef\u4ee5)",
    re.IGNORECASE,
)
_REFUSED = pattern(
    r"\b(?:never|don['\u2019]t|do not|doesn['\u2019]t|(?:must|should|can)(?: ?not|n['\u2019]t)|can['\u2019]t|avoid"
    r"|instead of|rather than|without)\s+(?:\w+\s+)?"
    r"(?:writ|send|emit|output|say|typ|us|print|produc|generat|return|answer|repl|repeat)\w*(?:\s+\w+){0,3}:?\s*\Z",
    re.IGNORECASE,
)
_SAID = pattern(
    r"\b(?:wrote|writes|said|says|typed|contain(?:s|ed)|print(?:s|ed)|returned|replied|answered|posted|quotes?|quoted|shows)"
    r"(?:\s+(?:this|that|so|with|back|me|us|as follows|the following)){0,2}\s*[:,]\s*\Z",
    re.IGNORECASE,
)
_WROTE = pattern(r"\b(?:wrote|writes|said|says|typed|printed|posted|quoted)[ \t]+\Z", re.IGNORECASE)
_LABEL = pattern(
    r"(?:\A|\n)\W{0,4}(?:for )?(?:examples?|instance|format|syntax|usage|template|user|human|system|observation"
    r"|(?:tool|function) (?:output|result|response)s?"
    r"|\u043f\u0440\u0438\u043c\u0435\u0440|exemplo|esempio|\uc608|\u0645\u062b\u0627\u0644"
    r"|(?:zum )?beispiel|(?:por )?ejemplo|(?:par )?exemple|\u4f8b|\u4f8b\u5982|\u793a\u4f8b|\u683c\u5f0f)"
    r"\W{0,3}[:\uff1a]\W{0,4}\Z",
    re.IGNORECASE,
)
_MEANT = pattern(
    r"(?:\b(?:let me|let['\u2019]s|i['\u2019]ll|i will|i['\u2019]m going to|i am going to|i need to)\b"
    r"|\u6211\u6765|\u8ba9\u6211|\u6211\u5c06|\u6211\u4f1a)"
    r"(?!.*\b(?:you|explain|describe|show|tell|say|writ|typ|mention|quot|format|syntax|example|sample|not|never|avoid)\w*).*\Z",
    re.IGNORECASE,
)
"""Who says what comes next does it, however the sentence ends."""
_PARTICLES: Final = frozenset(
    "\u662f\u4e3a\u7528\u6765\u53bb\u7684\u4e86\u4f1a\u53ef\u8868\u5373\u5e76\u548c\u4e0e\u6216\u7b49\u8fd9\u5c31\u6709\u5728"
    "\u306f\u304c\u3092\u3068\u306e\u306b\u3067\u3082\u3078\u3084\uc740\ub294\uc774\uac00\uc744\ub97c\uc640\uacfc\uc758\ub85c"
)
"""Chinese, Japanese and Korean words that go on with a sentence, where letters have no case to tell by."""
_HAS_NO_SPACES = pattern(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_OPENED = pattern(r"(?:\A|\s)[\"'\u201c\u2018\u201e\u00ab\u300c\u300e]\s*\n\s*\Z")
_HEADING = pattern(r"(?:\A|\n)#{1,6}[ \t]+(?:examples?|format|syntax|usage|template)\W*\Z", re.IGNORECASE)
_EXAMPLE = pattern(r"\b(?:e\.g\.|i\.e\.|for example|for instance|such as|like)[,:]?[ \t]*\Z", re.IGNORECASE)


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
    if before.rstrip()[-1:] in _LEADS and (_SAID.search(before) or _LABEL.search(before)):
        return True
    if _OPENED.search(before):
        return True
    if "#" in before and _HEADING.search(before):
        return True
    line = before.rpartition("\n")[2]
    if line.lstrip().startswith("|") and after.lstrip().startswith("|"):
        return True  # a table
    item = _ITEM.match(line)
    line = line[item.end() :] if item else line
    if not re.search(r"\w", line):
        return bool(_DEFINED.match(after) or _VERB.match(after)) or (item is not None and _goes_on(after))
    if _WROTE.search(line) or _REFUSED.search(line) or _EXAMPLE.search(line):
        return True
    bracket = line.rstrip().endswith("(")
    said = line.rstrip(" \t(")
    if said[-1] in _SENTENCE_ENDS and not _ABBREVIATED.search(said):
        return bool(_DEFINED.match(after) or _VERB.match(after))
    if not bracket and _MEANT.search(line):
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
    if letter.lower() == letter.upper():
        return letter in _PARTICLES or not _HAS_NO_SPACES.match(letter)
    return letter.islower() and word != after
