"""What the engine's own settings bring, with real models: `python -m bench.engine [MODEL.gguf]`.

Each trial starts `unsloth run` with other flags and asks it the same questions; times are the engine's own (`timings`), so
that ours are not in them. Without a model it measures the demo model and one of 100 million parameters with random weights,
which is written for the purpose: what it says is noise, what it takes is true.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import started
from rich.console import Console
from rich.table import Table
from tests.support.shaped_models import Shape, write_shaped_gguf

from unsloth_studio.catalog.demo import demo_model

ROUNDS = 2
_LARGE = Shape("100 million", "qwen3", 12, 768, 2048, 12, 4, 64, vocabulary=8192, quantized=True)
_WORDS = "the quick brown fox jumps over the lazy dog while seven small birds sing in the old garden of my house"
_CODE = "def area(width, height):\n    return width * height\n"
_TIMEOUT = 300


@dataclass(frozen=True, slots=True)
class Trial:
    """Flags under test against `usual`, the flags without which nothing would be compared; `ask` gives one number."""

    name: str
    unit: str
    ask: Callable[[Server], float]
    ways: Sequence[tuple[str, ...]]
    usual: tuple[str, ...] = ("-c", "8192", "-np", "1")


@dataclass(frozen=True, slots=True)
class Server:
    base_url: str
    api_key: str

    def answer(self, *messages: tuple[str, str], tokens: int = 1, **fields: Any) -> dict[str, Any]:
        """The whole reply of Chat Completions; `messages` are pairs of role and text."""
        body = {
            "messages": [{"role": role, "content": text} for role, text in messages],
            "max_tokens": tokens,
            "temperature": 0,
            **fields,
        }
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.base_url}/v1/chat/completions", json.dumps(body).encode(), headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as reply:
            return json.load(reply)


def _text(words: int, seed: str) -> str:
    """A text that begins differently for every `seed`, so that nothing of it is in a cache."""
    listed = _WORDS.split()
    return f"{seed} " + " ".join(listed[(at * at + len(seed)) % len(listed)] for at in range(words))


def _reading(server: Server) -> float:
    """Tokens of a prompt per second."""
    rates = [
        server.answer(("user", _text(150, f"round {at}")))["timings"]["prompt_per_second"] for at in range(ROUNDS + 1)
    ]
    return statistics.median(rates[1:])


def _writing(server: Server) -> float:
    """Tokens that are written per second."""
    replies = [server.answer(("user", "Hello"), tokens=100, ignore_eos=True) for _ in range(ROUNDS + 1)]
    return statistics.median(reply["timings"]["predicted_per_second"] for reply in replies[1:])


def _repeating(server: Server) -> float:
    """Tokens per second where the answer stands in the question, as when an agent edits a file."""
    question = ("user", f"Repeat: {_CODE * 6}")
    replies = [server.answer(question, tokens=100, ignore_eos=True) for _ in range(ROUNDS + 1)]
    return statistics.median(reply["timings"]["predicted_per_second"] for reply in replies[1:])


def _alternating(server: Server) -> float:
    """Milliseconds of reading for two conversations that take turns in one slot, from the second turn on."""
    histories: dict[str, list[tuple[str, str]]] = {name: [("user", _text(150, name))] for name in ("one", "two")}
    spent = 0.0
    for turn in range(4):
        for name, history in histories.items():
            reply = server.answer(*history, tokens=8)
            spent += reply["timings"]["prompt_ms"] if turn else 0
            history += [("assistant", reply["choices"][0]["message"]["content"] or "ok"), ("user", f"Go on, {name}.")]
    return spent


def _edited(server: Server) -> float:
    """Tokens of the prompt that are read again after a paragraph in its middle was taken out."""
    before, gone, after = (_text(60, seed) for seed in ("before", "gone", "after"))
    server.answer(("user", f"{before}\n{gone}\n{after}"))
    usage = server.answer(("user", f"{before}\n{after}"))["usage"]
    return usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"]


TRIALS = (
    Trial("reading, by threads", "tokens/s", _reading, (("-t", "1"), ("-t", "2"), ())),
    Trial("writing, by threads", "tokens/s", _writing, (("-t", "1"), ("-t", "2"), ())),
    Trial("writing, while a draft is looked for", "tokens/s", _writing, ((), ("--spec-type", "ngram-mod"))),
    Trial("reading, by batch", "tokens/s", _reading, (("-ub", "128"), ("-ub", "256"), (), ("-ub", "1024"))),
    Trial("two conversations in one slot", "ms reading", _alternating, (("--cache-ram", "0"), ())),
    Trial("a paragraph taken out", "tokens again", _edited, (("--cache-reuse", "0"), (), ("--cache-reuse", "64"))),
    Trial(
        "repeating code",
        "tokens/s",
        _repeating,
        ((), ("--spec-type", "ngram-simple"), ("--spec-type", "ngram-mod"), ("--spec-type", "ngram-map-k")),
    ),
)
"""`()` are the defaults of `unsloth run`."""


@contextmanager
def _serving(model: Path, flags: Sequence[str]) -> Generator[Server]:
    command = ["run", "--model", str(model), "--json", "--silent", "-p", "0", *flags]
    with started(command, stderr=subprocess.DEVNULL) as run:
        yield Server(run.ready["base_url"], run.ready["api_key"])


def measure(model: Path, trial: Trial) -> dict[str, float]:
    """By the flags."""
    found: dict[str, float] = {}
    for way in trial.ways:
        with _serving(model, (*trial.usual, *way)) as server:
            found[" ".join(way) or "default"] = trial.ask(server)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description="Measure what engine settings bring.")
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.gguf")
    parser.add_argument("--json", action="store_true", help="print JSON only")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="unsloth-bench-") as folder:
        models: list[Path] = arguments.models or [
            demo_model().files[0],
            write_shaped_gguf(Path(folder) / "large.gguf", _LARGE),
        ]
        found = {model.name: {trial.name: measure(model, trial) for trial in TRIALS} for model in models}
    if arguments.json:
        print(json.dumps(found, indent=2))
        return 0
    table = Table("model", "trial", "unit", "flags", "value")
    for model, trials in found.items():
        for trial in TRIALS:
            for flags, value in trials[trial.name].items():
                table.add_row(model, trial.name, trial.unit, flags, f"{value:,.0f}")
    Console(width=130).print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
