"""Our options are ours by their exact names; all else is the engine's, word for word."""

from __future__ import annotations

import click
import pytest

from unsloth_studio.cli.own_flags import CommandWithEngineFlags, engine_words, split_words

OPTIONS: list[click.Parameter] = [
    click.Option(["--model", "-hf"]),
    click.Option(["-p", "--port"], type=int),
    click.Option(["-c", "--ctx-size", "context_length"], type=int),
    click.Option(["-np", "--parallel"], type=int),
    click.Option(["-v", "--verbose"], is_flag=True),
    click.Option(["--enable-tools/--disable-tools"]),
]

SPLITS: dict[str, tuple[str, str, str]] = {
    "nothing": ("", "", ""),
    "only ours": ("--model m -p 1 -v", "--model m -p 1 -v", ""),
    "only the engine's": ("--temp 0.6 --seed 42", "", "--temp 0.6 --seed 42"),
    "mixed": ("--temp 0.6 -p 1 -ngl 99 -v", "-p 1 -v", "--temp 0.6 -ngl 99"),
    "-ctk is not -c": ("-ctk q8_0 -ctv q8_0 -c 100", "-c 100", "-ctk q8_0 -ctv q8_0"),
    "-fa is not -f": ("-fa on -mg 0 -md draft.gguf", "", "-fa on -mg 0 -md draft.gguf"),
    "a negative value": ("--seed -1 -np 2", "-np 2", "--seed -1"),
    "-hf is ours": ("-hf a/b:Q4", "-hf a/b:Q4", ""),
    "with an equals sign": ("--model=m --port=3 --temp=1", "--model=m --port=3", "--temp=1"),
    "both halves of a switch": ("--disable-tools --enable-tools", "--disable-tools --enable-tools", ""),
    "after two dashes": ("-v -- -p 1", "-v", "-p 1"),
    "help is ours": ("--help", "--help", ""),
}


@pytest.mark.parametrize("name", SPLITS)
def test_split(name: str) -> None:
    args, own, rest = SPLITS[name]
    assert split_words(args.split(), OPTIONS) == (own.split(), rest.split())


def test_values_of_ours_may_look_like_flags() -> None:
    assert split_words(["--model", "-odd-name"], OPTIONS) == (["--model", "-odd-name"], [])


@pytest.mark.parametrize("slots", ["-np8", "-np 8"])
def test_command_keeps_both(slots: str) -> None:
    seen: list[object] = []

    def callback(parallel: int, **others: object) -> None:
        del others
        seen.extend([parallel, engine_words(click.get_current_context())])

    command = CommandWithEngineFlags("run", params=OPTIONS, callback=callback)
    command.main([*slots.split(), "-m", "x.gguf", "--temp", "0.6"], standalone_mode=False)
    assert seen == [8, ("--temp", "0.6")]
