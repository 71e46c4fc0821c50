"""Bodies of Gemma 4 and FunctionGemma: `call:name{key:<|"|>text<|"|>,number:3}`, keys bare, strings between marks of their
own and never escaped.

The rule: a string's mark closes it only where the structure goes on behind it (`,`, a bracket, the end); one that nothing
opened ends a text that began bare.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unsloth_studio.parsing.body_python import PythonBody
from unsloth_studio.parsing.calls import Ended, accepted
from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.folding import same_word
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.python_text import read_literal
from unsloth_studio.parsing.schema_fit import declared
from unsloth_studio.patterns import pattern

_HEAD = pattern(r"\s*(?:call)?\s*:?\s*([\w.\-]+(?::[\w.\-]+)*)?\s*([{(])")
_KEYED = pattern(r"\s{0,4}[\w\-]{1,48}\s{0,4}(?::|=\s{0,4}(?:<\|\"\|>|<escape>))")
_MARKS = ('<|"|>', "<escape>", "</escape>", '"')
_NEXT = pattern(r'<\|"\|>|</?escape>|["{}()\[\]<]')
_GOES_ON = pattern(r"\s*(?:[,})\]:]|<(?:tool_call\||end_function_call)|\Z)")
_DEPTH = 32
_NEAR = 64
"""Blanks that may stand before a text's delimiter."""
_UP_TO_COMMA = pattern(r"[^,{}\[\]]*")
_BARE_KEY = pattern(r",\s*(?:<\|\"\|>|[\"'])?(?P<key>[\w.\-]+)(?:<\|\"\|>|[\"'])?\s*:")
_BARE_NAMED = pattern(r",\s*(?P<key>[\w\-]+)\s*[:=]")
_KEY = pattern(r"\s*(?:<\|\"\|>|[\"'])?([^:,{}\[\]<\"']+?)(?:<\|\"\|>|[\"'])?\s*:")
_NAMED = pattern(r"\s*([\w\-]+)\s*[:=]")
"""A key between parentheses, as in a Python call."""
_STOP = pattern(r",\s*[\w\"-]+\s*:|[{}\[\]]")
"""What may end a bare value."""
_CALL = pattern(r"<(?:\|tool_call|start_function_call)>\s*call:")
_CALL_END = pattern(r"<(?:tool_call\||end_function_call)>")
"""A call that begins inside and does not end there: one of its strings was taken for the end of the value around it."""
_LITERAL = pattern(r"\s*(?:[+-]?\d+(?:\.\d+)?|true|false|null|True|False|None)\s*")


class GemmaBody:
    fenced = False

    def __init__(self, names: ToolNames, start: int) -> None:
        self._names = names
        self._start = start
        self._at = -1
        self._name: str | None = None
        self._depth = 0
        self._quote = ""
        self._round = False  # parentheses stand for the braces
        self._python: PythonBody | None = None

    def scan(self, text: str, *, final: bool) -> Ended | None:
        if self._python is not None:
            return self._python.scan(text, final=final)
        if self._at < 0:
            head = _HEAD.match(text, self._start)
            if head is None:
                return Ended((), self._start) if final or len(text) - self._start > 300 else None
            if not final and len(text) - head.end() < 80 and head.group(2) == "(" and ")" not in text[head.end() :]:
                return None
            if head.group(2) == "(" and head.group(1) is None:
                return Ended((), head.end())
            if head.group(2) == "(" and not _KEYED.match(text, head.end()):
                self._python = PythonBody(self._names, head.start(1))
                return self._python.scan(text, final=final)
            self._name, self._at, self._round = head.group(1), head.end() - 1, head.group(2) == "("
        return self._inside(text, final=final)

    def _inside(self, text: str, *, final: bool) -> Ended | None:
        while True:
            found = _NEXT.search(text, self._at)
            if found is None or (not final and found.end() + 24 > len(text) and found.group() in ("<", *_MARKS)):
                self._at = found.start() if found else max(self._at, len(text) - 8)
                return self._ended(text, len(text), cut=True) if final and found is None else None
            letters, pos = found.group(), found.start()
            if letters == "<":
                mark = mark_at(text, pos)
                if mark == MAYBE and not final:
                    self._at = pos
                    return None
                if isinstance(mark, Mark) and not self._quote:
                    return self._ended(text, pos)
            elif letters in _MARKS:
                self._toggle(text, pos, letters)
            elif not self._quote:
                if letters not in "()" or self._round:
                    self._depth += 1 if letters in "{[(" else -1
                if self._depth <= 0:
                    return self._ended(text, found.end())
            self._at = found.end()

    def _toggle(self, text: str, pos: int, letters: str) -> None:
        closer = letters.replace("</", "<")
        if self._quote:
            if closer == self._quote and _GOES_ON.match(text, pos + len(letters)):
                self._quote = ""
        elif text[max(self._start, pos - _NEAR) : pos].rstrip()[-1:] in tuple("{[(,:=" if self._round else "{[(,:"):
            self._quote = closer

    def _ended(self, text: str, end: int, *, cut: bool = False) -> Ended:
        source = text[self._start : end].strip()
        resolved = self._names.resolve(self._name or "")
        brace = text.index("(" if self._round else "{", self._start)
        inside = text[brace:end]
        known = declared(self._names.schema(resolved.name)) if resolved else {}
        inside = "{" + inside[1:].rstrip().removesuffix(")") + "}" if self._round else inside
        reader = _Reader(inside, known, round_=self._round)
        try:
            arguments = reader.object(0)
        except (ValueError, IndexError):
            return Ended((), end)
        if (
            resolved is None
            or (cut and not reader.closed)
            or len(_CALL.findall(source)) > len(_CALL_END.findall(source))
        ):
            return Ended((), end)
        folded = ("folded_name",) if resolved.repaired else ()
        if self._round:
            reader.repairs.append("parentheses")
        raw = RawCall(resolved.name, arguments, (*dict.fromkeys(reader.repairs), *folded))
        return Ended(accepted([raw], self._names, source), end)


class _Reader:
    """Reads one object; `ValueError` where it is none. `closed`: its last value visibly ended."""

    def __init__(self, text: str, known: Mapping[str, Any], *, round_: bool) -> None:
        self._text = text
        self._round = round_  # arguments between parentheses
        self._known = known  # the keys that the tool declares
        self._pos = 0
        self._stop = -1  # the next place where a bare value may end, if it is not behind
        self.repairs: list[str] = []
        self.closed = True

    def object(self, depth: int) -> dict[str, Any]:
        self._depth(depth)
        self._pos += 1
        members: dict[str, Any] = {}
        while not self._over("}"):
            named = _NAMED.match(self._text, self._pos) if self._round and not depth else None
            key = named or _KEY.match(self._text, self._pos)
            if key is None:
                raise ValueError
            self._pos = key.end()
            members[key.group(1).strip()] = self._value(depth)
            self._comma()
        return members

    def _array(self, depth: int) -> list[Any]:
        self._depth(depth)
        self._pos += 1
        items: list[Any] = []
        while not self._over("]"):
            items.append(self._value(depth))
            self._comma()
        return items

    def _depth(self, depth: int) -> None:
        if depth > _DEPTH:
            raise ValueError

    def _over(self, closer: str) -> bool:
        self._blank()
        if self._pos >= len(self._text):
            self.repairs.append("closed_brackets")
            return True
        if self._text[self._pos] in "}]":
            if self._text[self._pos] == closer:
                self._pos += 1
            else:
                self.repairs.append("closed_brackets")
            return True
        return False

    def _comma(self) -> None:
        self._blank()
        if self._text[self._pos : self._pos + 1] == ",":
            self._pos += 1

    def _blank(self) -> None:
        while self._pos < len(self._text) and self._text[self._pos].isspace():
            self._pos += 1

    def _value(self, depth: int) -> Any:
        self._blank()
        letter = self._text[self._pos : self._pos + 1]
        if letter == "{":
            return self.object(depth + 1)
        if letter == "[":
            return self._array(depth + 1)
        for mark in _MARKS:
            if self._text.startswith(mark, self._pos):
                return self._string(mark)
        return self._bare(depth)

    def _string(self, mark: str) -> str:
        start = end = self._pos + len(mark)
        closer = "<escape>" if mark == "</escape>" else mark
        while (end := self._text.find(closer, end)) >= 0:
            if _GOES_ON.match(self._text, end + len(closer)):
                self._pos = end + len(closer)
                return self._plain(self._text[start:end], mark)
            end += len(closer)
        self.closed = False
        self._pos = len(self._text)
        return self._text[start:]

    def _plain(self, text: str, mark: str) -> str:
        if mark != '"':
            return text
        self.repairs.append("plain_quotes")
        return text.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")

    def _bare(self, depth: int) -> Any:
        if self._stop < self._pos:
            stop = _STOP.search(self._text, self._pos)
            self._stop = stop.start() if stop else len(self._text)
        for mark in _MARKS[:2]:
            end = self._text.find(mark, self._pos, self._stop)
            if end >= 0 and _GOES_ON.match(self._text, end + len(mark)):
                text, self._pos = self._text[self._pos : end], end + len(mark)
                self.repairs.append("string_opened")
                return text
        found = _UP_TO_COMMA.match(self._text, self._pos)
        assert found
        self._pos = found.end()
        if depth == 0 and self._known and not _LITERAL.fullmatch(found.group()):
            self._pos = self._end_of_text(found.end())
        self.closed = self._pos < len(self._text)
        word = self._text[found.start() : self._pos].strip()
        if not word:
            raise ValueError
        literal = read_literal(word)
        return word if literal is None else literal.value

    def _end_of_text(self, pos: int) -> int:
        """A text's comma ends it only before a declared key; `ValueError` before another key, which may belong to it."""
        while self._text[pos : pos + 1] == ",":
            key = (_BARE_NAMED if self._round else _BARE_KEY).match(self._text, pos)
            if key is not None:
                if same_word(key["key"], self._known):
                    return pos
                raise ValueError
            rest = _UP_TO_COMMA.match(self._text, pos + 1)
            assert rest
            if self._text[rest.end() : rest.end() + 1] in ("}", "") and not rest.group().strip():
                return pos  # a trailing comma
            pos = rest.end()
            self.repairs.append("bare_text")
        return pos
