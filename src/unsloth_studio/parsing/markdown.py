"""Where in Markdown a text is: inside a fence, inline code or a block quote, marks of calls are only spoken of.

The rule: no more of Markdown than that. Inline code ends with its line, so that a lone backtick hides nothing for long.
"""

from __future__ import annotations


class Markdown:
    """Told of every piece of the text in order."""

    def __init__(self) -> None:
        self.line_start = True
        self._fence: tuple[str, int] | None = None
        self._code = 0
        self._quote = False

    @property
    def quoting(self) -> bool:
        return self._fence is not None or self._code > 0 or self._quote

    def text(self, run: str) -> None:
        """Anything without newlines, backticks and tildes."""
        if self.line_start and run and not run.isspace():
            self.line_start = False
            self._quote = run.lstrip().startswith(">")

    def newline(self) -> None:
        self.line_start, self._quote, self._code = True, False, 0

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
