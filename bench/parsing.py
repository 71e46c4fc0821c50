"""What reading tool calls costs: the parser of model text alone, in this process, without engine and gateway.

CPU time, the best of several rounds: whatever else the machine does can only add to it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable

from bench.run import Bench, Reading
from tests.conformance.corpus import CASES
from tests.conformance.tools import CODING, TOOL_SETS

from unsloth_studio.parsing import Output, OutputParser, parse_output

KIB = 1024
PROSE = "The loop ends when i < n no longer holds; see a[i], the {braces} and `code` of it. Then we're done, mostly. "


async def tool_call_parser(bench: Bench) -> list[Reading]:
    """Cost per KiB beside `json.loads`, one long argument in small chunks, growth, and how much prose waits."""
    rounds = max(2, bench.effort.rounds)
    ours, floor = _cost_of_corpus(rounds)
    small, large = (_best(_argument_parse(size * KIB, chunk=64), 2) for size in (128, 1024))
    argument = _best(_argument_parse(64 * KIB, chunk=8), rounds)
    return [
        Reading("parse_cost", "Reading tool calls, CPU per KiB", "us", ours, floor),
        Reading("parse_ratio", "Reading tool calls, beside json.loads", "times", ours / floor),
        Reading("parse_64k", "One argument of 64 KiB in chunks of 8 characters", "ms CPU", argument * 1e3),
        Reading("parse_growth", "Cost of 1 MiB beside 128 KiB, divided by 8", "times", large / small / 8),
        Reading("parse_held", "Plain prose held back at most", "characters", float(longest_held(PROSE * 20))),
    ]


def longest_held(prose: str) -> int:
    """The most characters that were fed and not yet given out, at any time; everything comes out in the end."""
    parser = OutputParser(CODING)
    longest = 0
    for at, character in enumerate(prose, 1):
        parser.feed(character)
        longest = max(longest, at - len(parser.output.content))
    parser.finish()
    if parser.output.content.strip() != prose.strip():
        raise AssertionError("prose was changed")
    return longest


def argument(size: int) -> str:
    """A call that writes a file of so many characters, as Hermes and Qwen do."""
    line = 'def f(x):\n    return {"a": [x, "<b>"], \'c\': x < 3}\n'
    content = (line * (size // len(line) + 1))[:size]
    call = {"name": "write_file", "arguments": {"path": "a.py", "content": content}}
    return f"<tool_call>\n{json.dumps(call)}\n</tool_call>"


def _argument_parse(size: int, *, chunk: int) -> Callable[[], None]:
    text = argument(size)
    chunks = [text[at : at + chunk] for at in range(0, len(text), chunk)]

    def parse() -> None:
        if len(_fed(chunks).tool_calls) != 1:
            raise AssertionError("the call was not read")

    return parse


def _fed(chunks: Iterable[str]) -> Output:
    parser = OutputParser(CODING)
    for chunk in chunks:
        parser.feed(chunk)
    parser.finish()
    return parser.output


def _cost_of_corpus(rounds: int) -> tuple[float, float]:
    """Microseconds per KiB of the conformance corpus: ours, and `json.loads` of each text as one JSON string."""
    pairs = [(case.text, TOOL_SETS[case.tools]) for case in CASES]
    documents = [json.dumps({"text": text}, ensure_ascii=False) for text, _ in pairs]
    size = sum(len(text) for text, _ in pairs) / KIB

    def ours() -> None:
        for text, tools in pairs:
            parse_output(text, tools)

    def floor() -> None:
        for document in documents:
            json.loads(document)

    return _best(ours, rounds) * 1e6 / size, _best(floor, rounds) * 1e6 / size


def _best(work: Callable[[], None], rounds: int) -> float:
    """Seconds of CPU."""
    found: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)
