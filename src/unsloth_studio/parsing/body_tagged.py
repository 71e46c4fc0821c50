"""Bodies with a tag for the call and one for each argument: Qwen3-Coder, Seed, MiniMax, DeepSeek's DSML, Step, MiniCPM, and
Anthropic's own form, which many models fall into.

The rule: values are text, typed by the schema alone, and may hold any markup: a closing tag counts only if the structure
goes on behind it.
"""

from __future__ import annotations

import re
from typing import Any, cast

import orjson

from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.calls import Ended, accepted
from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.python_text import read_literal
from unsloth_studio.parsing.schema_fit import declared, fit_text, schema_of

_PREFIX = re.compile(
    r"\]\s*<\s*\]\s*minimax\s*\[\s*>\s*\[\s*|(?<=<)\s*[|｜]\s*DSML\s*[|｜]\s*|(?<=</)\s*[|｜]\s*DSML\s*[|｜]\s*"  # noqa: RUF001
    r"|(?<=<)steptml:|(?<=</)steptml:",
    re.IGNORECASE,
)
_STANDS = "\ue000"
"""Stands for the prefix of DSML, MiniMax-M3 or Step while a body is read."""
_L = rf"{_STANDS}?<[\s{_STANDS}]*"
_R = rf"{_STANDS}?<[\s{_STANDS}]*/[\s{_STANDS}]*"
_ARGUMENT = "(?:parameter|param|arg)"
_HEAD = re.compile(
    rf"{_L}(?P<tag>function|invoke|tool)(?:\s*=\s*|\s*_?name\s*=\s*|\s+name\s*=\s*)[\"']?(?P<name>[^\"'<>\n]*?)[\"']?"
    r"\s*(?P<end>/?>|(?=\n|<))",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    rf"{_L}{_ARGUMENT}(?:\s*=\s*|\s+name\s*=\s*|\s*_?name\s*=\s*)(?P<quote>[\"']?)(?P<key>[^<>\n]*?)(?P=quote)"
    r"(?:\s+string\s*=\s*[\"'](?P<string>true|false)[\"'])?\s*(?P<end>>|(?=<))",
    re.IGNORECASE,
)
_END = re.compile(rf"{_R}{_ARGUMENT}\b\s*(?:=[^<>\n]*)?>?", re.IGNORECASE)
_CLOSED = re.compile(rf"{_R}(?:{_ARGUMENT}|[\w.\-]+)\s*>?\s*{_STANDS}?\s*\Z", re.IGNORECASE)
_GOES_ON = re.compile(
    rf"\s*(?:{_L}{_ARGUMENT}\b|{_R}(?:function|invoke|tool_call|tool\b|{_ARGUMENT}|function_calls|minimax|seed)|"
    rf"{_L}(?:tool_call|function\b|invoke\b)|\Z)",
    re.IGNORECASE,
)
_FINISH = re.compile(rf"{_R}(?:function|invoke|tool)\s*>?", re.IGNORECASE)
_LAST = re.compile(rf"\s*{_R}(?:function|invoke)?\s*>?\s*\Z", re.IGNORECASE)
_CHILD = re.compile(rf"{_STANDS}?<([\w.\-]+)>")
_M3 = re.compile(r"\]\s*<\s*\]\s*minimax\s*\[\s*>\s*\[", re.IGNORECASE)
_HEAD_LIMIT = 400
_MARKS = 4096
"""Marks inside one body, until it is given up."""
_BEGINS = 48
_DEPTH = 16


class TaggedBody:
    """From the call's own tag, at `start`, on."""

    fenced = False

    def __init__(self, names: ToolNames, start: int, behind: int) -> None:
        """`behind` is just behind the mark at `start`."""
        self._names = names
        self._start = start
        self._at = self._behind = behind
        self._marks = 0
        self._seen = start  # up to where the text was looked through for an argument's tag
        self._argued = False
        self._prefixed: bool | None = None  # whether the tags of this call bear MiniMax-M3's prefix
        self._undecided = True
        self._json: JsonBody | None = None

    def scan(self, text: str, *, final: bool) -> Ended | None:
        if self._undecided and not self._decide(text, final=final):
            return None
        return self._json.scan(text, final=final) if self._json is not None else self._tags(text, final=final)

    def _decide(self, text: str, *, final: bool) -> bool:
        """Functionary and Llama write the arguments as one JSON object between the tags; False while that is open."""
        end = text.find(">", self._behind)
        body = re.compile(r"\s*").match(text, end + 1) if end >= 0 else None
        at = body.end() if body else len(text)
        if at >= len(text) and not final and len(text) - self._start < _HEAD_LIMIT:
            return False
        self._undecided = False
        head = _HEAD.match(_plain(text[self._start : self._start + _HEAD_LIMIT]))
        if head is not None and head["end"] == ">" and text[at : at + 1] in ("{", '"'):
            self._json = JsonBody(self._names, at, name=head["name"].strip())
        return True

    def _tags(self, text: str, *, final: bool) -> Ended | None:
        while True:
            pos = text.find("<", self._at)
            if pos < 0 or (not final and len(text) - pos < _BEGINS):
                self._at = len(text) if pos < 0 else pos
                if pos >= 0 and self._surely_over(text, pos):
                    return self._ended(text, pos)
                if pos < 0 and self._refuted(text):
                    return Ended((), len(text))
                return self._ended(text, len(text), cut=True) if final and pos < 0 else None
            prefix = _M3.match(text, pos - 1) if text.startswith("<]", pos) else None
            pos = pos - 1 if prefix else pos  # the prefix of MiniMax-M3 begins one letter before its first `<`
            mark = mark_at(text, pos)
            if mark == MAYBE and not final:
                self._at = pos + 1 if prefix else pos
                return None
            if isinstance(mark, Mark) and pos > self._start:
                self._marks += 1
                if self._marks > _MARKS:
                    return Ended((), pos)
                if self._counts(text, pos, mark):
                    return self._ended(text, pos)
            self._at = prefix.end() + 1 if prefix else pos + 1

    def _refuted(self, text: str) -> bool:
        """No name in the first line: it is prose about the tag."""
        head = text[self._start : self._start + 400]
        return len(head) >= 300 and _HEAD.match(_PREFIX.sub("", head)) is None

    def _surely_over(self, text: str, pos: int) -> bool:
        """The text ends with a closing mark that is whole, behind a closed argument: nothing that follows changes that."""
        mark = mark_at(text, pos)
        return (
            isinstance(mark, Mark)
            and mark.name
            in ("</function>", "</invoke>", "</|dsml|invoke>", "]<]minimax[>[</invoke>", "</steptml:invoke>")
            and bool(_CLOSED.search(_plain(text[max(self._start, pos - 80) : pos])))
            and (mark.name != "</function>" or bool(_PARAMETER.search(_plain(text[self._start : pos]))))
        )

    def _counts(self, text: str, pos: int, mark: Mark) -> bool:
        """Whether a mark inside the body ends it, rather than standing in a value."""
        if self._prefixed is None:
            self._prefixed = _M3.match(text, self._start) is not None
        if self._prefixed and not mark.name.startswith("]"):
            return False
        if mark.name in ("</parameter>", "</arg_value>", "</arguments>") or mark.kind in ("think", "unthink", "drop"):
            return False
        between = _plain(text[self._seen : pos])
        self._argued = self._argued or _PARAMETER.search(between) is not None
        self._seen = pos
        if not self._argued or _CLOSED.search(_plain(text[max(self._start, pos - 80) : pos]).rstrip()):
            return mark.kind in ("close", "head", "open", "harmony")
        if mark.kind == "close":
            behind = text[mark.end : mark.end + _BEGINS].lstrip()
            follower = mark_at(behind, 0) if behind else None
            return not behind or (isinstance(follower, Mark) and follower.kind in ("close", "open", "drop"))
        return False

    def _ended(self, text: str, end: int, *, cut: bool = False) -> Ended:
        source = _plain(text[self._start : end])
        head = _HEAD.match(source)
        resolved = self._names.resolve(head["name"].strip()) if head else None
        if head is None or resolved is None:
            return Ended((), end)
        folded = ("folded_name",) if resolved.repaired else ()
        inner = source[head.end() :]
        prefix = _PREFIX.search(text, self._start, end)
        self._prefix = prefix.group() if prefix else ""
        found = self._arguments(resolved.name, inner, cut=cut)
        if found is None:
            return Ended((), end)
        arguments, repairs = found
        raw = RawCall(resolved.name, arguments, (*repairs, *folded))
        return Ended(accepted([raw], self._names, text[self._start : end]), end)

    def _arguments(self, name: str, inner: str, *, cut: bool) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        schema = self._names.schema(name)
        own = declared(schema)
        found = _PARAMETER.search(inner)
        if found is None:
            return self._children(inner, schema, own, cut=cut)
        arguments: dict[str, Any] = {}
        repairs: list[str] = []
        pos = 0
        while (found := _PARAMETER.search(inner, pos)) is not None:
            key, start = found["key"].strip().strip("\"'"), found.end()
            value: str | None = None
            if key not in own and "=" in key and key.split("=", 1)[0].strip() in own:
                key, value = (part.strip() for part in key.split("=", 1))  # `<parameter=command=ls</parameter>`
                repairs.append("value_in_tag")
            elif not found["end"]:
                repairs.append("tags")
            end, pos, closed = _end_of_value(inner, start)
            if not closed:
                if cut:
                    return None
                repairs.append("tags")
            text = _framed(inner[start:end]) if value is None else value + inner[start:end]
            text = text.replace(_STANDS, self._prefix)
            if key in arguments:
                repairs.append("repeated_key")
            arguments[key] = _typed(text, found["string"], schema, key)
        return arguments, tuple(dict.fromkeys(repairs))

    def _children(
        self, inner: str, schema: Any, own: dict[str, Any], *, cut: bool
    ) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        """MiniMax-M3 names a tag after each argument; a call without arguments has none."""
        rest = _LAST.sub("", inner).strip().strip(_STANDS)
        if not rest:
            return {}, ()
        first = _CHILD.match(rest)
        if first is None or first.group(1) not in own or cut:
            return None
        found = _tags(rest, 0, self._prefix)
        if not isinstance(found, dict):
            return None
        named = cast("dict[str, Any]", found)
        typed: dict[str, Any] = {
            key: fit_text(value, schema_of(schema, key), schema) if isinstance(value, str) else value
            for key, value in named.items()
        }
        return typed, ()


def _plain(text: str) -> str:
    """The same tags with one letter for the prefixes of DSML, MiniMax-M3 and Step."""
    return _PREFIX.sub(_STANDS, text)


def _end_of_value(text: str, start: int) -> tuple[int, int, bool]:
    """Where a value ends, where to go on, and whether a tag of its own closed it."""
    at = start
    while (found := _END.search(text, at)) is not None:
        if _GOES_ON.match(text, found.end()):
            another = _PARAMETER.search(text, start, found.start())
            if another is not None and _breaks(text, another.start()):
                return another.start(), another.start(), False
            return found.start(), found.end(), True
        junk = _PARAMETER.search(text, found.end())
        if (
            junk is not None
            and _END.search(text, found.end(), junk.start()) is None
            and "\n" in text[found.end() : junk.start()]
        ):
            return found.start(), junk.start(), True  # prose between two arguments
        at = found.end()
    another = _PARAMETER.search(text, start)
    if another is not None and _breaks(text, another.start()):
        return another.start(), another.start(), False
    finishes = list(_FINISH.finditer(text, start))
    return (finishes[-1].start() if finishes else len(text)), len(text), bool(finishes)


def _breaks(text: str, pos: int) -> bool:
    """Whether a tag at `pos` begins a line, as in a call whose closing tags are missing."""
    return pos == 0 or text[pos - 1] == "\n"


def _framed(text: str) -> str:
    """Without the one newline at each end that is framing."""
    text = text[1:] if text.startswith("\n") else text[2:] if text.startswith("\r\n") else text
    return text[:-1] if text.endswith("\n") else text


def _typed(text: str, string: str | None, schema: Any, key: str) -> Any:
    if string and string.lower() == "true":
        return text
    if string and string.lower() == "false":
        found = readings(text.strip())
        if len(found) == 1 and not found[0].repairs:
            return found[0].value
        literal = read_literal(text.strip())
        return text if literal is None else literal.value
    return fit_text(text, schema_of(schema, key), schema)


def _tags(text: str, depth: int, prefix: str) -> Any:
    """Nested tags as objects, `<item>` as lists; text stays text, None where tags do not match."""
    if depth > _DEPTH:
        return None
    text = text.strip() if _CHILD.match(text.strip()) else text
    if not _CHILD.match(text):
        return text.removesuffix(_STANDS).replace(_STANDS, prefix)
    members: dict[str, Any] = {}
    items: list[Any] = []
    pos = 0
    while pos < len(text):
        opened = _CHILD.match(text, pos)
        if opened is None:
            if text[pos:].strip(f" \t\r\n{_STANDS}"):
                return None
            break
        closer = f"{_STANDS}</{opened.group(1)}>" if prefix else f"</{opened.group(1)}>"
        end = text.find(closer, opened.end())
        if end < 0:
            return None
        value = _tags(text[opened.end() : end], depth + 1, prefix)
        if opened.group(1) == "item":
            items.append(_scalar(value))
        else:
            members[opened.group(1)] = value if depth == 0 else _scalar(value)
        pos = end + len(closer)
        pos += len(text[pos:]) - len(text[pos:].lstrip())
    return items if items and not members else members


def _scalar(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value
