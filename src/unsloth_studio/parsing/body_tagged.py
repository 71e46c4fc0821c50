"""Bodies with a tag for the call and one for each argument: Qwen3-Coder, Seed, MiniMax, DeepSeek's DSML, Step, MiniCPM, and
Anthropic's own form, which many models fall into.

The rule: values are text, typed by the schema alone, and may hold any markup: a closing tag counts only if the structure
goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, cast

import orjson

from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.calls import Ended, accepted
from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.folding import same_word
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
_CLOSED = re.compile(rf"{_R}{_ARGUMENT}\s*>?\s*{_STANDS}?\s*\Z", re.IGNORECASE)
_CHILD_CLOSED = re.compile(rf"{_R}[\w.\-]+\s*>?\s*{_STANDS}?\s*\Z", re.IGNORECASE)
_GOES_ON = re.compile(
    rf"\s*(?:{_L}{_ARGUMENT}\b|{_R}(?:function|invoke|tool_call|tool\b|{_ARGUMENT}|function_calls|minimax|seed)|"
    rf"{_L}(?:tool_call|function\b|invoke\b)|\Z)",
    re.IGNORECASE,
)
_FINISH = re.compile(rf"{_R}(?:function|invoke|tool)(?![\w:\-])\s*>?", re.IGNORECASE)
_LAST = re.compile(rf"\s*{_R}(?:function|invoke)?\s*>?\s*\Z", re.IGNORECASE)
_CHILD = re.compile(rf"{_STANDS}?<([\w.\-]+)>")
_M3 = re.compile(r"\]\s*<\s*\]\s*minimax\s*\[\s*>\s*\[", re.IGNORECASE)
_ENDS_OF_CALLS = ("</function>", "</invoke>", "</|dsml|invoke>", "]<]minimax[>[</invoke>", "</steptml:invoke>")
_HEAD_LIMIT = 400
_MARKS = 4096
"""Marks inside one body, until it is given up."""
_BEGINS = 48
_MISSING = 64
"""Arguments behind one that may have lost its closing tag, as far as it is looked for."""
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
        self._inner: list[str] = []  # calls that a value speaks of, opened and not closed
        self._prefixed: bool | None = None  # whether the tags of this call bear MiniMax-M3's prefix
        self._undecided = True
        self._nameless = False
        self._json: JsonBody | None = None

    def scan(self, text: str, *, final: bool) -> Ended | None:
        if self._undecided and not self._decide(text, final=final):
            return None
        if self._nameless:
            return Ended((), self._behind)
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
        self._nameless = head is None  # prose about the tag
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

    def _surely_over(self, text: str, pos: int) -> bool:
        """The text ends with a closing mark that is whole, behind a closed argument: nothing that follows changes that."""
        mark = mark_at(text, pos)
        return (
            isinstance(mark, Mark)
            and mark.name in _ENDS_OF_CALLS
            and not self._inner
            and bool(
                (_CHILD_CLOSED if self._prefixed else _CLOSED).search(_plain(text[max(self._start, pos - 80) : pos]))
            )
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
        if self._inner:
            self._within(mark)
            return False
        closed = _CHILD_CLOSED if self._prefixed else _CLOSED
        if not self._argued or closed.search(_plain(text[max(self._start, pos - 80) : pos]).rstrip()):
            return mark.kind in ("close", "head", "open", "harmony")
        if mark.kind == "close":
            behind = text[mark.end : mark.end + _BEGINS].lstrip()
            follower = mark_at(behind, 0) if behind else None
            return not behind or (isinstance(follower, Mark) and follower.kind in ("close", "open", "drop"))
        self._within(mark)
        return False

    def _within(self, mark: Mark) -> None:
        """A call inside a value: what opens there closes there."""
        if mark.kind in ("head", "open"):
            self._inner.append("call" if mark.kind == "head" else "block")
        elif mark.kind == "close":
            kind = "call" if mark.name in _ENDS_OF_CALLS else "block"
            if kind in self._inner:
                while self._inner.pop() != kind:
                    pass

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
            key, start = _key(found), found.end()
            if not _declares(own, key) and inner[pos : found.start()].strip(f" \t\r\n{_STANDS}"):
                pos = start  # spoken of in what stands between two arguments
                continue
            if key in arguments:
                return None
            value: str | None = None
            if key not in own and "=" in key and key.split("=", 1)[0].strip() in own:
                key, value = (part.strip() for part in key.split("=", 1))  # `<parameter=command=ls</parameter>`
                repairs.append("value_in_tag")
            elif not found["end"]:
                repairs.append("tags")
            taken = {*arguments, key}
            ending = _end_of_value(inner, start, own=own, taken=taken, cut=cut, style=_style(found))
            if ending is None:
                return None
            end, pos, closed = ending
            if not closed:
                if cut:
                    return None
                repairs.append("tags")
            text = _framed(inner[start:end]) if value is None else value + inner[start:end]
            text = text.replace(_STANDS, self._prefix)
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


def _declares(own: Mapping[str, Any], key: str) -> bool:
    return not own or key in own or bool(same_word(key, own)) or key.split("=", 1)[0].strip() in own


def _key(opener: re.Match[str]) -> str:
    return opener["key"].strip().strip("\"'")


def _style(opener: re.Match[str]) -> str:
    """How a family writes an argument's tag, without its key."""
    return re.sub(r"[\s\"']", "", opener.group()[: opener.start("key") - opener.start()]).lower()


def _missing(text: str, start: int) -> set[str]:
    """The arguments opened just once from `start` on, if closing tags are missing there; none in a text of many tags."""
    opened = [_key(each) for each in islice(_PARAMETER.finditer(text, start), _MISSING + 1)]
    closed = sum(1 for _ in islice(_END.finditer(text, start), _MISSING + 1))
    if len(opened) > _MISSING or len(opened) < closed:
        return set()
    return {key for key in opened if opened.count(key) == 1}


def _split(text: str, opener: re.Match[str]) -> tuple[int, int, bool] | None:
    """The value ends at the next argument's tag; behind a blank in a line the value may as well speak of it."""
    at = opener.start()
    return None if text[at - 1] in " \t" else (at, at, False)


def _calls_inside(value: str) -> bool:
    """Whether more calls begin in a value than end there."""
    return len(_HEAD.findall(value)) > len(_FINISH.findall(value))


def _end_of_value(
    text: str, start: int, *, own: Mapping[str, Any], taken: set[str], cut: bool, style: str
) -> tuple[int, int, bool] | None:
    """Where a value ends, where to go on, and whether a tag of its own closed it; None when it runs into another call.

    An argument's tag inside belongs to the value, and needs its own closing tag, unless it begins one that is still to come:
    on a line of its own, or anywhere if it is written like the value's own (`style`) and closing tags are missing.
    """

    missing = _missing(text, start)

    def another(end: int) -> re.Match[str] | None:
        for found in _PARAMETER.finditer(text, start, end):
            key = _key(found)
            if key not in taken and _declares(own, key):
                inline = key in own and key in missing and _style(found) == style
                if inline or _breaks(text, found.start()):
                    return found
        return None

    for balanced in (True,) if cut else (True, False):
        at, inner = start, 0
        while (found := _END.search(text, at)) is not None:
            if (split := another(found.start())) is not None:
                return _split(text, split)
            inner += len(_PARAMETER.findall(text, at, found.start())) if balanced else 0
            if inner:
                inner -= 1
            elif _GOES_ON.match(text, found.end()) or _prose_between(text, found.end()):
                if not balanced and _calls_inside(text[start : found.start()]):
                    return None
                return found.start(), found.end(), True
            at = found.end()
    if (split := another(len(text))) is not None:
        return _split(text, split)
    finishes = list(_FINISH.finditer(text, start))
    end = finishes[-1].start() if finishes else len(text)
    return None if _calls_inside(text[start:end]) else (end, len(text), bool(finishes) and not cut)


def _prose_between(text: str, pos: int) -> bool:
    """Whether words and a line's end stand between this closing tag and the next argument."""
    following = _PARAMETER.search(text, pos)
    return (
        following is not None
        and _END.search(text, pos, following.start()) is None
        and "\n" in text[pos : following.start()]
    )


def _breaks(text: str, pos: int) -> bool:
    """Whether a tag at `pos` begins a line, as in a call whose closing tags are missing."""
    return pos == 0 or text[pos - 1] == "\n"


def _framed(text: str) -> str:
    """Without the one newline at each end that is framing."""
    text = text[2:] if text.startswith("\r\n") else text.removeprefix("\n")
    return text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")


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
        stands = _STANDS if prefix else ""
        closer = f"{stands}</{opened.group(1)}>"
        end = _closing(text, opened.end(), opener=f"{stands}<{opened.group(1)}>", closer=closer)
        value = None if end < 0 else _tags(text[opened.end() : end], depth + 1, prefix)
        if value is None:
            return None
        if opened.group(1) == "item":
            items.append(_scalar(value))
        else:
            members[opened.group(1)] = value if depth == 0 else _scalar(value)
        pos = end + len(closer)
        pos += len(text[pos:]) - len(text[pos:].lstrip())
    return items if items and not members else members


def _closing(text: str, pos: int, *, opener: str, closer: str) -> int:
    """Where the element that was opened before `pos` is closed, others of its name inside counted; -1 nowhere."""
    depth = 1
    for found in re.finditer(f"{re.escape(opener)}|{re.escape(closer)}", text[pos:]):
        depth += 1 if found.group() == opener else -1
        if not depth:
            return pos + found.start()
    return -1


def _scalar(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value)
    except ValueError:
        return value
