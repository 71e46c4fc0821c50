"""Bodies with a tag for the call and one for each argument: Qwen3-Coder, Seed, MiniMax, DeepSeek's DSML, Step, MiniCPM, and
Anthropic's own form, which many models fall into.

The rule: values are text, typed by the schema alone, and may hold any markup: a closing tag counts only if the structure
goes on behind it.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from unsloth_studio.parsing.calls import Ended, accepted
from unsloth_studio.parsing.envelope import RawCall, calls_of
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.python_text import read_literal
from unsloth_studio.parsing.schema_fit import declared, fit_text, schema_of

_PREFIX = re.compile(r"\]\s*<\s*\]\s*minimax\s*\[\s*>\s*\[\s*|(?<=<)\s*[|｜]\s*DSML\s*[|｜]\s*|(?<=</)\s*[|｜]\s*DSML\s*[|｜]\s*"  # noqa: RUF001
                     r"|(?<=<)steptml:|(?<=</)steptml:", re.IGNORECASE)  # fmt: skip
_HEAD = re.compile(
    r"<\s*(?P<tag>function|invoke|tool)(?:\s*=\s*|\s*_?name\s*=\s*|\s+name\s*=\s*)[\"']?(?P<name>[^\"'<>\n]*?)[\"']?\s*(?P<end>/?>|(?=\n|<))",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"<\s*(?:parameter|param|arg)(?:\s*=\s*|\s+name\s*=\s*|\s*_?name\s*=\s*)(?P<quote>[\"']?)(?P<key>[^<>\n]*?)(?P=quote)"
    r"(?:\s+string\s*=\s*[\"'](?P<string>true|false)[\"'])?\s*(?P<end>>|(?=<))",
    re.IGNORECASE,
)
_END = re.compile(r"<\s*/\s*(?:parameter|param|arg)\b\s*(?:=[^<>\n]*)?>?", re.IGNORECASE)
_CLOSED = re.compile(r"<\s*/\s*(?:parameter|param|arg)\s*>?\s*\Z", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\s*(?:<\s*(?:parameter|param|arg)\b|<\s*/\s*(?:function|invoke|tool_call|tool\b|parameter|function_calls|minimax|seed)|"
    r"<\s*/?\s*(?:tool_call|function\b|invoke\b)|\Z)",
    re.IGNORECASE,
)
_FINISH = re.compile(r"<\s*/\s*(?:function|invoke|tool)\s*>?", re.IGNORECASE)
_CHILD = re.compile(r"<([\w.\-]+)>")
_BEGINS = 48
_DEPTH = 16


class TaggedBody:
    """From the call's own tag, at `start`, on."""

    def __init__(self, names: ToolNames, start: int) -> None:
        self._names = names
        self._start = start
        self._at = start + 1

    def scan(self, text: str, *, final: bool) -> Ended | None:
        while True:
            pos = text.find("<", self._at)
            if pos < 0 or (not final and len(text) - pos < _BEGINS):
                self._at = len(text) if pos < 0 else pos
                if pos >= 0 and self._surely_over(text, pos):
                    return self._ended(text, pos)
                if pos < 0 and self._refuted(text):
                    return Ended((), len(text))
                return self._ended(text, len(text), cut=True) if final and pos < 0 else None
            if text.startswith("<]", pos):
                pos = max(self._start, pos - 1)  # the prefix of MiniMax-M3 begins one letter earlier
            mark = mark_at(text, pos)
            if mark == MAYBE and not final:
                self._at = max(pos, self._at)
                return None
            if isinstance(mark, Mark) and pos > self._start and self._counts(text, pos, mark):
                return self._ended(text, pos)
            self._at = max(self._at, pos) + 1 if not text.startswith("<]", pos + 1) else pos + 2

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
        )

    def _counts(self, text: str, pos: int, mark: Mark) -> bool:
        """Whether a mark inside the body ends it, rather than standing in a value."""
        if mark.name in ("</parameter>", "</arg_value>", "</arguments>") or mark.kind in ("think", "unthink", "drop"):
            return False
        before = _plain(text[self._start : pos]).rstrip()
        if _CLOSED.search(before) or not _PARAMETER.search(before):
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
        if (raw := self._json(resolved.name, inner, cut=cut)) is not None:
            calls = [RawCall(raw.name, raw.arguments, (*raw.repairs, *folded))]
            return Ended(accepted(calls, self._names, inner.strip()), end)
        found = self._arguments(resolved.name, inner, cut=cut)
        if found is None:
            return Ended((), end)
        arguments, repairs = found
        raw = RawCall(resolved.name, arguments, (*repairs, *folded))
        return Ended(accepted([raw], self._names, text[self._start : end]), end)

    def _json(self, name: str, inner: str, *, cut: bool) -> RawCall | None:
        """Functionary and Llama write the arguments as one JSON object between the tags."""
        body = re.sub(r"\s*<\s*/\s*(?:function|invoke)?\s*>?\s*\Z", "", inner).strip()
        if not body.startswith("{"):
            return None
        found = readings(body, cut=cut)
        if len(found) != 1:
            return None
        calls = calls_of({"name": name, "arguments": found[0].value}, self._names, marked=True)
        return RawCall(name, calls[0].arguments, (*found[0].repairs, *calls[0].repairs)) if calls else None

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
            if key in arguments:
                repairs.append("repeated_key")
            arguments[key] = _typed(text, found["string"], schema, key)
        return arguments, tuple(dict.fromkeys(repairs))

    def _children(
        self, inner: str, schema: Any, own: dict[str, Any], *, cut: bool
    ) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        """MiniMax-M3 names a tag after each argument; a call without arguments has none."""
        rest = re.sub(r"<\s*/\s*(?:function|invoke)?\s*>?\s*\Z", "", inner).strip()
        if not rest:
            return {}, ()
        first = _CHILD.match(rest)
        if first is None or first.group(1) not in own or cut:
            return None
        found = _tags(rest, 0)
        if found is None or not isinstance(found, dict):
            return None
        typed = {
            key: fit_text(value, schema_of(schema, key), schema) if isinstance(value, str) else value
            for key, value in found.items()
        }
        return typed, ()


def _plain(text: str) -> str:
    """The same tags without the prefixes of DSML, MiniMax-M3 and Step."""
    return _PREFIX.sub("", text)


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
    last = None
    for last in _FINISH.finditer(text, start):
        pass
    end = last.start() if last else len(text)
    return end, len(text), last is not None


def _breaks(text: str, pos: int) -> bool:
    """Whether a tag at `pos` begins a line or directly follows the value before it, as in a call whose closers are missing."""
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


def _tags(text: str, depth: int) -> Any:
    """Nested tags as objects, `<item>` as lists; text stays text, None where tags do not match."""
    if depth > _DEPTH:
        return None
    text = text.strip() if _CHILD.match(text.strip()) else text
    if not _CHILD.match(text):
        return text
    members: dict[str, Any] = {}
    items: list[Any] = []
    pos = 0
    while pos < len(text):
        opened = _CHILD.match(text, pos)
        if opened is None:
            if text[pos:].strip():
                return None
            break
        closer = f"</{opened.group(1)}>"
        end = text.find(closer, opened.end())
        if end < 0:
            return None
        value = _tags(text[opened.end() : end], depth + 1)
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
