"""Where in Markdown a text is: inside a fence, inline or indented code, or a block quote, marks of calls are only spoken of.

The rule: no more of Markdown than that. Inline code ends in its line, or it is none: a lone backtick hides nothing.
"""

from __future__ import annotations

from unsloth_studio.patterns import pattern

_QUOTE = pattern(r"\s*(?:(?:[-*+]|\d{1,3}[.)])\s+)*>")
_CURLY = pattern("[\u201c\u201d]")
_PART = pattern(r"\n|`+|~+|[^\n`~]+")
_LINE_LIMIT = 64
_INFO_LIMIT = 32


class Markdown:
    """Told of every piece of the text in order: by `feed`, or by `text`, `newline` and `run`."""

    def __init__(self) -> None:
        self.line_start = True
        self._line = ""  # how the line begins
        self._fence: tuple[str, int] | None = None
        self._code = 0
        self._quote = False
        self._after_blank = True
        self._straight = 0  # quotation marks so far in the line, and typographic ones that are open
        self._curly = 0
        self._quoted_line = False

    @property
    def line_is_empty(self) -> bool:
        """Whether not even a blank of the line has been told."""
        return not self._line

    @property
    def quoting(self) -> bool:
        return self._fence is not None or self._code > 0 or self._quote or self._indented or self._quoted_line

    @property
    def in_quotation(self) -> bool:
        """Whether a quotation has begun in the line."""
        return self._straight % 2 == 1 or self._curly > 0

    def ends_quotation(self, rest: str) -> bool:
        """Whether the quotation ends in `rest`, the rest of the line."""
        before, mark, _ = rest.rpartition("\u201d" if self._curly > 0 else '"')
        marks = before.count('"') - before.count('\\"')
        return bool(mark) and (self._curly > 0 or (marks % 2 == 0 and not before.endswith("\\")))

    def settle_quotation(self, *, quoted: bool) -> None:
        """`quoted`: the rest of the line is only spoken of; else the marks so far were none of a quotation."""
        self._quoted_line, self._straight, self._curly = quoted, 0, 0

    @property
    def in_code(self) -> int:
        """Backticks that began inline code; 0 outside of it."""
        return 0 if self._fence is not None or self._quote or self._indented else self._code

    def not_code(self) -> None:
        self._code = 0

    def text(self, run: str) -> None:
        """Anything without newlines, backticks and tildes."""
        if len(self._line) < _LINE_LIMIT:
            self._line = (self._line + run)[:_LINE_LIMIT]
            self._quote = ">" in self._line and _QUOTE.match(self._line) is not None
        if run and not run.isspace():
            self.line_start = False
        self._straight += run.count('"')
        for mark in _CURLY.findall(run):
            self._curly = max(0, self._curly + (1 if mark == "\u201c" else -1))

    def feed(self, text: str) -> None:
        """A text of any shape, whole lines and fences in it."""
        for part in _PART.finditer(text):
            letter = text[part.start()]
            if letter == "\n":
                self.newline()
            elif letter in "`~":
                rest = text[part.end() : part.end() + _INFO_LIMIT]
                self.run(letter, len(part.group()), rest.partition("\n")[0])
            else:
                self.text(part.group())

    def newline(self) -> None:
        self._after_blank = not self._line.strip()
        self.line_start, self._quote, self._code, self._line = True, False, 0, ""
        self._straight, self._curly, self._quoted_line = 0, 0, False

    def opens_tool_code(self, letter: str, count: int, info: str) -> bool:
        """Gemma 3 writes its calls into a fence of this name."""
        return self.line_start and not self.quoting and letter == "`" and count >= 3 and info.strip() == "tool_code"

    def run(self, letter: str, count: int, info: str) -> None:
        """A run of backticks or tildes; `info` is what follows in its line."""
        if self._fence is not None:
            if self.line_start and letter == self._fence[0] and count >= self._fence[1] and not info.strip():
                self._fence = None
        elif self.line_start and count >= 3 and (letter == "~" or "`" not in info):
            self._fence = (letter, count)
        elif letter == "`":
            self._code = count if not self._code else 0 if self._code == count else self._code
        self.line_start = False
        self._line += letter

    @property
    def _indented(self) -> bool:
        """A line of four blanks or more behind an empty one."""
        return self._after_blank and self._line.startswith(("    ", "\t"))
