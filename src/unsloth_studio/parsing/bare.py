"""Calls without any mark: the whole output is JSON, a list of calls, or one fence around a call.

The rule: looked for at the first letter of the output only, and given up as soon as a key or a name shows that it is an
answer; what is refuted was never held longer than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from unsloth_studio.parsing.bodies import Body, begin
from unsloth_studio.parsing.body_gemma import GemmaBody
from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.body_python import PythonBody
from unsloth_studio.parsing.harmony import may_be_stripped, stripped
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames

_ENVELOPE = frozenset(
    ["name", "tool_name", "tool", "function_name", "function", "action", "recipient_name", "toolName", "functionName", "arguments", "parameters", "args", "input", "params", "action_input", "tool_input", "kwargs", "function_arguments", "tool_arguments", "id", "call_id", "tool_call_id", "tool_use_id", "type", "index", "tool_calls", "function_call", "tool_call", "calls", "function_calls", "toolInput", "actionInput"]
)
_NAMES = frozenset(["name", "tool_name", "tool", "function_name", "action", "toolName", "functionName", "recipient_name"])
_OPEN = r"\s*(?:[\"'\u201c\u201d]|&quot;)?"
_KEY = re.compile(rf"\{{{_OPEN}(?P<key>[\w.\-]+)(?:[\"'\u201c\u201d]|&quot;)?\s*:\s*(?P<value>[\"'][^\"'\n]*[\"'])?")
_KEY_BEGIN = re.compile(rf"\{{{_OPEN}[\w.\-]*(?:[\"'\u201c\u201d]|&quot;)?\s*\Z|\{{\s*&?[a-z]*;?\Z")
_WORD = re.compile(r"[\w.\-:]+")
_FENCE = re.compile(r"(?P<run>`{3,}|~{3,})[ \t]*(?P<info>[\w+-]*)[ \t]*\n\s*")
_FENCE_BEGIN = re.compile(r"(?:`{1,3}|~{1,3})[ \t]*[\w+-]{0,16}[ \t]*\n?\s*\Z")
_INFO = frozenset(
    {"", "json", "jsonc", "json5", "tool_call", "tool_calls", "tool", "xml", "tool_code", "python", "text"}
)
_FIRST_WORDS = ("call:", "commentary", "assistant", "analysis", "functions.", "to=functions.")


class Guess(Enum):
    BODY = "body"
    WAIT = "wait"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Bare:
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
    rest = re.compile(r"\[\s*").match(text, pos)
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
    word = _WORD.match(text, pos)
    if word is None:
        return _TEXT
    said, after = word.group(), text[word.end() : word.end() + 1]
    if not final and may_be_stripped(text, pos) and said.lower() in ("assistant", "commentary", "analysis", "to"):
        return _WAIT
    if not after:
        return _WAIT if not final and _begins_a_name(said, names) else _TEXT
    if said.startswith("call:") and after in "{(":
        return Bare(Guess.BODY, GemmaBody(names, pos))
    if names.resolve(said) is None:
        return _TEXT
    if after == "{" and said in names:
        return Bare(Guess.BODY, JsonBody(names, word.end(), name=said, marked=False))
    if after == "[":
        begun = begin(text, pos, names, opener="", final=final)
        arguments = re.compile(r"\[(?:ARGS|CALL_ID)\]", re.IGNORECASE).match(text, word.end())
        if arguments and begun.body is not None:
            return Bare(Guess.BODY, begun.body)
        return _WAIT if not final and len(text) - word.end() < 40 and (begun.wait or not arguments) else _TEXT
    return _TEXT


def _begins_a_name(word: str, names: ToolNames) -> bool:
    lower = word.lower()
    return (
        any(each.startswith(lower) for each in _FIRST_WORDS)
        or any(name.lower().startswith(lower) for name in names)
        or (lower.startswith(("call:", "functions.")) and len(lower) < 80)
    )
