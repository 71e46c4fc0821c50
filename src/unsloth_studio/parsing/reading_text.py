"""Plain text and thoughts, and the beginning, where a call may stand without any mark: `start`, `text` and `thought`."""

from __future__ import annotations

from unsloth_studio.parsing.asides import may_open_a_thought, thought_at
from unsloth_studio.parsing.bare import Bare, Guess, guess
from unsloth_studio.parsing.marks import LONGEST, MAYBE, Mark, mark_at
from unsloth_studio.parsing.reading_calls import BARE_LIMIT, CallReading
from unsloth_studio.parsing.roles import ECHOES, is_spoken_of, turn_at
from unsloth_studio.patterns import pattern

_TRIGGER = pattern(r"[<\[\]`~\n\u25c1]")
_THOUGHT_TRIGGER = pattern(r"[<\[\]\u25c1]")
_BLANKS = pattern(r"[\s\u200b\ufeff]*")
_RUNS = {letter: pattern(f"{letter}+") for letter in "`~"}
_WORDS = ("functools[", "Action:")


class TextReading(CallReading):
    def _start(self) -> bool:
        blank = _BLANKS.match(self._text, self._pos)
        pos = blank.end() if blank else self._pos
        if pos >= len(self._text):
            if self._final:
                self._pos = pos
            return False
        if not self._said and not self._reasoning_done and self._text[pos] in "<\u25c1":
            if (thought := thought_at(self._text, pos)) is not None:
                (self._pos, self._closer), self._state, self._thought_begun = thought, "thought", True
                return True
            if may_open_a_thought(self._text, pos) and not self._final:
                return False
        if not self._names or self._said:
            self._state = "text"
            return True
        found: Bare = guess(self._text, pos, self._names, final=self._final)
        if found.guess == Guess.WAIT and len(self._text) - pos < BARE_LIMIT:
            return False
        if found.body is None:
            if self._text[pos] in "{[" and not isinstance(mark_at(self._text, pos), Mark):
                self._opened = self._pos
                return self._answered()
            self._state = "text"
            return True
        self._opened = self._behind = self._pos
        self._opener, self._was_thought, self._fenced = "bare", False, False
        self._body, self._bare, self._state = found.body, True, "body"
        return True

    def _in_text(self) -> bool:
        markdown = self._markdown
        if markdown.line_is_empty and (word := self._word()) is not None:
            return word
        found = _TRIGGER.search(self._text, self._pos)
        end = found.start() if found else len(self._text)
        if end > self._pos:
            run = self._text[self._pos : end]
            indented = markdown.line_start and run.isspace()
            self._say(run)
            self._pos = end
            markdown.text(run)
            return indented or found is not None
        if found is None:
            return False
        return self._trigger(found.group())

    def _word(self) -> bool | None:
        """A line that begins with a word which announces a call."""
        if not self._names or self._markdown.quoting:
            return None
        rest = self._text[self._pos : self._pos + 16]
        if rest[:1] not in ("f", "A"):
            return None
        for word in _WORDS:
            if rest.startswith(word):
                skip = len(word) - (1 if word.endswith("[") else 0)
                return self._open(self._pos + skip, word)
            if word.startswith(rest) and not self._final and rest:
                return False
        return None

    def _trigger(self, letter: str) -> bool:
        if letter == "\n":
            self._say("\n")
            self._pos += 1
            self._markdown.newline()
            return True
        if letter in "`~":
            return self._fence(letter)
        mark = mark_at(self._text, self._pos)
        if mark == MAYBE and not self._final and len(self._text) - self._pos <= LONGEST:
            return False
        if isinstance(mark, Mark) and mark.name == self._echoing:
            self._echoing = ""
        if isinstance(mark, Mark) and self._markdown.in_code:
            closed = self._code_is_closed()
            if closed is None and not self._final:
                return False
            if not closed:
                self._markdown.not_code()
        if not isinstance(mark, Mark) or self._markdown.quoting or self._answer is not None or self._is_others(mark):
            self._say(self._text[self._pos])
            self._markdown.text(letter)
            self._pos += 1
            return True
        shown = self._is_shown(mark)
        if shown is None:
            return False
        return self._literal(mark) if shown else self._mark(mark)

    def _is_shown(self, mark: Mark) -> bool | None:
        """Whether a call stands in a tag that shows it or in quotation marks; None while that is not plain."""
        if mark.kind not in ("open", "head", "harmony") or not self._names:
            return False
        if self._asides and (shown := self._asides.shows(self._text, mark.end, final=self._final)) is not False:
            return shown
        if not self._markdown.in_quotation:
            return False
        end = self._text.find("\n", mark.end)
        if end < 0 and not self._final:
            return None
        quoted = self._markdown.ends_quotation(self._text[mark.end : end if end >= 0 else len(self._text)])
        self._markdown.settle_quotation(quoted=quoted)
        return quoted

    def _is_others(self, mark: Mark) -> bool:
        """Whether the mark is one of another role's words; only marks of roles count there."""
        return (self._foreign or bool(self._echoing)) and mark.kind not in ("drop", "turn", "harmony", "unecho")

    def _turn(self, mark: Mark) -> bool:
        """A control token; some begin a turn."""
        turn = turn_at(self._text, mark, final=self._final)
        if turn is None:
            return False
        returns = self._foreign and turn.whose == "own"
        spoken = not turn.own_line and not (returns and "|" not in mark.name) and is_spoken_of(self._tail)
        if mark.kind == "turn" and spoken:
            return self._literal(mark)
        if "|" not in mark.name and mark.kind == "turn":
            self._say(self._text[self._pos : mark.end])
        self._pos, self._tail = mark.end, ""
        if turn.whose != "nobody" and not spoken:
            self._foreign, self._pos = turn.whose == "other", turn.end
            self._echoing = "" if turn.whose == "own" else self._echoing
            self._another_speaks()
        if not self._said and not self._foreign:
            self._state = "start"
        return True

    def _code_is_closed(self) -> bool | None:
        """Whether the inline code that a lone run of backticks began ends in its line; None while the line is open."""
        end = self._text.find("\n", self._pos)
        line_end = end if end >= 0 else len(self._text)
        for run in _RUNS["`"].finditer(self._text, self._pos, line_end):
            if run.end() == len(self._text) and not self._final:
                return None  # the run itself may go on
            if run.end() - run.start() == self._markdown.in_code:
                return True
        return None if end < 0 else False

    def _fence(self, letter: str) -> bool:
        run = _RUNS[letter].match(self._text, self._pos)
        assert run
        if run.end() >= len(self._text) and not self._final:
            return False
        count = run.end() - self._pos
        line_end = self._text.find("\n", run.end())
        unknown = line_end < 0 and len(self._text) - run.end() <= LONGEST // 2
        if self._markdown.line_start and count >= 3 and unknown and not self._final:
            return False
        info = self._text[run.end() : line_end if line_end >= 0 else len(self._text)][: LONGEST // 2]
        if self._names and self._markdown.opens_tool_code(letter, count, info):
            return self._open(line_end if line_end >= 0 else run.end(), "tool_code", fenced=True)
        self._markdown.run(letter, count, info)
        self._say(run.group())
        self._pos = run.end()
        return True

    def _mark(self, mark: Mark) -> bool:
        match mark.kind:
            case "open":
                return self._open(mark.end, mark.name)
            case "head":
                return self._open(self._pos, mark.name)
            case "think":
                if self._reasoning_done and self._said:
                    return self._literal(mark)
                self._pos, self._state, self._thought_begun = mark.end, "thought", True
            case "unthink":
                if not self._thought_begun and not self._reasoning_done:
                    self._collector.content_was_reasoning()
                    self._thought_begun = True
                self._pos = mark.end
                self._state = "start"
            case "harmony":
                self._opened = self._pos
                self._state = "header"
            case "drop" | "turn":
                return self._turn(mark)
            case "close":
                return self._orphan(mark)
            case "echo":
                self._echoing = ECHOES[mark.name]
                return self._orphan(mark)
            case "unecho":
                return self._orphan(mark)
        return True

    def _orphan(self, mark: Mark) -> bool:
        """A closer that closes nothing: a special token is dropped, a tag is text."""
        if "|" in mark.name:
            self._pos = mark.end
            return True
        return self._literal(mark)

    def _literal(self, mark: Mark) -> bool:
        text = self._text[self._pos : mark.end]
        self._say(text)
        self._markdown.text(text)
        self._pos = mark.end
        return True

    def _in_thought(self) -> bool:
        found = _THOUGHT_TRIGGER.search(self._text, self._pos)
        end = found.start() if found else len(self._text)
        if end > self._pos:
            self._think(self._text[self._pos : end])
            self._pos = end
        if found is None:
            return False
        mark = mark_at(self._text, self._pos)
        if mark == MAYBE and not self._final:
            return False
        if self._closer and not isinstance(mark, Mark):
            rest = self._text[self._pos : self._pos + len(self._closer)].lower()
            if rest == self._closer:
                return self._end_of_thought(self._pos + len(rest))
            if self._closer.startswith(rest) and not self._final:
                return False
        if isinstance(mark, Mark) and (mark.kind == "unthink" or (mark.kind == "drop" and self._harmony_thought)):
            return self._end_of_thought(mark.end)
        if isinstance(mark, Mark) and mark.kind == "harmony":
            self._opened, self._state, self._harmony_thought = self._pos, "header", False
            return True
        if isinstance(mark, Mark) and mark.kind in ("drop", "turn"):
            return self._turn_in_thought(mark)
        if isinstance(mark, Mark) and mark.kind in ("echo", "unecho"):
            self._foreign = mark.kind == "echo"
        if isinstance(mark, Mark) and mark.kind in ("open", "head") and self._names and not self._foreign:
            return self._in_open_thought(mark)
        self._think(self._text[self._pos])
        self._pos += 1
        return True

    def _end_of_thought(self, end: int) -> bool:
        self._pos, self._state, self._harmony_thought = end, "start", False
        self._foreign, self._tail, self._before, self._closer = False, "", "", ""
        return True

    def _turn_in_thought(self, mark: Mark) -> bool:
        """Others' words in a thought are no calls, even if the thought is never closed."""
        turn = turn_at(self._text, mark, final=self._final)
        if turn is None:
            return False
        if turn.whose != "nobody" and (turn.own_line or not is_spoken_of(self._tail)):
            self._foreign = turn.whose == "other"
        if mark.kind == "turn":
            self._think(self._text[self._pos : mark.end])
        self._pos = mark.end
        return True

    def _in_open_thought(self, mark: Mark) -> bool:
        """A draft in a thought is thought, unless the thought is never closed: then a whole call at the end is meant."""
        if self._closes_at < mark.end:
            closed = self._unthought(mark.end)
            if closed is None and not self._final:
                return False
            self._closes_at = len(self._text) if closed is None else closed
        if self._closes_at == len(self._text):
            return self._open(mark.end if mark.kind == "open" else self._pos, mark.name, thought=True)
        self._think(self._text[self._pos : mark.end])
        self._pos = mark.end
        return True

    def _unthought(self, pos: int) -> int | None:
        """Where the thought is closed behind `pos`."""
        while (found := _THOUGHT_TRIGGER.search(self._text, pos)) is not None:
            mark = mark_at(self._text, found.start())
            if isinstance(mark, Mark) and mark.kind == "unthink":
                return found.start()
            here = self._text[found.start() : found.start() + len(self._closer)]
            if self._closer and here.lower() == self._closer:
                return found.start()
            pos = found.end()
        return None
