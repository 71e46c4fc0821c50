"""`python -m tests.conformance.fuzz 100000`: seeded mutations of the corpus. Nothing raises, and chunks never matter."""

# ruff: noqa: RUF001 - the wide bars are what models write

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator

from tests.conformance.corpus import CASES
from tests.conformance.judge import in_chunks, random_chunks, whole
from tests.conformance.tools import TOOL_SETS

LONGEST = 2_000
EVERY = 10
"""Of so many inputs, one is also fed in chunks."""

MARKERS = (
    "<tool_call>", "</tool_call>", "<function=read_file>", "</function>", "<parameter=path>", "</parameter>", "<think>",
    "</think>", "<｜DSML｜invoke name=\"read_file\">", "[TOOL_CALLS]", "[ARGS]", "<|python_tag|>",
    "<|tool_call>", "<tool_call|>", '<|"|>', "call:read_file{", "<｜tool▁calls▁begin｜>", "<|channel|>", "<|message|>",
    "<arg_key>", "<arg_value>", "functools[", "Action:", "```json\n",
    "```", "`", "> ", "{", "}", "[", "]", '"', "'", "\\", "\\u", "\ud83d", "\x00",
    "\ufeff", "1e999", "-", "NaN", "&quot;", "]<]minimax[>[<", "commentary to=functions.read_file", "\n",
)  # fmt: skip


def inputs(count: int, seed: int = 5) -> Iterator[tuple[str, str]]:
    """So many pairs of text and name of a tool set."""
    dice = random.Random(seed)
    for _ in range(count):
        case = dice.choice(CASES)
        text = case.text
        for _ in range(dice.randint(1, 4)):
            text = _mutated(text, dice)
        yield text[:LONGEST], case.tools


def _mutated(text: str, dice: random.Random) -> str:
    at, to = sorted((dice.randint(0, len(text)), dice.randint(0, len(text))))
    match dice.randrange(8):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + text[to:]
        case 2:
            return text[:to] + text[at:]
        case 3:
            return text[:at] + dice.choice(MARKERS) + text[at:]
        case 4:
            other = dice.choice(CASES).text
            return text[:at] + other[dice.randint(0, len(other)) :]
        case 5:
            return text[:at] + dice.choice(MARKERS) + text[to:]
        case 6:
            return text[:at] + dice.choice(MARKERS) * dice.choice((2, 5, 150)) + text[at:]
        case _:
            return (
                text[:at] + chr(dice.choice((0x20, 0x22, 0x3C, 0x7B, 0x7F, 0xFF5C, 0x2581, 0x1F600))) + text[at + 1 :]
            )


def run(count: int, seed: int = 5) -> list[str]:
    """What went wrong, one line each; nothing when all is well."""
    dice = random.Random(seed + 1)
    faults: list[str] = []
    for number, (text, tools) in enumerate(inputs(count, seed)):
        try:
            expected = whole(text, TOOL_SETS[tools])
            if number % EVERY == 0 and in_chunks(random_chunks(text, dice), TOOL_SETS[tools]) != expected:
                faults.append(f"#{number}: chunks matter: {text!r}")
        except Exception as error:
            faults.append(f"#{number}: {type(error).__name__}: {error}: {text!r}")
    return faults


if __name__ == "__main__":
    began = time.process_time()
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    found = run(asked)
    sys.stdout.write("".join(f"{line}\n" for line in found[:50]))
    sys.stdout.write(f"{asked} inputs, {len(found)} faults, {time.process_time() - began:.0f} s of CPU\n")
    sys.exit(1 if found else 0)
