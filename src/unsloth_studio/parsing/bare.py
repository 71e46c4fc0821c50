"""Calls without any mark: the whole output is JSON, a list of calls, or one fence around a call.

The rule: looked for at the first letter of the output only, and given up as soon as a key or a name shows that it is an
answer; what is refuted was never held longer than that.
"""

from __future__ import annotations

import re
from enum import Enum

from msgspec import Struct

from unsloth_studio.parsing.bodies import Body, begin
from unsloth_studio.parsing.body_gemma import GemmaBody
from unsloth_studio.parsing.body_glm import GlmBody
from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.body_python import PythonBody
from unsloth_studio.parsing.envelope import ARGUMENT_KEYS, ID_KEYS, LIST_KEYS, NAME_KEYS
from unsloth_studio.parsing.harmony import may_be_stripped, stripped
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.patterns import pattern

_ENVELOPE = frozenset({*NAME_KEYS, *ARGUMENT_KEYS, *ID_KEYS, *LIST_KEYS, "type", "index", "toolInput", "actionInput"})
_NAMES = frozenset(NAME_KEYS) - {"function"}
_OPEN = r"\s*(?:[\"'\u201c\u201d]|&quot;)?"
_KEY = pattern(
    rf"\{{{_OPEN}(?P<key>[\w.\-]+)(?:[\"'\u201c\u201d]|&quot;)?\s*[:\uff1a]\s*(?P<value>[\"'][^\"'\n]*[\"'])?"
)
_KEY_BEGIN = pattern(rf"\{{{_OPEN}[\w.\-]*(?:[\"'\u201c\u201d]|&quot;)?\s*\Z|\{{\s*&?[a-z]*;?\Z")
_TOOLS = pattern(r"<tools>\s*", re.IGNORECASE)
_BRACKET = pattern(r"\[\s*")
_WORD = pattern(r"[\w.\-:]+")
_FENCE = pattern(r"(?P<run>`{3,}|~{3,})[ \t]*(?P<info>[\w+-]*)[ \t]*\n\s*")
_FENCE_BEGIN = pattern(r"(?:`{1,3}|~{1,3})[ \t]*[\w+-]{0,16}[ \t]*\n?\s*\Z")
_INFO = frozenset(
    {"", "json", "jsonc", "json5", "tool_call", "tool_calls", "tool", "xml", "tool_code", "python", "text"}
)
_PREFIXES = (
    "call:",
    "functions.",
    "functions:",
    "functions/",
    "functions_",
    "function.",
    "tool.",
    "tools.",
    "default_api.",
)
_NAME_LIMIT = 128
_ARGS = pattern(r"\[ARGS\]|\[CALL_ID\]\s*[\w-]*\s*\[ARGS\]", re.IGNORECASE)
_ARGS_LIMIT = 28
_ARG_KEY = "<arg_key>"


class Guess(Enum):
    BODY = "body"
    WAIT = "wait"
    TEXT = "text"


class Bare(Struct, frozen=True):
    guess: Guess
    body: Body | None = None


_WAIT = Bare(Guess.WAIT)
_TEXT = Bare(Guess.TEXT)


def guess(text: str, pos: int, names: ToolNames, *, final: bool) -> Bare:
    """What the output that begins at `pos` may be."""
    letter = text[pos]
    if letter == "{":
        return _object(text, pos, names, final=final)
    if letter == "[":
        return _list(text, pos, names, final=final)
    if letter in "`~":
        return _fence(text, pos, names, final=final)
    if letter == '"' and text[pos + 1 : pos + 2] in ("{", "["):
        return Bare(Guess.BODY, JsonBody(names, pos, marked=False))
    if letter == "<" and (tools := _TOOLS.match(text, pos)) is not None:
        if tools.end() >= len(text) or text[tools.end()] != "{":
            return _WAIT if tools.end() >= len(text) and not final else _TEXT
        return _object(text, tools.end(), names, final=final)
    if letter == "<" and not final and "<tools>".startswith(text[pos:]):
        return _WAIT
    if letter == ":" and text[pos + 1 :].lstrip()[:1] in ("{", ""):
        return _TEXT
    return _word(text, pos, names, final=final)


def _object(text: str, pos: int, names: ToolNames, *, final: bool, fenced: bool = False) -> Bare:
    found = _KEY.match(text, pos)
    if found is None:
        if not final and _KEY_BEGIN.match(text, pos):
            return _WAIT
        if not text[pos : pos + 80].lstrip("{[ \n\t").startswith(("\\", "/", "#", "&")):
            return _TEXT
    elif found["key"] not in _ENVELOPE:
        if names.resolve(found["key"]) is None:
            return _TEXT
    elif found["key"] in _NAMES and found["value"] and names.resolve(found["value"][1:-1]) is None:
        return _TEXT
    return Bare(Guess.BODY, JsonBody(names, pos, fenced=fenced, marked=False))


def _list(text: str, pos: int, names: ToolNames, *, final: bool, fenced: bool = False) -> Bare:
    mark = mark_at(text, pos)
    if mark == MAYBE and not final:
        return _WAIT
    if isinstance(mark, Mark):
        return _TEXT
    rest = _BRACKET.match(text, pos)
    assert rest
    after = rest.end()
    if after >= len(text):
        return _TEXT if final else _WAIT
    if text[after] == "{":
        found = _object(text, after, names, final=final, fenced=fenced)
        return found if found.body is None else Bare(Guess.BODY, JsonBody(names, pos, fenced=fenced, marked=False))
    word = _WORD.match(text, after)
    if word is None:
        return _TEXT
    if word.end() >= len(text) and not final:
        return _WAIT if _begins_a_name(word.group(), names) else _TEXT
    if text[word.end() : word.end() + 1] != "(" or names.resolve(word.group()) is None:
        return _TEXT
    return Bare(Guess.BODY, PythonBody(names, pos, fenced=fenced, marked=False))


def _fence(text: str, pos: int, names: ToolNames, *, final: bool) -> Bare:
    found = _FENCE.match(text, pos)
    if found is None or found.end() >= len(text):
        return _WAIT if not final and _FENCE_BEGIN.match(text, pos) else _TEXT
    if found["info"].lower() not in _INFO:
        return _TEXT
    start = found.end()
    if text[start] == "{":
        return _object(text, start, names, final=final, fenced=True)
    if text[start] == "[":
        return _list(text, start, names, final=final, fenced=True)
    if text[start] == "<":
        mark = mark_at(text, start)
        if mark == MAYBE and not final:
            return _WAIT
        if isinstance(mark, Mark) and mark.kind in ("open", "head"):
            behind = mark.end if mark.kind == "open" else start
            begun = begin(text, behind, names, opener=mark.name, final=final)
            return _WAIT if begun.wait and not final else _TEXT if begun.body is None else Bare(Guess.BODY, begun.body)
        return _TEXT
    if found["info"].lower() != "tool_code":
        return _TEXT
    return Bare(Guess.BODY, PythonBody(names, start, fenced=True))


def _word(text: str, pos: int, names: ToolNames, *, final: bool) -> Bare:
    if (found := stripped(text, pos)) is not None:
        if names.resolve(found.recipient) is None:
            return _TEXT
        return Bare(Guess.BODY, JsonBody(names, found.end, name=found.recipient))
    if not final and may_be_stripped(text, pos):
        return _WAIT
    word = _WORD.match(text, pos)
    if word is None:
        return _TEXT
    said, after = word.group(), text[word.end() : word.end() + 1]
    if not _always_begins_a_name(said, names):
        return _TEXT
    if not after:
        return _TEXT if final else _WAIT
    if said.startswith("call:") and after in "{(":
        return Bare(Guess.BODY, GemmaBody(names, pos))
    if names.resolve(said) is None:
        return _TEXT
    if after == "{" and said in names:
        return Bare(Guess.BODY, JsonBody(names, word.end(), name=said, marked=False))
    if after in "<\n" and said in names:
        return _with_tags(text, pos, word.end(), names, final=final)
    if after == "[":
        return _with_args(text, pos, word.end(), names, final=final)
    return _TEXT


def _with_args(text: str, pos: int, end: int, names: ToolNames, *, final: bool) -> Bare:
    """Mistral's form without its first mark: the name that ends at `end`, and `[ARGS]` close behind it."""
    begun = begin(text, pos, names, opener="", final=final)
    arguments = _ARGS.match(text, end)
    if arguments and arguments.end() - end < _ARGS_LIMIT and begun.body is not None:
        return Bare(Guess.BODY, begun.body)
    return _WAIT if not final and len(text) - end < _ARGS_LIMIT and (begun.wait or not arguments) else _TEXT


def _with_tags(text: str, pos: int, end: int, names: ToolNames, *, final: bool) -> Bare:
    """GLM's form without its first mark: the name that ends at `end`, and a tag of an argument close behind it."""
    rest = text[end : end + len(_ARG_KEY) + 1].removeprefix("\n")
    if rest.startswith(_ARG_KEY):
        return Bare(Guess.BODY, GlmBody(names, pos))
    return _WAIT if not final and _ARG_KEY.startswith(rest) else _TEXT


def _always_begins_a_name(word: str, names: ToolNames) -> bool:
    """Whether no cut through `word` would have been taken for text."""
    return len(word) <= _NAME_LIMIT and all(_begins_a_name(word[:end], names) for end in range(1, len(word) + 1))


def _begins_a_name(word: str, names: ToolNames) -> bool:
    lower = word.lower()
    return names.may_begin(lower) or any(each.startswith(lower) or lower.startswith(each) for each in _PREFIXES)
