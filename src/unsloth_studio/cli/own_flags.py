"""Which words of the command line are ours and which the engine's.

The rule: only exact names of our options are ours; every other word, and what follows it, is the engine's. A general
option parser would take `-ctk` for `-c tk` and `-fa` for `-f -a`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from unsloth_studio.catalog.short_flags import promote_short_flags

META = "unsloth_studio.engine_words"


class CommandWithEngineFlags(click.Command):
    """A command that keeps its own options and leaves the rest in `engine_words(ctx)`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, rest = split_words(promote_short_flags(args), self.params)
        ctx.meta[META] = tuple(rest)
        return super().parse_args(ctx, own)


def engine_words(ctx: click.Context) -> tuple[str, ...]:
    """The words that are not ours, in their order."""
    words: Any = ctx.meta.get(META, ())
    return words


def split_words(args: Sequence[str], params: Sequence[click.Parameter]) -> tuple[list[str], list[str]]:
    """`args` as (ours with their values, the engine's). Everything after `--` is the engine's."""
    takes_value: dict[str, bool] = {"-h": False, "--help": False}
    for param in params:
        flag = isinstance(param, click.Option) and (param.is_flag or param.count)
        takes_value |= dict.fromkeys((*param.opts, *param.secondary_opts), not flag)
    own: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        if word == "--":
            rest.extend(words)
            break
        name, equals, _ = word.partition("=")
        if name.startswith("--") and equals and name in takes_value:
            own.append(word)
        elif word in takes_value:
            own.append(word)
            if takes_value[word] and (value := next(words, None)) is not None:
                own.append(value)
        else:
            rest.append(word)
    return own, rest
