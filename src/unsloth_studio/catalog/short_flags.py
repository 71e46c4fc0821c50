"""llama.cpp's short flags, made safe for a parser that takes `-mg` for `-m -g`.

The rule: only exact tokens are rewritten (`-m`, `-hfr`, `-f`, `-np8`), nothing behind `--` is, and every other token, such
as `-mg`, `-md`, `-fa`, `-fit`, `-ctk`, goes through untouched. Pure: argv in, argv out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from unsloth_studio.problem import OperatorProblem

_LONG = {"-m": "--model", "-hfr": "--model", "-f": "--frontend"}
_MODEL = frozenset({"--model", "-hf", "--hf-repo"})
_SLOTS = re.compile(r"^-np([+-]?\d.*)$", re.DOTALL)


class FlagMisuse(OperatorProblem):
    """A flag that cannot be understood; the message says what to write instead."""

    exit_status = 2


def promote_short_flags(argv: Sequence[str]) -> list[str]:
    """`argv` with `-m X`, `-m=X`, `-hfr X` as `--model X`, `-f X` as `--frontend X`, and `-np8` as `-np 8`.

    Raises `FlagMisuse` when a promoted flag has no value, an empty one, or is followed by a `--flag`; a value may begin
    with a single dash. Raises it too when two flags name different models.
    """
    argv = list(argv)
    end = argv.index("--") if "--" in argv else len(argv)
    out: list[str] = []
    at = 0
    while at < end:
        flag, inline, value = argv[at].partition("=")
        at += 1
        if flag in _LONG:
            if not inline:
                value, at = (argv[at] if at < end else ""), at + 1
            out += [_LONG[flag], _checked(flag, value, inline=bool(inline))]
        elif slots := _SLOTS.match(argv[at - 1]):
            out += ["-np", slots[1]]
        else:
            out.append(argv[at - 1])
    _refuse_two_models(argv[:end], out)
    return out + argv[end:]


def _checked(flag: str, value: str, *, inline: bool) -> str:
    if not value:
        raise FlagMisuse(f"The option {flag} needs a value.")
    if not inline and value.startswith("--"):
        raise FlagMisuse(f"The option {flag} needs a value, but {value} follows. Write {flag}={value} if it is meant.")
    return value


def _refuse_two_models(argv: Sequence[str], promoted: Sequence[str]) -> None:
    short = next((token for token in (a.partition("=")[0] for a in argv) if _LONG.get(token) == "--model"), None)
    if short is None:
        return
    named: list[str] = []
    for at, token in enumerate(promoted):
        flag, inline, value = token.partition("=")
        if flag in _MODEL:
            named += [value] if inline else list(promoted[at + 1 : at + 2])
    if len(set(named)) > 1:
        raise FlagMisuse(f"Two models are named: {named[0]} and {named[1]} (one by {short}). Name one of them.")
