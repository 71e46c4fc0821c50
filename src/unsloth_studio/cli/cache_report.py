"""`unsloth doctor --cache`: what the running server saw of prompt caches, as a table or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PATH = "/api/cache"
_HEAD = ("client", "session", "turns", "possible", "reused", "lost tokens", "what was in the way")
_NOTES = (
    "Shares are of the prompts from the second turn on. Blocks, tools and messages are counted from 0, as in the request;",
    "lines from 1. See docs/prompt-cache.md.",
)
_LONGEST = (24, 24, 5, 8, 8, 11, 60)


def cache_document(home: Path) -> dict[str, Any]:
    """The server's own report. Raises `OperatorProblem` when none runs on the data folder `home`."""
    from unsloth_studio.cli.running import ask

    return ask(home, PATH)


def cache_table(report: dict[str, Any]) -> str:
    """The report for a person: one row a conversation, the one used last first."""
    if not report["conversations"]:
        return "The running server has not seen a conversation yet."
    rows = [_HEAD, *(_row(one) for one in report["conversations"])]
    cut = [tuple(_plain(text)[:most] for text, most in zip(row, _LONGEST, strict=True)) for row in rows]
    widths = [max(len(row[at]) for row in cut) for at in range(len(_HEAD))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in cut]
    return "\n".join([*lines, "", *_NOTES])


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    named = [f"{each['name']} ({each['count']})" for each in one["differences"]]
    session = one["session"][-12:] or f"#{one['conversation']}"
    return (
        one["client"],
        f"{session}/{one['agent'][-10:]}" if one["agent"] else session,
        str(one["turns"]),
        _share(one["possible_tokens"], one["prompt_tokens"]),
        _share(one["reused_tokens"], one["prompt_tokens"]),
        str(one["lost_tokens"]),
        ", ".join(named) or "nothing",
    )


def _plain(text: str) -> str:
    """Without what would do something to a terminal: ids and differences are a client's words."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"
