"""Training rows: several conversations in one row of fixed length, each blind to the others.

The one rule: a shard is a pure function of its number, so a run can stop and go on anywhere, and repeats exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from demo.text.conversation import Conversation, segments
from demo.text.dialogue import conversation, practice
from demo.text.draw import Draw
from demo.tokenizer import Tokenizer

STEPS = 32
"""Steps in a shard."""
_OPEN_ROWS = 24
_FURTHEST_POSITION = 8191


@dataclass(frozen=True, slots=True)
class BatchSize:
    rows: int
    length: int


SHORT, LONG = BatchSize(16, 512), BatchSize(4, 2048)
LONG_STEPS = (31,)
"""Steps of a shard that have long rows, for long prompts."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Tokens, whether each is trained on, which conversation it belongs to (-1: none), and its position in that."""

    tokens: npt.NDArray[np.int16]
    trained: npt.NDArray[np.bool_]
    conversation: npt.NDArray[np.int16]
    position: npt.NDArray[np.int16]

    @classmethod
    def empty(cls, rows: int, length: int) -> Rows:
        size = (rows, length)
        return cls(
            np.zeros(size, np.int16), np.zeros(size, np.bool_), np.full(size, -1, np.int16), np.zeros(size, np.int16)
        )

    def part(self, start: int, end: int) -> Rows:
        return Rows(
            self.tokens[start:end], self.trained[start:end], self.conversation[start:end], self.position[start:end]
        )


@dataclass(frozen=True, slots=True)
class Encoded:
    tokens: list[int]
    trained: list[bool]
    starts: list[int]


def shard(number: int, *, practising: bool) -> list[Rows]:
    """The batches of the shard's steps, in order."""
    draw = Draw(1_000 + number)
    short = _pack(draw, SHORT, (STEPS - len(LONG_STEPS)) * SHORT.rows, practice if practising else conversation)
    long = _pack(draw, LONG, len(LONG_STEPS) * LONG.rows, practice if practising else _mostly_long)
    batches = [short.part(at, at + SHORT.rows) for at in range(0, len(short.tokens), SHORT.rows)]
    for at, step in enumerate(LONG_STEPS):
        batches.insert(step, long.part(at * LONG.rows, (at + 1) * LONG.rows))
    return batches


def _mostly_long(draw: Draw) -> Conversation:
    return conversation(draw, long=draw.chance(0.7))


@cache
def _tokenizer() -> Tokenizer:
    return Tokenizer.load()


def encode(made: Conversation) -> Encoded:
    encoded = Encoded([], [], [])
    for segment in segments(made):
        tokens = _tokenizer().encode(segment.text)
        encoded.starts.append(len(encoded.tokens))
        encoded.tokens.extend(tokens)
        encoded.trained.extend([segment.trained] * len(tokens))
    return encoded


def _pack(draw: Draw, size: BatchSize, amount: int, make: Callable[[Draw], Conversation]) -> Rows:
    """First fit into a few open rows; the fullest is closed when nothing fits. About 97 % full."""
    rows = Rows.empty(amount, size.length)
    filled, held = [0] * amount, [0] * amount
    waiting = list(range(amount))
    open_rows = [waiting.pop() for _ in range(min(amount, _OPEN_ROWS))]
    while open_rows:
        encoded = encode(make(draw))
        needed = len(encoded.tokens)
        if needed > size.length:
            continue
        row = next((one for one in open_rows if filled[one] + needed <= size.length), None)
        if row is None:
            open_rows.remove(max(open_rows, key=filled.__getitem__))
            if waiting:
                open_rows.append(waiting.pop())
            continue
        place = (row, slice(filled[row], filled[row] + needed))
        rows.tokens[place], rows.trained[place] = encoded.tokens, encoded.trained
        rows.conversation[place], rows.position[place] = held[row], _positions(draw, encoded)
        filled[row] += needed
        held[row] += 1
    return _shuffled(draw, rows)


def _positions(draw: Draw, encoded: Encoded) -> npt.NDArray[np.int64]:
    """Positions with random gaps between messages, so that short rows teach long distances."""
    positions = np.arange(len(encoded.tokens))
    if draw.chance(0.5):
        for start in draw.random.sample(encoded.starts, min(len(encoded.starts), draw.pick((1, 1, 2, 3)))):
            positions[start:] += draw.pick((draw.between(0, 60), draw.between(0, 600), draw.between(0, 2000)))
    return np.minimum(positions, _FURTHEST_POSITION)


def _shuffled(draw: Draw, rows: Rows) -> Rows:
    order = list(range(len(rows.tokens)))
    draw.random.shuffle(order)
    return Rows(rows.tokens[order], rows.trained[order], rows.conversation[order], rows.position[order])
