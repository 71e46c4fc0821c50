from __future__ import annotations

import click
import pytest

from unsloth_studio.cli.start.command import start
from unsloth_studio.cli.start.words import split


@pytest.mark.parametrize(
    ("line", "own", "rest"),
    [
        ("", "", ""),
        ("claude", "claude", ""),
        ("claude -p hello", "claude", "-p hello"),
        ("claude --model m -p --model opus", "claude --model m", "-p --model opus"),
        ("--model m claude", "--model m claude", ""),
        ("--model=m claude --dry-run x --dry-run", "--model=m claude --dry-run", "x --dry-run"),
        ("codex exec --json hi", "codex", "exec --json hi"),
        ("codex --json", "codex --json", ""),
        ("codex -- --json", "codex", "--json"),
        ("codex -- -- x", "codex", "-- x"),
        ("claude --help", "claude --help", ""),
        ("claude -- --help", "claude", "--help"),
        ("pi --printed", "pi", "--printed"),
        ("pi --print=1", "pi", "--print=1"),
    ],
)
def test_whose_word_is_it(line: str, own: str, rest: str) -> None:
    assert split(line.split(), start.params) == (own.split(), rest.split())


def test_an_option_of_nobody_is_told() -> None:
    with pytest.raises(click.NoSuchOption):
        split(["--nonsense", "claude"], start.params)
