"""Headers of gpt-oss (Harmony): channel and recipient before each message.

The rule: a recipient makes a call, wherever in the header it stands; without one the channel says what the message is.
"""

from __future__ import annotations

import re

from msgspec import Struct

from unsloth_studio.patterns import pattern

_HEADER = pattern(r"<\|(?:start|channel)\|>(?P<head>(?:(?!<\|message\|>).){0,300}?)<\|message\|>", re.DOTALL)
_BARE = pattern(r"<\|(?:start|channel)\|>(?P<head>[^{]{0,200}?to=[\w.\-]+[^{]{0,60}?)(?=\{)", re.DOTALL)
_CHANNEL = pattern(r"(?:<\|channel\|>)?\s*(?P<channel>analysis|commentary|final)\b", re.IGNORECASE)
_RECIPIENT = pattern(r"to=(?P<name>[\w.\-]+)")
_STRIPPED = pattern(
    r"(?:assistant\s*)?(?:analysis|commentary)?\s*to=(?P<name>[\w.\-]+)\s*(?:<\|channel\|>\s*\w+\s*)?(?:<\|constrain\|>)?\s*"
    r"(?:json|code)?\s*(?:<\|message\|>)?\s*(?=\{)",
    re.IGNORECASE,
)
_PARTS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("assistant",), False),
    (("analysis", "commentary"), False),
    (("to=",), True),
    (("<|channel|>",), False),
    (("<|constrain|>",), False),
    (("json", "code"), False),
    (("<|message|>",), False),
)
"""What `_STRIPPED` is made of, in order, and whether it must be there."""
_MAY_BEGIN = pattern(r"\s*(?:[act]|\Z)", re.IGNORECASE)
_NAME = pattern(r"[\w.\-]+")
_CHANNEL_NAME = pattern(r"\s*\w+")
_STRIPPED_LIMIT = 200


class Header(Struct, frozen=True):
    """`recipient` is empty when the message is for the user; `end` is where the message begins."""

    channel: str
    recipient: str
    end: int


def header(text: str, start: int, *, final: bool) -> Header | None:
    """The header at `start`, None while (or because) it has no end."""
    del final
    whole = _HEADER.match(text, start)
    bare = _BARE.match(text, start)
    found = bare if bare and (whole is None or bare.end() < whole.end()) else whole
    if found is None:
        return None
    head = found["head"]
    channel, recipient = _CHANNEL.search(head), _RECIPIENT.search(head)
    return Header(channel["channel"].lower() if channel else "", recipient["name"] if recipient else "", found.end())


def stripped(text: str, pos: int) -> Header | None:
    """`commentary to=functions.n json{`: a header whose tokens were lost."""
    found = _STRIPPED.match(text, pos, pos + _STRIPPED_LIMIT)
    return Header("commentary", found["name"], found.end()) if found else None


def may_be_stripped(text: str, pos: int) -> bool:
    """Whether the text ends within what may become such a header."""
    if len(text) - pos >= _STRIPPED_LIMIT or not _MAY_BEGIN.match(text, pos):
        return False
    rest = text[pos:].lower()
    for words, needed in _PARTS:
        rest = rest.lstrip()
        word = next((each for each in words if rest.startswith(each)), None)
        if word is None:
            if any(each.startswith(rest) for each in words):
                return True
            if needed:
                return False
            continue
        rest = rest[len(word) :]
        if word in ("to=", "<|channel|>"):
            name = (_NAME if word == "to=" else _CHANNEL_NAME).match(rest)
            if name is None:
                return not rest.strip()
            rest = rest[name.end() :]
            if not rest:
                return True
    return not rest.strip()
