"""Quotes inside a string that nobody escaped: which of them close it?

The rule: a quote closes its string only where the structure goes on, and the whole text must then be one value; no string
goes on behind a quote that plainly closed it (`"a", "b`, `"a" + "b`). The first such reading counts. When it leaves a
string with an odd number of inner quotes and another reading has pairs everywhere, both are given: the caller must not
choose. The search is bounded, and a text that needs more is left alone.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from msgspec import Struct

from unsloth_studio.parsing.loose import DEPTH_LIMIT
from unsloth_studio.patterns import pattern

STEPS = 6_000
"""Tokens, candidate quotes and stretches of 64 characters looked at in one search, besides one per 8 characters of
text."""

_LEVELS = (0, 1, 2, 4, 16)
"""How many quotes that fit may be passed over; tried in turn."""
_BLANK = r"\s{0,200}"
_KEY = rf"(?:\"[^\"\n]{{0,200}}\"|'[^'\n]{{0,200}}'|[A-Za-z_$][\w$.\-]{{0,100}}){_BLANK}:"
_AFTER = {
    "key": pattern(rf"{_BLANK}:"),
    "{": pattern(rf"{_BLANK}(?:\}}|,{_BLANK}(?:\}}|{_KEY}))"),
    "[": pattern(rf"{_BLANK}(?:[\])]|,{_BLANK}[\[\](){{\"'\w+.\-])"),
}
_QUOTES = {quote: pattern(rf"{quote}|\\.", re.DOTALL) for quote in "\"'"}
_WHITE = pattern(r"\s*")
_BARE = pattern(r"[^\s,:{}\[\]()\"']+")
_BARE_KEY = pattern(r"[A-Za-z_$][\w$.\-]*")
_CLOSES = {"}": "{", "]": "[", ")": "["}

_CONTINUES = pattern(
    rf"{_BLANK}(?::|[,;]{_BLANK}(?:[\"'\[{{(\d\-]|[A-Za-z_$][\w.\-]{{0,100}}{_BLANK}[:=])|[\"'])"
    rf"|{_BLANK}(?:&&|\|\||<<|>>|==|!=|\*\*|//|[+*/%&|<>^@?\-]){_BLANK}[\"'\w$(\[]"
    r"|\s{1,200}(?:or|and|if|else|in|not|is|for)\b|\.[A-Za-z_]\w{0,100}\(|\[-?\d"
)
"""What stands behind a string that is over: the next member, an operator, a method."""

_Stack = tuple["_Stack", str] | None


def seems_closing(text: str, pos: int) -> bool:
    """Whether the quote at `pos` ends a word, and what follows goes on as behind a closed string."""
    before, behind = text[pos - 1 : pos], text[pos + 1 : pos + 2]
    if before in ("(", "[", "{", "=") or (before.isspace() and not behind.isspace() and behind not in (",", ":", ";")):
        return False
    return _CONTINUES.match(text, pos + 1) is not None


def seems_opening(text: str, pos: int) -> bool:
    """Whether a word begins behind the quote at `pos`, and none ends before it."""
    before, behind = text[pos - 1 : pos], text[pos + 1 : pos + 2]
    return (before.isspace() or before in ("(", "[", "{", "=", ":")) and not behind.isspace()


class _State(NamedTuple):
    """`want` is what may come next: key, colon, value, or comma (a comma or a closer)."""

    pos: int
    stack: _Stack
    depth: int
    want: str
    escapes: tuple[object, ...]  # linked list of the inner quotes so far: (rest, position)
    odd: bool
    passed: int = 0  # quotes that fitted and were taken for content
    lone: bool = False  # an inner quote opens what nothing closes


class _Open(Struct):
    """A string whose closing quote is being looked for, from `pos` on; `inner` are the quotes passed over."""

    state: _State
    quote: str
    pos: int
    inner: list[int]
    passed: int = 0


class QuoteSearch:
    def __init__(self, text: str) -> None:
        self.text = text
        self.steps = self._budget = STEPS + len(text) // 4
        self._left = 3 * self._budget  # for all levels together
        self._end = len(text.rstrip())
        self._closed_only = True
        self._most = 0
        self._tail = len(text.rstrip(" \t\r\n;}])"))

    def run(self, *, most: int, paired: bool = False, closed: bool = True) -> _State | None:
        """The first reading that passes over `most` quotes which fit.

        `paired` admits only strings with an even number of inner quotes. Not `closed`: the text may also end behind a
        string or a closer with brackets still open.
        """
        self._most = most
        self._closed_only = closed
        self.steps = allowed = min(self._budget, self._left)
        try:
            return self._run(paired=paired)
        finally:
            self._left -= allowed - self.steps

    def _run(self, *, paired: bool) -> _State | None:
        choices: list[_Open] = []
        state: _State | None = _State(0, None, 0, "value", (), False)
        while self.steps > 0:
            while state is not None and self.steps > 0:
                state = self._step(state, choices)
                if state is not None and state.want == "end":
                    return state
            state = None
            while choices and state is None and self.steps > 0:
                state = self._close_next(choices[-1], paired=paired)
                if state is None:
                    choices.pop()
            if state is None:
                return None
        return None

    def _step(self, state: _State, choices: list[_Open]) -> _State | None:
        """The next token; None when it does not fit, or when a string was opened (then `choices` goes on)."""
        white = _WHITE.match(self.text, state.pos)
        pos = white.end() if white else state.pos
        self._charge(pos - state.pos)
        here = self.text[pos : pos + 1]
        if not here and state.want == "comma" and not self._closed_only:
            return self._move(state, pos, "end")
        if state.depth == 0 and state.want == "comma":
            return self._move(state, pos, "end") if pos >= self._tail else None
        if here in _CLOSES and here and state.want != "colon":
            return self._closer(state, here, pos)
        if state.want == "colon":
            return self._move(state, pos + 1, "value") if here == ":" else None
        if state.want == "comma":
            inside = state.stack[1] if state.stack else ""
            return self._move(state, pos + 1, "key" if inside == "{" else "value") if here == "," else None
        if here in ('"', "'"):
            choices.append(_Open(state, here, pos + 1, []))
            return None
        if state.want == "value" and here in ("{", "[", "("):
            if state.depth >= DEPTH_LIMIT:
                return None
            kind = "{" if here == "{" else "["
            want = "key" if here == "{" else "value"
            stack = (state.stack, kind)
            return state._replace(pos=pos + 1, stack=stack, depth=state.depth + 1, want=want)
        found = (_BARE_KEY if state.want == "key" else _BARE).match(self.text, pos)
        if not found:
            return None
        self._charge(found.end() - pos)
        return self._move(state, found.end(), "colon" if state.want == "key" else "comma")

    def _charge(self, characters: int) -> None:
        """Pays for characters looked at, so that the budget bounds the time too."""
        self.steps -= 1 + characters // 64

    def _move(self, state: _State, pos: int, want: str) -> _State:
        stack, depth, escapes = state.stack, state.depth, state.escapes
        return _State(pos, stack, depth, want, escapes, state.odd, state.passed, state.lone)

    def _closer(self, state: _State, here: str, pos: int) -> _State | None:
        if state.stack is None or state.stack[1] != _CLOSES[here]:
            return None
        return state._replace(pos=pos + 1, stack=state.stack[0], depth=state.depth - 1, want="comma")

    def _close_next(self, opened: _Open, *, paired: bool) -> _State | None:
        state = opened.state
        inside = state.stack[1] if state.stack else ""
        after = _AFTER.get("key" if state.want == "key" else inside)
        while self.steps > 0 and state.passed + opened.passed <= self._most:
            found = _QUOTES[opened.quote].search(self.text, opened.pos)
            self._charge((found.end() if found else len(self.text)) - opened.pos)
            if not found:
                return None
            opened.pos = found.end()
            if found.group()[0] == "\\":
                continue
            odd = len(opened.inner) % 2 == 1
            fits = after.match(self.text, found.end()) if after else found.end() >= self._tail
            fits = fits or (not self._closed_only and state.want != "key" and found.end() >= self._end)
            fits = fits and not (paired and odd)
            escapes = state.escapes
            if fits:
                self.steps -= len(opened.inner)
                for position in opened.inner:
                    escapes = (escapes, position)
            lone = odd and seems_opening(self.text, opened.inner[-1])
            opened.inner.append(found.start())
            if not odd and seems_closing(self.text, found.start()):
                opened.pos = len(self.text)  # no string goes on behind this one
            if state.want == "key" and len(opened.inner) > 1:
                return None  # no quotes in keys: that would read half the text as one
            if fits:
                want = "colon" if state.want == "key" else "comma"
                passed = state.passed + opened.passed
                opened.passed += 1
                return state._replace(
                    pos=found.end(), want=want, escapes=escapes, odd=state.odd or odd, passed=passed,
                    lone=state.lone or lone,
                )  # fmt: skip
        return None

    def patched(self, state: _State) -> str:
        """The text with the inner quotes escaped."""
        positions: list[int] = []
        link: tuple[object, ...] = state.escapes
        while link:
            rest, position = link
            assert isinstance(position, int)
            assert isinstance(rest, tuple)
            positions.append(position)
            link = rest  # pyright: ignore[reportUnknownVariableType]
        parts: list[str] = []
        start = 0
        for position in reversed(positions):
            parts += [self.text[start:position], "\\"]
            start = position
        return "".join([*parts, self.text[start:]])


def escaped_readings(text: str, *, cut: bool = False) -> list[str]:
    """`text` with inner quotes escaped, once per reading: none, one, or two when it is ambiguous.

    The reading that passes over the fewest quotes which could have closed wins, even if brackets are missing at its
    end: else a missing brace would make one string of half the members. Such a reading is none when the text was `cut`.
    """
    search = QuoteSearch(text)
    for most in _LEVELS:
        first = search.run(most=most)
        if first is not None:
            return _with_rival(search, first)
        unclosed = search.run(most=most, closed=False)
        if unclosed is not None:
            return [] if cut or unclosed.lone else [search.patched(unclosed)]
    return []


def _with_rival(search: QuoteSearch, first: _State) -> list[str]:
    """The first reading, and the one with pairs of quotes everywhere, should the first have none.

    An inner quote that opens what nothing closes makes no reading by itself.
    """
    found = [search.patched(first)]
    if first.odd:
        second = search.run(most=_LEVELS[-1], paired=True)
        if second is not None and (other := search.patched(second)) not in found:
            found.append(other)
    return [] if first.lone and len(found) == 1 else found
