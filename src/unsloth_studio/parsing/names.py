"""The tools a request offers, and which of them a written name means.

The rule: a name is exact, or exactly one tool has the same words once case, joints and known prefixes are set aside.
There is no edit distance and there are no synonyms: a call that goes to the wrong tool is worse than one that goes
nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from unsloth_studio.parsing.folding import folded, unjoined
from unsloth_studio.parsing.schema_fit import declared
from unsloth_studio.parsing.schema_view import NOTHING_SAID, as_schema
from unsloth_studio.patterns import pattern

_CONTROL = pattern(r"<[|｜/]|<\w+>|[\r\n(]")  # noqa: RUF001
_PREFIX = pattern(r"(?:functions[._:/]|(?:function|default_api|tools?|api)[.:/])(?=.)", re.IGNORECASE)
_METHOD = pattern(r"\.call\Z")  # Llama 3.1 writes `n.call(..)`
_INDEX = pattern(r"[:_]\d{1,3}\Z")
_COLON_INDEX = pattern(r":\d{1,3}\Z")
_NAMESPACE = pattern(r".*(?:\.|::|:|/)(?=.)", re.DOTALL)
_NAME_LIMIT = 256


class Resolved(NamedTuple):
    """`name` as the tool is offered; `repaired` when it was written otherwise."""

    name: str
    repaired: bool = False


class ToolNames:
    """`tools` is the OpenAI list, or the functions inside it; entries of any other shape are passed over."""

    def __init__(self, tools: Sequence[Mapping[str, Any]] | None) -> None:
        self._functions = dict(_functions(tools))
        self._unjoined: tuple[str, ...] | None = None
        self._folded: dict[str, list[str]] | None = None

    def __bool__(self) -> bool:
        return bool(self._functions)

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def schema(self, name: str) -> Mapping[str, Any]:
        """The parameters' schema of an offered tool; empty when it has none."""
        function = self._functions.get(name, NOTHING_SAID)
        return as_schema(function.get("parameters", function.get("input_schema")))

    def declares(self, tool: str, key: str) -> bool:
        """Whether the tool itself has a parameter of that name."""
        return key in declared(self.schema(tool))

    def resolve(self, name: str) -> Resolved | None:
        """The offered tool that `name` means, or None when it means none or several."""
        if name in self._functions:
            return Resolved(name)
        written = _CONTROL.split(name[:_NAME_LIMIT], maxsplit=1)[0].strip(" \t\"'`*")
        for form in _forms(written):
            if form in self._functions:
                return Resolved(form, repaired=True)
            found = self._candidates(form)
            if found:
                return Resolved(found[0], repaired=True) if len(found) == 1 else None
        return None

    def may_begin(self, word: str) -> bool:
        """Whether a word is the beginning of a name, or begins with one; joints and case set aside."""
        if self._unjoined is None:
            self._unjoined = tuple(unjoined(name) for name in self._functions)
        begun = unjoined(word)
        return any(name.startswith(begun) or begun.startswith(name) for name in self._unjoined)

    def _candidates(self, form: str) -> list[str]:
        if not form:
            return []
        if self._folded is None:  # made for the first name that is not exact; most turns have none
            self._folded = {}
            for name in self._functions:
                for each in {folded(name), unjoined(name)}:
                    self._folded.setdefault(each, []).append(name)
        return self._folded.get(folded(form)) or self._folded.get(unjoined(form)) or []


def _forms(written: str) -> list[str]:
    """What is left of a name, from the least change to the most."""
    bare = _METHOD.sub("", written)
    forms = list(dict.fromkeys([written, bare]))
    for _ in range(3):
        shorter = _PREFIX.sub("", bare, count=1) if _PREFIX.match(bare) else bare
        if shorter == bare:
            break
        bare = shorter
        forms.append(bare)
    forms.append(_COLON_INDEX.sub("", bare))
    if bare != _METHOD.sub("", written):
        forms.append(_INDEX.sub("", bare))  # `functions_n_1`: an index only where the prefix shows the id's form
    forms.append(_NAMESPACE.sub("", forms[-1]))
    return list(dict.fromkeys(form for form in forms if form))


def _functions(tools: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(tools, list | tuple):
        return
    for entry in cast("Sequence[object]", tools):
        tool = as_schema(entry)
        function = as_schema(tool.get("function")) or tool
        name = function.get("name")
        if isinstance(name, str) and name:
            yield name, function
