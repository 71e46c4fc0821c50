"""The OpenAPI 3.1 document, made of what each route says of itself.

The rule: nothing is written twice. Paths, bodies, replies and texts come from the `Operation` and the docstring of the class
that answers; schemas from its msgspec types. Format: OpenAPI Specification 3.1.1.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct
from starlette.routing import BaseRoute, Route

from unsloth_studio.api.operation import Operation

Json = dict[str, Any]

_PLACE = re.compile(r"\{(?P<name>\w+)(?::(?P<kind>\w+))?\}")
_MODULE = re.compile(r"^unsloth_studio\.(?:.*\.)?(?P<module>\w+)\.(?:wire\.)?(?P<name>\w+)$")
_REF = "#/components/schemas/"

_SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key", "description": "An API key, Anthropic's way."},
    "session": {"type": "apiKey", "in": "cookie", "name": "studio_session", "description": "The page, signed in."},
}


class Problem(msgspec.Struct, frozen=True):
    """What is wrong and what to do. `param` names the field at fault."""

    message: str
    type: str
    code: str | None
    param: str | None


class ErrorReply(msgspec.Struct, frozen=True):
    """Every error of `/api` and of OpenAI's dialects; Anthropic's are `{"type": "error", "error": {...}}`."""

    error: Problem


class Described(Struct, frozen=True):
    """One route as it describes itself; `summary` is a sentence, `details` the rest."""

    operation: Operation
    name: str
    summary: str
    details: str
    scope: str | None

    @property
    def path(self) -> str:
        """As OpenAPI writes it."""
        return _PLACE.sub(r"{\g<name>}", self.operation.path)

    @property
    def tag(self) -> str:
        first, *rest = self.path.strip("/").split("/")
        return rest[0] if first == "api" and rest else "inference" if first == "v1" else "server"


def described(routes: Iterable[BaseRoute]) -> list[Described]:
    """Those of `routes` that are operations; the others are the page's."""
    answering = (type(route.endpoint) for route in routes if isinstance(route, Route))
    return [described_by(one) for one in answering if isinstance(getattr(one, "operation", None), Operation)]


def described_by(answering: type) -> Described:
    """What a class with an `operation` says of itself."""
    operation = cast("Operation", getattr(answering, "operation"))  # noqa: B009 - endpoints have no common base
    text = inspect.cleandoc(answering.__doc__ or "").replace("\n", " ")
    summary, _, details = text.partition(". ")
    scope = cast("str | None", getattr(answering, "scope", None))
    return Described(operation, answering.__name__, summary.rstrip("."), details, scope)


def document(operations: Iterable[Described], *, version: str) -> Json:
    """The whole document, as JSON values."""
    operations = list(operations)
    schemas = _Schemas(operations)
    paths: dict[str, Json] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.operation.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Unsloth Studio", "version": version, "description": "Local models, for agents and people."},
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(one.tag for one in operations)],
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": _SECURITY},
    }


class _Schemas:
    """The schemas of all types, under names of their own."""

    def __init__(self, operations: Iterable[Described]) -> None:
        types: dict[int, Any] = {id(ErrorReply): ErrorReply}
        for one in operations:
            types |= {id(shape): shape for shape in _types(one.operation)}
        shown, components = msgspec.json.schema_components(types.values(), ref_template=_REF + "{name}")
        names = {name: _short(name) for name in components}
        self._shown: dict[int, Any] = {key: _tidy(one, names) for key, one in zip(types, shown, strict=True)}
        self.components = {names[name]: _tidy(one, names) for name, one in components.items()}

    def of(self, shape: Any) -> Json:
        return self._shown[id(shape)]

    def fields(self, query: Any) -> Mapping[str, Json]:
        """The fields of a query's struct."""
        return self.components[self.of(query)["$ref"].removeprefix(_REF)]["properties"]


def _types(operation: Operation) -> Iterator[Any]:
    shapes = (operation.body, operation.reply, operation.query, *operation.events.values())
    yield from (shape for shape in shapes if shape is not None)


def _short(name: str) -> str:
    """`unsloth_studio.dialects.openai_chat.wire.Tool`, which two modules have, is `OpenaiChatTool`."""
    found = _MODULE.match(name)
    if found is None:
        return name
    return "".join(word.capitalize() for word in found["module"].split("_")) + found["name"]


def _tidy(schema: Any, names: Mapping[str, str]) -> Any:
    """The schema with short names in its references and docstrings on one line."""
    match schema:
        case dict():
            fields = cast("Json", schema)
            tidied = {name: _tidy(value, names) for name, value in fields.items()}
            if isinstance(said := tidied.get("description"), str):
                tidied["description"] = " ".join(said.split())
            return tidied
        case list():
            return [_tidy(value, names) for value in cast("list[Any]", schema)]
        case str() if schema.startswith(_REF):
            return _REF + names[schema.removeprefix(_REF)]
        case _:
            return schema


def _operation(one: Described, schemas: _Schemas) -> Json:
    operation = one.operation
    needs = "Open to everybody." if one.scope is None else f"Needs a key with the scope `{one.scope}`."
    said: Json = {
        "operationId": one.name[0].lower() + one.name[1:],
        "tags": [one.tag],
        "summary": one.summary,
        "description": f"{one.details} {needs}".strip(),
        "parameters": [*_places(operation.path), *_parameters(operation, schemas)],
        "responses": _responses(operation, schemas),
        "security": [] if one.scope is None else [{name: []} for name in _SECURITY],
    }
    if operation.body is not None:
        said["requestBody"] = {
            "required": True,
            "content": {operation.body_type: {"schema": schemas.of(operation.body)}},
        }
    elif operation.body_type != "application/json":
        said["requestBody"] = {"required": True, "content": {operation.body_type: {}}}
    return said


def _places(path: str) -> Iterator[Json]:
    for place in _PLACE.finditer(path):
        yield {"name": place["name"], "in": "path", "required": True, "schema": {"type": "string"}}


def _parameters(operation: Operation, schemas: _Schemas) -> Iterator[Json]:
    if operation.query is not None:
        for name, schema in schemas.fields(operation.query).items():
            yield {"name": name, "in": "query", "required": False, "schema": schema}


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    content: Json = {}
    if operation.reply is not None:
        content[operation.media_type] = {"schema": schemas.of(operation.reply)}
    if operation.events:
        content["text/event-stream"] = {"schema": _stream(operation, schemas)}
    status = 204 if not content and operation.status == 200 else operation.status
    good: Json = {"description": "Done." if content else "Done; there is nothing to say."}
    if content:
        good["content"] = content
    error = {"application/json": {"schema": schemas.of(ErrorReply)}}
    return {str(status): good, "default": {"description": "What is wrong, and what to do.", "content": error}}


def _stream(operation: Operation, schemas: _Schemas) -> Json:
    """OpenAPI 3.1 has no words for events: a text, with the type of each event's data beside it."""
    when = f" When `{operation.streams_if}` is true." if operation.streams_if else ""
    events = {name or "message": schemas.of(shape) for name, shape in operation.events.items()}
    return {"type": "string", "description": f"Server-sent events.{when}", "x-events": events}
