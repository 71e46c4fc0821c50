"""The engine's words of the command line, read: what the plan must know, and the rest, which goes to the engine as it is.

The rule: nothing is dropped. A word is taken out (sampling, context, slots, threads, projector), forwarded, or refused with
a sentence that names it. Pure, but for looking whether a named file exists.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.engine.flag_values import choice, layers
from unsloth_studio.engine.known_flags import KNOWN_FLAGS, REMOVED_FLAGS
from unsloth_studio.engine.managed_flags import MANAGED_FLAGS
from unsloth_studio.engine.memory import BITS
from unsloth_studio.problem import OperatorProblem
from unsloth_studio.turn.messages import SamplingParams

MAX_WORDS = 256
MAX_BYTES = 32 * 1024

_NUMBER = re.compile(r"^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_SCALED = ("--lora-scaled", "--control-vector-scaled")


class FlagProblem(OperatorProblem):
    """A word that cannot be an option of the engine, or may not; a usage error."""

    exit_status = 2


class EngineFlags(Struct, frozen=True):
    """`context_length` is per slot, in tokens; `rest` are llama-server's own words, in order. None: nothing was said."""

    sampling: SamplingParams = SamplingParams()
    context_length: int | None = None
    slots: int | None = None
    threads: int | None = None
    mmproj: Path | None = None
    rest: tuple[str, ...] = ()


def _whole(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,12}", text) or not least <= int(text) <= most:
            raise ValueError(f"it must be a whole number from {least}" + (f" to {most}" if most != 2**31 - 1 else ""))
        return int(text)

    return read


def _real(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        if not _NUMBER.match(text) or not least <= float(text) <= most:
            raise ValueError(f"it must be a number from {least:g} to {most:g}")
        return float(text)

    return read


def _file(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def _gguf(text: str) -> Path:
    path = _file(text)
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ValueError("it is no GGUF file")
    return path


def _gpu_layers(text: str) -> int:
    try:
        return layers(text)
    except ValueError:
        raise ValueError("it must be a whole number, 'auto' or 'all'") from None


_SAMPLING: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("--temp --temperature", "temperature", _real(0, 100)),
    ("--top-p", "top_p", _real(0, 1)),
    ("--top-k", "top_k", _whole(-1)),
    ("--min-p", "min_p", _real(0, 1)),
    ("--repeat-penalty", "repeat_penalty", _real(0, 100)),
    ("--presence-penalty", "presence_penalty", _real(-100, 100)),
    ("--frequency-penalty", "frequency_penalty", _real(-100, 100)),
    ("-s --seed", "seed", _whole(-1, 2**32 - 1)),
)
_PLANNED: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("-c --ctx-size", "context_length", _whole(0)),
    ("-np --parallel --n-parallel", "slots", _whole(1, 4096)),
    ("-t --threads", "threads", _whole(-1, 1024)),
    ("-mm --mmproj", "mmproj", _gguf),
)
_CHECKED: tuple[tuple[str, Callable[[str], Any]], ...] = (
    ("-ctk --cache-type-k -ctv --cache-type-v", choice(dict.fromkeys(BITS))),
    ("-ngl --gpu-layers --n-gpu-layers", _gpu_layers),
    ("-sm --split-mode", choice(dict.fromkeys(("none", "layer", "row", "tensor")))),
    ("-fa --flash-attn -rea --reasoning", choice(dict.fromkeys(("on", "off", "auto")))),
    ("--reasoning-budget", _whole(-1)),
    ("-b --batch-size -ub --ubatch-size", _whole(1)),
    ("-cram --cache-ram", _whole(-1)),
    ("-ctxcp --ctx-checkpoints --swa-checkpoints", _whole(0, 4096)),
    ("--chat-template-file --grammar-file", _file),
    ("-md --model-draft --spec-draft-model", _gguf),
)


def _by_flag(rows: Sequence[tuple[str, str, Callable[[str], Any]]]) -> dict[str, tuple[str, Callable[[str], Any]]]:
    return {flag: (field, read) for flags, field, read in rows for flag in flags.split()}


_SAMPLING_FLAGS: Mapping[str, tuple[str, Callable[[str], Any]]] = _by_flag(_SAMPLING)
_PLANNED_FLAGS: Mapping[str, tuple[str, Callable[[str], Any]]] = _by_flag(_PLANNED)
_CHECKED_FLAGS: Mapping[str, Callable[[str], Any]] = {flag: read for flags, read in _CHECKED for flag in flags.split()}


def parse_engine_flags(tokens: Sequence[str], *, known: Mapping[str, int] = KNOWN_FLAGS) -> EngineFlags:
    """Read what is not an option of ours. `known` maps flags to their number of values; a native engine's own come from
    `known_flags.flags_of_help`.

    Raises `FlagProblem` for the first word that is refused, with the reason and, for an unknown one, the nearest known.
    """
    _check_size(tokens)
    flags = EngineFlags()
    at = 0
    while at < len(tokens):
        flag = _flag(tokens[at], known)
        values, at = _values(flag, tokens, at + 1, known=known)
        flags = _add(flags, flag, values)
    _check_together(flags.rest)
    return flags


def _check_size(tokens: Sequence[str]) -> None:
    if len(tokens) > MAX_WORDS:
        raise FlagProblem(f"There are {len(tokens)} words for the engine; at most {MAX_WORDS} are taken.")
    size = sum(len(token.encode(errors="surrogatepass")) for token in tokens)
    if size > MAX_BYTES:
        raise FlagProblem(f"The words for the engine have {size} bytes; at most {MAX_BYTES} are taken.")
    for token in tokens:
        if _CONTROL.search(token):
            raise FlagProblem(f"The word {token!r} has a character that no option may have. Write it again by hand.")
        if token != token.strip() and token.strip().startswith("-"):
            raise FlagProblem(f"The option {token!r} has blanks around it. Write {token.strip()}.")


def _flag(token: str, known: Mapping[str, int]) -> str:
    """`token` as a flag that may be passed, in its usual spelling."""
    if not token.startswith("-") or _NUMBER.match(token) or token in ("-", "--"):
        raise FlagProblem(f"Nothing takes the word '{token}'. An option of the engine begins with a dash.")
    name, equals, value = token.partition("=")
    flag = name.replace("_", "-") if name.startswith("--") else name
    if flag in MANAGED_FLAGS:
        raise FlagProblem(f"The option {flag} cannot be passed to the engine: {MANAGED_FLAGS[flag]}.")
    if flag in REMOVED_FLAGS:
        raise FlagProblem(f"llama.cpp has removed the option {flag}. Use {REMOVED_FLAGS[flag]}.")
    if flag not in known:
        near = difflib.get_close_matches(flag, (name for name in known if name not in MANAGED_FLAGS), n=1, cutoff=0.6)
        hint = (
            f" Did you mean {near[0]}?" if near else " `unsloth run --help` names ours; llama-server's help the others."
        )
        raise FlagProblem(f"There is no option {flag}.{hint}")
    if equals:
        raise FlagProblem(f"The engine does not read {token}. Write {flag} {value}, with a blank.")
    return flag


def _values(flag: str, tokens: Sequence[str], at: int, *, known: Mapping[str, int]) -> tuple[tuple[str, ...], int]:
    """The words that belong to `flag`, and where the next flag stands."""
    end = at + known[flag]
    values = tuple(tokens[at:end])
    missing = len(values) < known[flag]
    if missing or any(value.startswith("--") or value in known for value in values):
        follows = "" if missing else f", but {next(v for v in values if v.startswith('--') or v in known)} follows"
        raise FlagProblem(f"The option {flag} needs a value{follows}.")
    if flag in _SCALED and end < len(tokens) and _NUMBER.match(tokens[end]):
        return (f"{values[0]}:{tokens[end]}",), end + 1  # the older way to write it: FILE SCALE
    return values, end


def _add(flags: EngineFlags, flag: str, values: tuple[str, ...]) -> EngineFlags:
    """`flags` with one more; a later value replaces an earlier one."""
    if taken := _SAMPLING_FLAGS.get(flag):
        field, read = taken
        return replace(flags, sampling=replace(flags.sampling, **{field: _read(flag, values[0], read)}))
    if taken := _PLANNED_FLAGS.get(flag):
        field, read = taken
        return replace(flags, **{field: _said(field, _read(flag, values[0], read))})
    if check := _CHECKED_FLAGS.get(flag):
        _read(flag, values[0], check)
    if flag in ("--lora", "--lora-scaled"):
        for part in values[0].split(","):
            _read(flag, part.rpartition(":")[0] if flag == "--lora-scaled" else part, _gguf)
    return replace(flags, rest=(*flags.rest, flag, *values))


def _check_together(rest: Sequence[str]) -> None:
    """What llama.cpp refuses only together: quantized values in the cache need flash attention."""
    said = dict(pairwise(rest))  # the last of each spelling; values in between do no harm
    values, flash = said.get("-ctv", said.get("--cache-type-v")), said.get("-fa", said.get("--flash-attn"))
    if flash == "off" and values is not None and values not in ("f32", "f16", "bf16"):
        raise FlagProblem(f"A V cache of type {values} needs flash attention. Leave out -fa off, or use -ctv f16.")


def _said(field: str, value: Any) -> Any:
    """llama-server's words for "you decide": no context length, a negative number of threads."""
    if field == "context_length":
        return value or None
    return None if field == "threads" and value < 1 else value


def _read(flag: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise FlagProblem(f"The option {flag} cannot be '{text}': {error}.") from error
