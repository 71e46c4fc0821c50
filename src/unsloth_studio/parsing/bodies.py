"""What stands behind the mark of a call, told apart by how it begins; the five grammars are in `body_*.py`.

The rule: the mark only announces a call. Models mix marks and bodies, so the body alone decides how it is read.
"""

from __future__ import annotations

import re
from typing import Protocol

from msgspec import Struct

from unsloth_studio.parsing.body_gemma import GemmaBody
from unsloth_studio.parsing.body_glm import GlmBody
from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.body_python import PythonBody
from unsloth_studio.parsing.body_tagged import TaggedBody
from unsloth_studio.parsing.calls import Ended
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.patterns import pattern

_BLANK = pattern(r"[\s\u200b\ufeff]*")
_NAME = pattern(r"[\w.\-/:]+")
_FENCE = pattern(r"`{3,}[\w+-]*[ \t]*\n?")
_NESTED = 8
"""Marks, fences and blanks in front of one body."""
_NAME_LIMIT = 256
_ARGS = pattern(r"\s*(?:\[CALL_ID\]\s*[\w-]*\s*)?\[ARGS\]\s*", re.IGNORECASE)
_ARGS_BEGIN = pattern(r"\s*(?:\[[A-Z_]*\]\s*[\w-]*\s*)?(?:\[[A-Z_]*)?\Z", re.IGNORECASE)
_GLM = pattern(r"\s*<(?:/?arg_|/tool_call|tool_call|/)", re.IGNORECASE)
_GLM_BEGINS = ("<arg_", "</")
_SEPARATORS = ("<|tool_sep|>", "<|tool_call_argument_begin|>", "<|message|>")


class Body(Protocol):
    fenced: bool
    """Whether a fence was opened in front of it, which its end closes."""

    def scan(self, text: str, *, final: bool) -> Ended | None:
        """Read on; None while the end is not in `text` yet. `final`: no more text will come, so there is an answer."""
        ...


class Begun(Struct, frozen=True):
    """`wait`: more text is needed to tell; without a body and without `wait` it is no call."""

    body: Body | None = None
    wait: bool = False


_WAIT = Begun(wait=True)
_NOTHING = Begun()


def begin(text: str, start: int, names: ToolNames, *, opener: str, final: bool) -> Begun:
    """The body that begins at `start`, behind `opener`; further marks and a fence in front of it are passed over."""
    pos = start
    fenced = False
    opened = opener
    for _ in range(_NESTED):
        pos = _end(_BLANK, text, pos)
        if pos >= len(text):
            return _NOTHING if final else _WAIT
        if text.startswith("`", pos):
            behind = _behind_fence(text, pos, final=final)
            if behind is None or behind == pos:
                return _WAIT if behind is None else _NOTHING
            pos, fenced = behind, True
            continue
        if text[pos] not in "<[]":
            break
        mark = mark_at(text, pos)
        if mark == MAYBE and not final:
            return _WAIT
        if not isinstance(mark, Mark):
            break
        if mark.kind == "head":
            return Begun(TaggedBody(names, pos, mark.end))
        if mark.kind != "open":
            return _NOTHING
        pos, opened = mark.end, mark.name
    else:
        return _NOTHING
    return _by_letters(text, pos, names, opener=opened, fenced=fenced, final=final)


def _by_letters(text: str, pos: int, names: ToolNames, *, opener: str, fenced: bool, final: bool) -> Begun:
    letter = text[pos]
    if letter in "{\"'" or (letter == "&" and text.startswith("&", pos)):
        return Begun(JsonBody(names, pos, fenced=fenced))
    if letter == "[":
        after = _end(_BLANK, text, pos + 1)
        if after >= len(text):
            return _NOTHING if final else _WAIT
        python = text[after].isalpha() or text[after] == "_"
        keyed = opener == "<|tools_prefix|>"
        return Begun(PythonBody(names, pos) if python else JsonBody(names, pos, fenced=fenced, keyed=keyed))
    if letter == ":" and text[pos + 1 :].lstrip()[:1] == "{":
        return Begun(GemmaBody(names, pos))
    if letter == "<":
        if opener == "<tool_call>" and not final and any(each.startswith(text[pos:].lower()) for each in _GLM_BEGINS):
            return _WAIT
        return Begun(GlmBody(names, pos)) if _GLM.match(text, pos) and opener == "<tool_call>" else _NOTHING
    found = _NAME.match(text, pos)
    if found is None or len(found.group()) > _NAME_LIMIT:
        return _NOTHING
    if found.end() >= len(text):
        return _WAIT if not final else Begun(GlmBody(names, pos))
    return _named(text, found, names, opener=opener, fenced=fenced, final=final)


def _named(text: str, found: re.Match[str], names: ToolNames, *, opener: str, fenced: bool, final: bool) -> Begun:
    """A word stands first: the tool's name, or `function` before it."""
    word, end = found.group(), found.end()
    after = _end(_BLANK, text, end)
    if after >= len(text) and not final:
        return _WAIT
    rest = text[after : after + 1]
    if word.startswith("call:") or word == "call":
        return Begun(GemmaBody(names, found.start()))
    if rest == "(":
        return Begun(PythonBody(names, found.start(), fenced=fenced))
    if args := _ARGS.match(text, end):
        return Begun(JsonBody(names, args.end(), name=word))
    if rest == "[" and _ARGS_BEGIN.match(text[end : end + 80]) and not final:
        return _WAIT
    if rest == "{":
        gemma = "gemma" in opener or opener in ("<|tool_call>", "<start_function_call>")
        if gemma:
            return Begun(GemmaBody(names, found.start()))
        return Begun(JsonBody(names, after, name=word))
    if rest == "<":
        return _before_mark(text, found, after, names, final=final)
    if rest == "`" and (fenced_at := _behind_fence(text, after, final=final)) != after:
        return _WAIT if fenced_at is None else Begun(JsonBody(names, fenced_at, name=word, fenced=True))
    if word.lower() in ("json", "function") and after > end:
        return begin(text, after, names, opener=opener, final=final)
    return Begun(GlmBody(names, found.start()))


def _before_mark(text: str, found: re.Match[str], pos: int, names: ToolNames, *, final: bool) -> Begun:
    word = found.group()
    mark = mark_at(text, pos)
    if mark == MAYBE and not final:
        return _WAIT
    if isinstance(mark, Mark) and mark.name in _SEPARATORS:
        if word.lower() == "function":
            return _deepseek(text, mark.end, names, final=final)
        after = _end(_BLANK, text, mark.end)
        if after >= len(text):
            return _NOTHING if final else _WAIT
        at = _behind_fence(text, after, final=final)
        return _WAIT if at is None else Begun(JsonBody(names, at, name=word, fenced=at > after))
    if isinstance(mark, Mark) and mark.kind == "head":
        return Begun(TaggedBody(names, pos, mark.end))
    return Begun(GlmBody(names, found.start()))


def _deepseek(text: str, pos: int, names: ToolNames, *, final: bool) -> Begun:
    """`function<sep>name`, then a fence with JSON; Step 3 has its own tags there."""
    pos = _end(_BLANK, text, pos)
    if pos >= len(text):
        return _NOTHING if final else _WAIT
    if text[pos] == "<":
        return begin(text, pos, names, opener="<|tool_sep|>", final=final)
    found = _NAME.match(text, pos)
    if found is None or (found.end() >= len(text) and not final):
        return _NOTHING if found is None else _WAIT
    after = _end(_BLANK, text, found.end())
    if after >= len(text):
        return _NOTHING if final else _WAIT
    at = _behind_fence(text, after, final=final)
    return _WAIT if at is None else Begun(JsonBody(names, at, name=found.group(), fenced=at > after))


def _behind_fence(text: str, pos: int, *, final: bool) -> int | None:
    """Where the text goes on behind a fence at `pos`, `pos` if there is none, None when more text is needed to tell."""
    found = _FENCE.match(text, pos)
    end = found.end() if found else pos
    if final or (end < len(text) if found else not "```".startswith(text[pos : pos + 3])):
        return end
    return None


def _end(pattern: re.Pattern[str], text: str, pos: int) -> int:
    found = pattern.match(text, pos)
    return found.end() if found else pos
