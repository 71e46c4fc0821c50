"""How families write the tag of a call, those of its arguments, and what closes them.

The rule: DSML, MiniMax-M3 and Step put a prefix before their tags; `plain` sets one letter in its place, and every pattern
here reads a plain text.
"""

from __future__ import annotations

import re
from typing import Final

from unsloth_studio.patterns import pattern

STANDS: Final = "\ufdd0"
"""Stands for the prefix of DSML, MiniMax-M3 or Step. Unicode keeps this one out of texts; fonts put icons on U+E000."""
PREFIX: Final = pattern(
    r"\]\s*<\s*\]\s*minimax\s*\[\s*>\s*\[\s*|(?<=<)\s*[|｜]\s*DSML\s*[|｜]\s*|(?<=</)\s*[|｜]\s*DSML\s*[|｜]\s*"  # noqa: RUF001
    r"|(?<=<)steptml:|(?<=</)steptml:",
    re.IGNORECASE,
)
M3: Final = pattern(r"\]\s*<\s*\]\s*minimax\s*\[\s*>\s*\[", re.IGNORECASE)
_L = rf"{STANDS}?<[\s{STANDS}]*"
_R = rf"{STANDS}?<[\s{STANDS}]*/[\s{STANDS}]*"
_ARGUMENT = "(?:parameter|param|arg)"
HEAD: Final = pattern(
    rf"{_L}(?P<tag>function|invoke|tool)(?:\s*=|\s*_?name\s*=)\s*+[\"']?(?P<name>[^\"'<>\n{STANDS}]*?)[\"']?"
    rf"\s*(?P<end>/?>|(?=\n|{STANDS}?<))",
    re.IGNORECASE,
)
ARGUMENT: Final = pattern(
    rf"{_L}{_ARGUMENT}(?:\s*=|\s*_?name\s*=)\s*+(?P<quote>[\"']?)(?P<key>[^<>\n]*?)(?P=quote)"
    r"(?:\s+string\s*=\s*[\"'](?P<string>true|false)[\"'])?\s*(?P<end>>|(?=<))",
    re.IGNORECASE,
)
ARGUMENT_END: Final = pattern(rf"{_R}{_ARGUMENT}\b\s*(?:=[^<>\n]*)?>?", re.IGNORECASE)
ARGUMENT_CLOSED: Final = pattern(rf"{_R}{_ARGUMENT}\s*>?\s*{STANDS}?\s*\Z", re.IGNORECASE)
CHILD_CLOSED: Final = pattern(rf"{_R}[\w.\-]+\s*>?\s*{STANDS}?\s*\Z", re.IGNORECASE)
GOES_ON: Final = pattern(
    rf"\s*(?:{_L}{_ARGUMENT}\b|{_R}(?:function|invoke|tool_call|tool\b|{_ARGUMENT}|function_calls|minimax|seed)|"
    rf"{_L}(?:tool_call|function\b|invoke\b)|\Z)",
    re.IGNORECASE,
)
"""What may stand behind a closing tag that counts."""
CALL_END: Final = pattern(rf"{_R}(?:function|invoke|tool)(?![\w:\-])\s*>?", re.IGNORECASE)
TORN_END: Final = pattern(rf"{_R}(?:function|invoke)?\s*>?\s*\Z", re.IGNORECASE)


def plain(text: str) -> str:
    """The same tags with one letter for their prefixes."""
    return PREFIX.sub(STANDS, text)


def restored(text: str, prefix: str) -> str:
    """A value of a plain text as it was written."""
    return text.replace(STANDS, prefix) if prefix else text


def key_of(opener: re.Match[str]) -> str:
    return opener["key"].strip().strip("\"'")


def style_of(opener: re.Match[str]) -> str:
    """How a family writes an argument's tag, without its key."""
    return re.sub(r"[\s\"']", "", opener.group()[: opener.start("key") - opener.start()]).lower()


def calls_inside(value: str) -> bool:
    """Whether more calls begin in a value than end there."""
    return len(HEAD.findall(value)) > len(CALL_END.findall(value))
