"""Tool arguments, which a model writes as text, as the object that `tool_use.input` must be.

The rule: what a cut-off reply holds is what was whole when it was cut, as in the SDK's own reading of a cut stream; so a
reply reads the same streamed and whole.
"""

from __future__ import annotations

import re

import orjson

from unsloth_studio.dialects.anthropic.whole_members import WholeMembers

_STEP = re.compile(r'"(?:[^"\\]|\\.)*("?)|[{}\[\],]', re.DOTALL)
_CLOSER = {"{": "}", "[": "]"}


def input_object(arguments: str) -> orjson.Fragment:
    """`arguments` as a JSON object: word for word when it is one, up to where it was cut when it begins one, empty for no
    text at all, and otherwise `{"unparsed": arguments}`, so that the model's own text is not lost."""
    text = arguments.strip()
    if not text:
        return orjson.Fragment(b"{}")
    if _is_object(text):
        return orjson.Fragment(text.encode())
    for candidate in _closed(WholeMembers().feed(text)):
        if _is_object(candidate):
            return orjson.Fragment(candidate.encode())
    return orjson.Fragment(orjson.dumps({"unparsed": arguments}))


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return False


def _closed(text: str) -> list[str]:
    """`text` with its open brackets closed: all of it, then up to its last whole member."""
    closers: list[str] = []
    whole = 0
    for step in _STEP.finditer(text):
        mark = step[0][0]
        if mark == '"':
            if not step[1]:
                break
            continue
        whole = step.start() if mark == "," else step.end()
        if mark in _CLOSER:
            closers.append(_CLOSER[mark])
        elif mark != "," and closers:
            closers.pop()
            if not closers:
                return [text[:whole]]
    ending = "".join(reversed(closers))
    return [text + ending, text[:whole] + ending]
