"""Tags in which text is shown or thought rather than meant: `<code>`, `<!-- -->`, `<reasoning>` and the like.

The rule: a tag counts only if it is closed, for people also write of tags. One that opens again must close again.
"""

from __future__ import annotations

import re
from typing import Final

from unsloth_studio.patterns import pattern

_INLINE: Final = frozenset({"code", "kbd", "samp"})
"""They end with their paragraph."""
_OPENER = pattern(
    r"<(?P<tag>code|kbd|samp|pre|blockquote|quote|cite|details|examples?|documents?|page|user_query|user_message"
    r"|thoughts?|reasoning|analysis|reflection|scratchpad)(?:\s[^<>]{0,200})?>"
    r"|(?P<other><!--|<\|begin_of_thought\|>|<\|thinking\|>|\u25c1think\u25b7)",
    re.IGNORECASE,
)
_CLOSERS: Final = {
    "<!--": "-->",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|thinking|>": "<|/thinking|>",
    "\u25c1think\u25b7": "\u25c1/think\u25b7",
}
_THOUGHTS: Final = {
    **{f"<{tag}>": f"</{tag}>" for tag in ("thought", "thoughts", "reasoning", "analysis", "reflection", "scratchpad")},
    **{opener: closer for opener, closer in _CLOSERS.items() if opener != "<!--"},
}
"""Reasoning when they open the output. Source: the prompts and templates of Kimi-VL, Sky-T1 and of reasoning fine-tunes."""
_THOUGHT = pattern("|".join(map(re.escape, _THOUGHTS)), re.IGNORECASE)
_LONGEST_OPENER: Final = max(map(len, _THOUGHTS))
_LONGEST = 256
_REFUTED = 64
"""Tags before a call that were not closed, until one is taken to be closed without a look."""


def thought_at(text: str, pos: int) -> tuple[int, str] | None:
    """Where the thought that is opened at `pos` begins, and what closes it."""
    found = _THOUGHT.match(text, pos)
    return (found.end(), _THOUGHTS[found.group().lower()]) if found else None


def may_open_a_thought(text: str, pos: int) -> bool:
    """Whether the text ends within what may become such an opener."""
    if len(text) - pos > _LONGEST_OPENER:
        return False
    rest = text[pos:].lower()
    return any(opener.startswith(rest) for opener in _THOUGHTS)


class Asides:
    """Told of all that is said, in order; knows which tag is open at its end."""

    def __init__(self, refuted: int = 0) -> None:
        self.refuted = refuted
        self._steps: re.Pattern[str] | None = None  # what opens the tag once more, closes it or ends its reach
        self._longest = 0
        self._depth = 0
        self._shown = False
        self._held = ""  # what may be the beginning of an opener or a closer

    def __bool__(self) -> bool:
        return self._steps is not None

    def feed(self, text: str, *, hidden: bool) -> None:
        """`hidden`: the text is code or a quote of Markdown, in which no tag opens."""
        if self._steps is None and (hidden or (not self._held and "<" not in text and "\u25c1" not in text)):
            self._held = ""
            return
        self._held += text
        while self._closed() if self._steps is not None else self._opened():
            pass

    def _opened(self) -> bool:
        found = _OPENER.search(self._held)
        if found is None:
            last = max(self._held.rfind("<"), self._held.rfind("\u25c1"))
            self._held = self._held[last:] if last >= 0 and len(self._held) - last < _LONGEST else ""
            return False
        tag = (found["tag"] or "").lower()
        opener = f"<{tag}" if tag else found.group().lower()
        closer = f"</{tag}>" if tag else _CLOSERS[opener]
        again = re.escape(opener) + (r"(?=[\s>])" if tag else "")
        ends = "|(?P<ends>\n\n)" if tag in _INLINE else ""
        self._steps = re.compile(f"(?P<closes>{re.escape(closer)})|{again}{ends}", re.IGNORECASE)
        self._longest, self._depth, self._shown = max(len(opener) + 1, len(closer)), 1, False
        self._held = self._held[found.end() :]
        return True

    def _closed(self) -> bool:
        """Pass all that opens and closes; True when the tag is closed."""
        assert self._steps
        passed = 0
        for found in self._steps.finditer(self._held):
            passed = found.end()
            self._depth = _stepped(self._depth, found)
            if not self._depth:
                self._steps, self._held = None, self._held[passed:]
                return True
        self._held = self._held[max(passed, len(self._held) - self._longest + 1) :]
        return False

    def shows(self, text: str, pos: int, *, final: bool) -> bool | None:
        """Whether the open tag is closed behind `pos`, so that what stands in it is shown; None while that is not plain."""
        if self._steps is None or self._shown:
            return self._shown
        if self.refuted > _REFUTED:
            return True
        depth = self._depth
        for found in self._steps.finditer(text, pos):
            depth = _stepped(depth, found)
            if not depth:
                self._shown = found.lastgroup == "closes"
                break
        else:
            if not final:
                return None
        if not self._shown:
            self._steps = None
            self.refuted += 1
        return self._shown


def _stepped(depth: int, found: re.Match[str]) -> int:
    return 0 if found.lastgroup == "ends" else depth - 1 if found.lastgroup == "closes" else depth + 1
