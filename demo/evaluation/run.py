"""The evaluation from end to end: a server of its own, every case asked, the table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import openai

from demo.evaluation.asking import Answer, answers
from demo.evaluation.cases import Case, cases
from demo.evaluation.table import Score, scores
from demo.evaluation.verdicts import is_right

_START_SECONDS = 120


def evaluate(model: Path | None = None, *, scale: float = 1.0, show: int = 0) -> list[Score]:
    """Scores of the model in the file, or of the built-in one; prints up to `show` wrong answers of each measure."""
    asked = cases(scale=scale)
    with TemporaryDirectory() as home, served(Path(home), model) as client:
        given = answers(client, asked)
    _print_wrong(asked, given, show)
    return scores(asked, given)


@contextmanager
def served(home: Path, model: Path | None) -> Generator[openai.OpenAI]:
    """`unsloth run` on a free port, and a client for it. Ends with the block."""
    unsloth = Path(sys.executable).with_name("unsloth")
    options = ["--model", str(model)] if model else []
    process = subprocess.Popen(
        [str(unsloth), "run", "--json", "-p", "0", *options], env={**os.environ, "UNSLOTH_STUDIO_HOME": str(home)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        ready = next(event for event in map(json.loads, process.stdout) if event["event"] == "ready")
        with openai.OpenAI(base_url=ready["openai_base_url"], api_key=ready["api_key"], max_retries=0) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(_START_SECONDS)


def _print_wrong(asked: Sequence[Case], given: Sequence[Answer], show: int) -> None:
    shown: Counter[str] = Counter()
    for case, answer in zip(asked, given, strict=True):
        if shown[case.measure] < show and not is_right(case, answer):
            shown[case.measure] += 1
            print(f"--- {case.measure}{', thinking' if case.conversation.thinking else ''}")
            print("  asked ", repr(case.conversation.turns[-1].text)[:400])
            print("  wanted", repr(case.wanted.written())[:400])
            print("  got   ", repr(answer.calls or answer.before or answer.text)[:400])
