"""Arguments made to fit the schema of their tool, where the schema leaves no doubt what was meant.

The rule: a value that the schema accepts is never touched, so a declared string stays the text it is. Nothing is
invented: what is missing or does not fit afterwards is a problem, and the caller decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from unsloth_studio.parsing.folding import same_word
from unsloth_studio.parsing.json_text import failed, readings, strict
from unsloth_studio.parsing.python_text import read_literal
from unsloth_studio.parsing.scalars import UNCHANGED, alike, as_scalar, json_word
from unsloth_studio.parsing.schema_view import Schema, SchemaView, as_schema, choices, is_kind, kinds, plainly_fits

_DEPTH = 24


class Fit(Struct, frozen=True):
    """`problems` are `path: reason`; empty when the arguments are valid as far as this layer looks."""

    arguments: dict[str, Any]
    repairs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def declared(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that a tool's schema names, with their schemas."""
    return SchemaView(schema).properties(schema)


def schema_of(tool_schema: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The schema of one declared key with its references followed; empty when the tool does not declare it."""
    view = SchemaView(tool_schema)
    return view.follow(view.properties(tool_schema).get(key))


def fit(arguments: dict[str, Any], schema: Mapping[str, Any]) -> Fit:
    """`arguments` with keys and types as `schema` wants them; the same object when nothing had to change."""
    if _settled(arguments, schema):
        return Fit(arguments)
    fitter = _Fitter(schema)
    value = fitter.object(arguments, fitter.view.follow(schema), 0)
    fitted = value if fitter.repairs else arguments
    checker = SchemaView(schema)
    problems: list[str] = []
    for problem in checker.problems(fitted, schema):
        problems.append(problem)
        if len(problems) >= 20:
            break
    return Fit(fitted, tuple(fitter.repairs), tuple(dict.fromkeys(problems)))


def lift(arguments: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """`arguments` after a bracket was supplied at the end: keys that only the outer object declares go back there.

    None when an inner object that declares no keys holds one of them, because it may as well belong where it stands.
    """
    view = SchemaView(schema)
    own = view.properties(schema)
    lifted: dict[str, Any] = {}
    for key, value in arguments.items():
        if not isinstance(value, dict) or key not in own:
            lifted.setdefault(key, value)
            continue
        members = cast("dict[str, Any]", value)
        inner = view.properties(view.follow(own[key]))
        strays = [each for each in members if each not in inner and each in own and each not in arguments]
        if strays and not inner:
            return None
        lifted[key] = {name: each for name, each in members.items() if name not in strays}
        for name in strays:
            if name in lifted:
                return None
            lifted[name] = members[name]
    return lifted


def _settled(arguments: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    """Whether there is nothing to look for: valid, no strange key, and nothing inside that could hold one."""
    if plainly_fits(arguments, schema):
        return True
    return _only_known(arguments, schema, 0) and SchemaView(schema).accepts(arguments, schema)


def _only_known(members: dict[str, Any], schema: Schema, depth: int) -> bool:
    own = as_schema(schema.get("properties"))
    for key, value in members.items():
        if key not in own:
            return False
        if isinstance(value, dict):
            inner = as_schema(own[key])
            if depth > 8 or not _only_known(cast("dict[str, Any]", value), inner, depth + 1):
                return False
    return True


def fit_text(value: str, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """A value that was written as bare text between tags: a string stays as it is, else JSON, else a Python literal.

    `root` is what references in `schema` are relative to. Without a schema, and when nothing fits, it is the text.
    """
    fitter = _Fitter(root if root is not None else schema)
    here = fitter.view.follow(schema)
    wanted = fitter.kinds_of(here)
    allowed = choices(here)
    if allowed is not None:
        return value if any(value == each for each in allowed) else fitter.value(value.strip(), here, 0)
    if not wanted:
        return _object_or_text(value)
    if "string" in wanted:
        return None if "null" in wanted and value.strip() in ("null", "None") else value
    read = _read(value)
    if read is not UNCHANGED:
        fitted = fitter.value(read, here, 0)
        if fitter.view.accepts(fitted, here):
            return fitted
    fitted = fitter.value(value.strip(), here, 0)
    if fitter.view.accepts(fitted, here):
        return fitted
    return read if _is_container(read) else value


def _object_or_text(value: str) -> Any:
    """A key nobody declared: only what is JSON by itself and no plain word or number is taken for it."""
    found = strict(value)
    return found if not failed(found) and _is_container(found) else value


def _read(text: str) -> Any:
    """The one value of a text, by JSON first and Python second."""
    found = strict(text)
    if not failed(found):
        return found
    literal = read_literal(text)
    if literal is not None:
        return literal.value
    several = readings(text)
    return several[0].value if len(several) == 1 and _is_container(several[0].value) else UNCHANGED


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list)


class _Fitter:
    def __init__(self, root: Schema) -> None:
        self.view = SchemaView(root)
        self.repairs: dict[str, None] = {}

    def kinds_of(self, schema: Schema, depth: int = 0) -> set[str]:
        """Every type a schema admits by name, through unions; empty when it admits anything."""
        found = set(kinds(schema))
        self.view.budget -= 1
        if depth < 4 and not found and self.view.budget > 0:
            for each in (*self.view.branches(schema), *self.view.parts(schema)):
                found |= self.kinds_of(each, depth + 1)
        return found

    def value(self, value: Any, schema: Schema, depth: int) -> Any:
        """`value` itself when accepted, else what it can only have meant, else `value`."""
        self.view.budget -= 1
        if depth > _DEPTH or self.view.budget < 0:
            return value
        here = self.view.follow(schema)
        if is_kind(value, "object") and not self.view.branches(here):
            if "array" in kinds(here) and "object" not in kinds(here):
                return self._wrapped(value, here, depth)
            return self.object(value, here, depth)
        if self.view.accepts(value, here):
            return value
        branches = self.view.branches(here)
        if branches:
            return self._union(value, branches, depth)
        for part in self.view.parts(here):
            value = self.value(value, part, depth + 1)
        allowed = choices(here)
        if allowed is not None:
            return self._choice(value, allowed)
        for kind in kinds(here):
            changed = self._as_kind(value, kind, here, depth)
            if changed is not UNCHANGED:
                return changed
        return value

    def _union(self, value: Any, branches: list[Schema], depth: int) -> Any:
        """The conversion that makes a branch accept; several different ones are no answer."""
        found: list[tuple[Any, dict[str, None]]] = []
        before = dict(self.repairs)
        for branch in branches:
            self.repairs = dict(before)
            changed = self.value(value, branch, depth + 1)
            if self.view.accepts(changed, branch) and not any(alike(changed, other) for other, _ in found):
                found.append((changed, self.repairs))
        self.repairs = before
        if len(found) != 1:
            return value
        self.repairs = found[0][1]
        return found[0][0]

    def _choice(self, value: Any, allowed: list[Any]) -> Any:
        if isinstance(value, str):
            words = [each for each in allowed if isinstance(each, str)]
            found: list[Any] = [each for each in words if each == value.strip()] or list(same_word(value, words))
            found = found or [
                each for each in allowed if not isinstance(each, str) and json_word(each) == value.strip().lower()
            ]
        else:
            found = [each for each in allowed if isinstance(each, str) and each.lower() == json_word(value)]
        if len(found) != 1:
            return value
        self.repairs["enum_case"] = None
        return found[0]

    def _as_kind(self, value: Any, kind: str, schema: Schema, depth: int) -> Any:
        if kind in ("array", "object"):
            return self._as_container(value, kind, schema, depth)
        changed = as_scalar(value, kind)
        if changed is not UNCHANGED:
            self.repairs["typed_by_schema"] = None
        return changed

    def _as_container(self, value: Any, kind: str, schema: Schema, depth: int) -> Any:
        if kind == "array" and isinstance(value, list):
            return self._items(cast("list[Any]", value), schema, depth)
        if isinstance(value, str) and value.lstrip()[:1] in ("[", "{", "("):
            read = _read(value)
            if isinstance(read, list if kind == "array" else dict):
                self.repairs["json_text"] = None
                return self.value(read, schema, depth + 1)
        if kind == "array" and value is not None and not isinstance(value, list):
            return self._wrapped(value, schema, depth)
        return UNCHANGED

    def _wrapped(self, value: Any, schema: Schema, depth: int) -> Any:
        """One item where a list of such items is wanted."""
        before = dict(self.repairs)
        items = schema.get("items")
        item = self.value(value, as_schema(items), depth + 1)
        if value == "" or not self.view.accepts([item], schema):
            self.repairs = before
            return value
        self.repairs["wrapped_list"] = None
        return [item]

    def _items(self, value: list[Any], schema: Schema, depth: int) -> Any:
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return UNCHANGED
        return [self.value(each, cast("Schema", items), depth + 1) for each in value]

    def object(self, value: dict[str, Any], schema: Schema, depth: int) -> dict[str, Any]:
        """An object with its keys folded, then its members fitted."""
        properties = self.view.properties(schema)
        if not properties:
            return value
        changed = self._fold_keys(value, properties, schema)
        required = self.view.required(schema)
        fitted: dict[str, Any] = {}
        for key, each in changed.items():
            if key not in properties:
                fitted[key] = each
                continue
            own = self.view.follow(properties[key])
            if each is None and key not in required and not self.view.accepts(None, own):
                self.repairs["dropped_nulls"] = None
                continue
            fitted[key] = self.value(each, own, depth + 1)
        return fitted

    def _fold_keys(self, value: dict[str, Any], properties: dict[str, Any], schema: Schema) -> dict[str, Any]:
        strange = [key for key in value if key not in properties]
        open_ended = schema.get("additionalProperties") is True or isinstance(
            schema.get("additionalProperties"), Mapping
        )
        missing = any(key not in value for key in self.view.required(schema))
        if not strange or (open_ended and not missing) or len(strange) > 100:
            return value
        free = [key for key in properties if key not in value]
        targets: dict[str, str] = {}
        for key in strange:
            found = same_word(key, free)
            if len(found) == 1:
                targets[key] = found[0]
        unique = {key: target for key, target in targets.items() if list(targets.values()).count(target) == 1}
        if not unique:
            return value
        self.repairs["folded_keys"] = None
        return {unique.get(key, key): each for key, each in value.items()}
