"""The call inside a JSON value: which tool, which arguments, under whatever keys a model put them.

The rule: a value is a call only if it names an offered tool, and an envelope is opened only where its key is not one of
the tool's own. Everything else, such as an answer in JSON or a tool's definition repeated, is no call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.parsing.folding import same_word
from unsloth_studio.parsing.json_text import readings
from unsloth_studio.parsing.names import ToolNames
from unsloth_studio.parsing.schema_fit import declared

CALL_LIMIT = 128

NAME_KEYS = (
    "name", "tool_name", "tool", "function_name", "function", "action", "recipient_name", "toolName", "functionName",
)  # fmt: skip
ARGUMENT_KEYS = (
    "arguments", "parameters", "args", "input", "params", "action_input", "tool_input", "kwargs", "function_arguments",
    "tool_arguments", "argument", "parameter", "tool_args",
)  # fmt: skip
_KNOWN = (
    "name",
    "tool_name",
    "function_name",
    "arguments",
    "parameters",
    "args",
    "input",
    "tool_input",
    "action_input",
)
_NATIVE = frozenset({"name", "tool_name", "arguments", "parameters"})
ID_KEYS = ("id", "call_id", "tool_call_id", "tool_use_id")
_BESIDE = frozenset({*ID_KEYS, "type", "index", "thought", "thoughts", "reasoning", "explanation"})
_CALL_TYPES = frozenset({"function", "function_call", "tool_call", "tool_use", "tool"})
LIST_KEYS = ("tool_calls", "function_call", "tool_call", "calls", "function_calls")


class RawCall(Struct, frozen=True):
    """`name` is an offered tool's; `arguments` are not yet fitted to its schema. `arguments_raw`: when they came as
    text."""

    name: str
    arguments: dict[str, Any]
    repairs: tuple[str, ...] = ()
    call_id: str | None = None
    arguments_raw: str | None = None


def calls_of(value: Any, names: ToolNames, *, marked: bool = False) -> list[RawCall] | None:
    """The calls that `value` is, or None when any part of it is not a call of an offered tool.

    `marked` says that a marker of the model announced a call: then unknown keys beside it are left out, and a name
    alone calls a tool that needs no arguments.
    """
    return _Envelope(names, marked=marked).calls(value, 0)


class _Envelope:
    def __init__(self, names: ToolNames, *, marked: bool) -> None:
        self._names = names
        self._marked = marked

    def calls(self, value: Any, depth: int) -> list[RawCall] | None:
        if depth > 4:
            return None
        if isinstance(value, str):
            inner = _decoded(value)
            found = self.calls(inner[0], depth + 1) if inner else None
            return _noted(found, "string_call", *(inner[1] if inner else ()))
        if isinstance(value, list):
            return self._listed(cast("list[Any]", value), depth)
        if not isinstance(value, dict):
            return None
        members = cast("dict[str, Any]", value)
        for key in LIST_KEYS:
            if key in members and all(other in _BESIDE or other in (key, "role", "content") for other in members):
                found = self.calls(members[key], depth + 1) if isinstance(members[key], list | dict | str) else None
                if found is not None:
                    return _noted(found, "unwrapped")
        call = self._call(members, depth)
        if call is None and (renamed := _renamed(members)) is not None:
            call = self._call(renamed, depth)
            call = None if call is None else _with(call, "envelope_keys")
        return None if call is None else [call]

    def _listed(self, values: list[Any], depth: int) -> list[RawCall] | None:
        if not values or len(values) > CALL_LIMIT:
            return None
        calls: list[RawCall] = []
        for each in values:
            found = self.calls(each, depth + 1)
            if found is None:
                return None
            calls += found
        return calls

    def _call(self, members: dict[str, Any], depth: int) -> RawCall | None:
        inner = members.get("function")
        if isinstance(inner, dict):
            return self._nested(members, cast("dict[str, Any]", inner), depth)
        for key in NAME_KEYS:
            written = members.get(key)
            resolved = self._names.resolve(written) if isinstance(written, str) else None
            if resolved is not None:
                call = self._named(resolved.name, {k: v for k, v in members.items() if k != key})
                if call is None:
                    return None
                repairs = () if key in _NATIVE else ("envelope_keys",)
                return _with(call, *repairs, *(("folded_name",) if resolved.repaired else ()))
        return self._name_as_key(members)

    def _nested(self, members: dict[str, Any], inner: dict[str, Any], depth: int) -> RawCall | None:
        if depth > 4 or any(key not in _BESIDE and key not in ("function", *ARGUMENT_KEYS) for key in members):
            return None
        merged = {**{key: each for key, each in members.items() if key in ARGUMENT_KEYS}, **inner}
        call = self._call(merged, depth + 1)
        if call is None:
            return None
        own = _call_id(members)
        return replace(_with(call, "unwrapped"), call_id=own or call.call_id)

    def _named(self, tool: str, rest: dict[str, Any]) -> RawCall | None:
        """The arguments in what stands beside a tool's name."""
        own = declared(self._names.schema(tool))
        for key in ARGUMENT_KEYS:
            if key in rest and (key not in own or self._is_envelope(rest[key], own)):
                return self._enveloped(tool, key, rest, own)
        if self._is_definition(rest, own):
            return None
        flat = {key: each for key, each in rest.items() if key in own or key not in _BESIDE}
        if not flat:
            needs = self._names.schema(tool).get("required")
            return RawCall(tool, {}, ("no_arguments",), _call_id(rest)) if self._marked and not needs else None
        if not all(same_word(key, own) for key in flat):
            return None
        return RawCall(tool, flat, ("flat_arguments",), None if "id" in own else _call_id(rest))

    def _enveloped(self, tool: str, key: str, rest: dict[str, Any], own: Mapping[str, Any]) -> RawCall | None:
        if self._is_definition(rest, own) or _is_schema(rest[key], own):
            return None
        found = self._arguments(rest[key], own)
        if found is None:
            return None
        arguments, repairs = found
        if key not in _NATIVE:
            repairs = (*repairs, "envelope_keys")
        strange = {each: rest[each] for each in rest if each != key and each not in _BESIDE}
        if strange:
            merged = {each: value for each, value in strange.items() if each in own and each not in arguments}
            if len(merged) == len(strange):
                arguments, repairs = {**arguments, **merged}, (*repairs, "flat_arguments")
            elif self._marked:
                repairs = (*repairs, "ignored_keys")
            else:
                return None
        raw = rest[key] if isinstance(rest[key], str) else None
        return RawCall(tool, arguments, repairs, _call_id(rest), raw)

    def _name_as_key(self, members: dict[str, Any]) -> RawCall | None:
        if len(members) != 1:
            return None
        ((key, value),) = members.items()
        resolved = self._names.resolve(key)
        if resolved is None:
            return None
        own = declared(self._names.schema(resolved.name))
        found = self._arguments(value, own) if value is not None else None
        if found is None or _is_schema(value, own) or not all(same_word(each, own) for each in found[0]):
            return None
        if not found[0] and not self._marked:
            return None
        folded = ("folded_name",) if resolved.repaired else ()
        return RawCall(resolved.name, found[0], (*found[1], "name_as_key", *folded))

    def _arguments(self, value: Any, own: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        """A dict of arguments out of what stands for one: text (also twice encoded), nothing, one envelope too many."""
        repairs: tuple[str, ...] = ()
        for _ in range(4):
            if isinstance(value, str) and value.strip():
                inner = _decoded(value)
                if inner is None:
                    return None
                value, repairs = inner[0], (*repairs, "string_arguments", *inner[1])
            elif value is None or value == "" or value == [] or (isinstance(value, str) and not value.strip()):
                return {}, (*repairs, "no_arguments")
            elif isinstance(value, dict):
                members = cast("dict[str, Any]", value)
                deeper = self._too_deep(members, own)
                if deeper is None:
                    return members, tuple(dict.fromkeys(repairs))
                value, repairs = deeper, (*repairs, "unwrapped")
            elif isinstance(value, list) and len(cast("list[Any]", value)) == 1:
                value, repairs = cast("list[Any]", value)[0], (*repairs, "listed_arguments")
            else:
                return None
        return None

    def _too_deep(self, members: dict[str, Any], own: Mapping[str, Any]) -> Any:
        """What an envelope inside the arguments holds, when neither its key nor the name beside it is the tool's."""
        keys = [key for key in members if key in ARGUMENT_KEYS]
        if len(keys) != 1 or keys[0] in own or not own:
            return None
        if any(key in own or key not in (*NAME_KEYS, *_BESIDE) for key in members if key != keys[0]):
            return None
        return members[keys[0]] if self._is_envelope(members[keys[0]], own) else None

    def _is_envelope(self, value: Any, own: Mapping[str, Any]) -> bool:
        if isinstance(value, str):
            inner = _decoded(value)
            value = inner[0] if inner else None
        if not isinstance(value, dict):
            return False
        inside = cast("dict[str, Any]", value)
        return bool(inside) and all(same_word(key, own) for key in inside)

    def _is_definition(self, rest: dict[str, Any], own: Mapping[str, Any]) -> bool:
        """Whether a tool's definition was repeated rather than the tool called."""
        if "input_schema" in rest and "input_schema" not in own:
            return True
        return "description" in rest and "description" not in own and "arguments" not in rest


def _renamed(members: dict[str, Any]) -> dict[str, Any] | None:
    """The envelope's own keys in their usual spelling, when they were written in another: `Name`, `Arguments`."""
    spelled = {key: found[0] for key in members if key not in _KNOWN and (found := same_word(key, _KNOWN))}
    if not spelled or any(name in members for name in spelled.values()) or len(set(spelled.values())) < len(spelled):
        return None
    return {spelled.get(key, key): value for key, value in members.items()}


def _is_schema(value: Any, own: Mapping[str, Any]) -> bool:
    if not isinstance(value, dict) or "properties" in own:
        return False
    members = cast("dict[str, Any]", value)
    return isinstance(members.get("properties"), dict) and (
        "type" in members or "required" in members or len(members) == 1
    )


def _decoded(text: str) -> tuple[Any, tuple[str, ...]] | None:
    """The one value that a text encodes; only objects, lists and texts of such count."""
    if text.strip()[:1] not in ("{", "[", '"', "'"):
        return None
    found = readings(text)
    value: Any = found[0].value if len(found) == 1 else None
    return (value, found[0].repairs) if value is not None and not isinstance(value, int | float) else None


def _call_id(members: Mapping[str, Any]) -> str | None:
    for key in ID_KEYS:
        value = members.get(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def _with(call: RawCall, *repairs: str) -> RawCall:
    return replace(call, repairs=tuple(dict.fromkeys((*call.repairs, *repairs)))) if repairs else call


def _noted(calls: list[RawCall] | None, *repairs: str) -> list[RawCall] | None:
    return None if calls is None else [_with(call, *repairs) for call in calls]
