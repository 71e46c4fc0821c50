"""Which of the models that are here a client means by the name in its request.

The rule: case never matters, and the most exact reading wins: alias, public id, full repository, last part of it; each
with or without `:QUANT`. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from unsloth_studio.catalog.reference import last_part, preference


class KnownModel(Struct, frozen=True):
    """One model that can be loaded: its public id, its repository when it came from a hub, and its quantization."""

    id: str
    repo: str | None = None
    variant: str | None = None


def match_model(
    asked: str, known: Sequence[KnownModel], *, aliases: Mapping[str, str] | None = None
) -> tuple[KnownModel, ...]:
    """The models `asked` can mean, best quantization first; empty when there is none.

    There are several when one repository is here in several quantizations and none was named. `aliases` maps names, or
    patterns such as `claude-*haiku*`, to a name or a further alias. A pattern is asked last, and a long one before a short
    one: `gpt-*` does not hide a `gpt-oss-20b` that is here. A circle of aliases ends where it began.
    """
    aliases = aliases or {}
    name, seen = asked.strip(), set[str]()
    while (key := name.casefold()) not in seen:
        seen.add(key)
        exact = next((alias for alias in aliases if alias.casefold() == key), None)
        if exact is None and (found := _named(key, known)):
            return found
        fitting = [alias for alias in aliases if fnmatchcase(key, alias.casefold())] if exact is None else [exact]
        if fitting:
            name = aliases[max(fitting, key=len)]
    return _named(name.casefold(), known)


def _named(name: str, known: Sequence[KnownModel]) -> tuple[KnownModel, ...]:
    stem, colon, quant = name.rpartition(":")
    readings = [(name, None)] + ([(stem, quant)] if colon and stem and quant else [])
    for key in (_id, _repo, _leaf):
        for wanted, variant in readings:
            found = [m for m in known if key(m) == wanted and variant in (None, (m.variant or "").casefold())]
            if found:
                return tuple(sorted(found, key=lambda model: preference(model.variant)))
    return ()


def closest(asked: str, names: Iterable[str], count: int = 8) -> tuple[str, ...]:
    """Up to `count` of `names` that look like `asked`, nearest first; for "did you mean". Judged by the last part."""
    wanted = last_part(asked).casefold()

    def likeness(name: str) -> float:
        leaf = last_part(name).casefold()
        inside = min(len(wanted), len(leaf)) >= 3 and (wanted in leaf or leaf in wanted)
        return max(difflib.SequenceMatcher(None, wanted, leaf, autojunk=False).ratio(), 0.7 if inside else 0.0)

    scored = [(likeness(name), name) for name in dict.fromkeys(names)]
    return tuple(name for score, name in sorted(scored, key=lambda pair: (-pair[0], pair[1])) if score >= 0.5)[:count]


def _id(model: KnownModel) -> str:
    return model.id.casefold()


def _repo(model: KnownModel) -> str:
    return (model.repo or model.id).casefold()


def _leaf(model: KnownModel) -> str:
    return last_part(model.repo or model.id).casefold()
