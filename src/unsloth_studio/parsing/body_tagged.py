"""Bodies with a tag for the call and one for each argument: Qwen3-Coder, Seed, MiniMax, DeepSeek's DSML, Step, MiniCPM, and
Anthropic's own form, which many models fall into.

The rule: here is only told where such a call ends; what its arguments are, `tagged_values.py` and `nested_tags.py` tell.
"""

from __future__ import annotations

from unsloth_studio.parsing.body_json import JsonBody
from unsloth_studio.parsing.calls import Ended, accepted
from unsloth_studio.parsing.envelope import RawCall
from unsloth_studio.parsing.marks import MAYBE, Mark, mark_at
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.nested_tags import children
from unsloth_studio.parsing.schema_fit import declared
from unsloth_studio.parsing.tagged_values import TaggedValues
from unsloth_studio.parsing.tags import ARGUMENT, ARGUMENT_CLOSED, CHILD_CLOSED, HEAD, M3, PREFIX, plain
from unsloth_studio.patterns import pattern

_HEAD_LETTER = pattern(r"\n\s*(?=[^\s])|[<>]")
_BLANK = pattern(r"\s*")
_ENDS_OF_CALLS = ("</function>", "</invoke>", "</|dsml|invoke>", "]<]minimax[>[</invoke>", "</steptml:invoke>")
_ENDS_OF_ARGUMENTS = ("</parameter>", "</arg_value>", "</arguments>")
_HEAD_LIMIT = 400
_MARKS = 4096
"""Marks inside one body, until it is given up."""
_BEGINS = 48


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
        self._prefixed = False  # whether the tags of this call bear MiniMax-M3's prefix
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
        window = self._head_window(text, final=final)
        if window is None:
            return False
        head = HEAD.match(plain(text[self._start : window]))
        at = _past_blanks(text, window)
        if head is not None and head["end"] == ">" and at >= len(text) and not final:
            return False
        self._undecided = False
        self._prefixed = M3.match(text, self._start) is not None
        self._nameless = head is None  # prose about the tag
        if head is not None and head["end"] == ">" and text[at : at + 1] in ("{", '"'):
            self._json = JsonBody(self._names, at, name=head["name"].strip())
        return True

    def _head_window(self, text: str, *, final: bool) -> int | None:
        """Up to where the text tells whether a head stands here, however much follows; None when that is not there yet."""
        limit = self._start + _HEAD_LIMIT
        found = _HEAD_LETTER.search(text, self._behind, limit)
        if found is None:
            return min(len(text), limit) if final or len(text) >= limit else None
        if found.group() == ">":
            return found.end()
        if found.group() != "<" and text[found.end()] == ">":
            return found.end() + 1
        window = min(found.end() + _BEGINS, limit)  # a prefix may begin here
        return min(window, len(text)) if final or len(text) >= window else None

    def _tags(self, text: str, *, final: bool) -> Ended | None:
        while True:
            pos = text.find("<", self._at)
            if pos < 0 or (not final and len(text) - pos < _BEGINS):
                self._at = len(text) if pos < 0 else pos
                if pos >= 0 and self._surely_over(text, pos):
                    return self._ended(text, pos)
                return self._ended(text, len(text), cut=True) if final and pos < 0 else None
            prefix = M3.match(text, pos - 1) if text.startswith("<]", pos) else None
            pos = pos - 1 if prefix else pos  # the prefix of MiniMax-M3 begins one letter before its first `<`
            mark = mark_at(text, pos)
            if mark == MAYBE and not final:
                self._at = pos + 1 if prefix else pos
                return None
            if isinstance(mark, Mark) and not final and len(text) - mark.end < _BEGINS and pos > self._start:
                self._at = pos + 1 if prefix else pos
                return self._ended(text, pos) if self._surely_over(text, pos) else None
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
            and self._behind_closed(text, pos)
            and (mark.name != "</function>" or bool(ARGUMENT.search(plain(text[self._start : pos]))))
        )

    def _behind_closed(self, text: str, pos: int) -> bool:
        """Whether an argument's closing tag stands before `pos`."""
        closed = CHILD_CLOSED if self._prefixed else ARGUMENT_CLOSED
        return closed.search(plain(text[max(self._start, pos - 80) : pos]).rstrip()) is not None

    def _counts(self, text: str, pos: int, mark: Mark) -> bool:
        """Whether a mark inside the body ends it, rather than standing in a value."""
        if self._prefixed and not mark.name.startswith("]"):
            return False
        if mark.name in _ENDS_OF_ARGUMENTS or mark.kind in ("think", "unthink", "drop"):
            return False
        between = plain(text[self._seen : pos])
        self._argued = self._argued or ARGUMENT.search(between) is not None
        self._seen = pos
        if self._inner:
            self._within(mark)
            return False
        if not self._argued or self._behind_closed(text, pos):
            return mark.kind in ("close", "head", "open", "harmony")
        if mark.kind == "close":
            return self._closes(text[mark.end : mark.end + _BEGINS].lstrip())
        self._within(mark)
        return False

    def _closes(self, behind: str) -> bool:
        """Whether a closing mark counts that stands in a value, before `behind`: not if its argument ends first."""
        follower = mark_at(behind, 0) if behind else None
        if isinstance(follower, Mark) and follower.name in _ENDS_OF_ARGUMENTS:
            rest = behind[follower.end :].lstrip()
            last = mark_at(rest, 0) if rest else None
            return not (isinstance(last, Mark) and last.name in _ENDS_OF_CALLS)
        return not behind or (isinstance(follower, Mark) and follower.kind in ("close", "open", "drop"))

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
        source = plain(text[self._start : end])
        head = HEAD.match(source)
        resolved = self._names.resolve(head["name"].strip()) if head else None
        if head is None or resolved is None:
            return Ended((), end)
        schema = self._names.schema(resolved.name)
        found = PREFIX.search(text, self._start, end)
        prefix, inner = found.group() if found else "", source[head.end() :]
        values = TaggedValues(inner, schema, prefix=prefix, cut=cut)
        if values:
            read = values.read()
        else:
            named = children(inner, schema, declared(schema), prefix=prefix, cut=cut)
            read = None if named is None else (named, ())
        if read is None:
            return Ended((), end)
        folded = ("folded_name",) if resolved.repaired else ()
        raw = RawCall(resolved.name, read[0], (*read[1], *folded))
        return Ended(accepted([raw], self._names, text[self._start : end]), end)


def _past_blanks(text: str, pos: int) -> int:
    found = _BLANK.match(text, pos)
    return found.end() if found else pos
