"""Which words of `unsloth start` are ours and which the client's.

The rule: ours are the options before the client's name and directly behind it. The first word there that is no option of
ours begins the client's words, `--` before it or not: `unsloth start codex exec --json "..."` gives `--json` to Codex.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

META = "unsloth_studio.client_words"


class StartCommand(click.Command):
    """A command that keeps its own options and the client's name, and leaves the rest in `client_words(ctx)`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, rest = split(args, self.params)
        ctx.meta[META] = tuple(rest)
        return super().parse_args(ctx, own)


def client_words(ctx: click.Context) -> tuple[str, ...]:
    return ctx.meta.get(META, ())


def split(args: Sequence[str], params: Sequence[click.Parameter]) -> tuple[list[str], list[str]]:
    """`args` as (ours, the client's)."""
    takes_value = {"-h": False, "--help": False}
    for param in params:
        if isinstance(param, click.Option):
            takes_value |= dict.fromkeys(param.opts, not param.is_flag)
    own: list[str] = []
    named = False
    words = list(args)
    while words:
        word = words[0]
        name = word.partition("=")[0]
        if word == "--":
            return own, words[1:]
        if word in takes_value or (name.startswith("--") and takes_value.get(name)):
            taken = 2 if takes_value.get(word) else 1
            own += words[:taken]
            del words[:taken]
        elif word.startswith("-") or named:
            break
        else:
            own.append(words.pop(0))
            named = True
    if words and not named:
        raise click.NoSuchOption(words[0])
    return own, words
