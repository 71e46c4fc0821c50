"""The OpenAPI document: complete, sound, and in step with the routes; and the page that shows it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from jsonschema import Draft202012Validator
from tests.api.parts import client_of, services_around

from unsloth_studio.api.app import ENDPOINTS, routes
from unsloth_studio.api.services import Services
from unsloth_studio.api.ui import page_routes
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.shelf import SingleShelf
from unsloth_studio.engine.upstream import Upstream

Json = dict[str, Any]
OPEN = {
    *("GET /health", "GET /api/openapi.json", "GET /docs", "GET /docs/style.css"),
    *("GET /api/session", "POST /api/session", "GET /api/proof"),
}


@pytest.fixture
async def services(tmp_path: Path) -> AsyncGenerator[Services]:
    shelf = SingleShelf(Upstream("http://127.0.0.1:9"), slots=1)
    async with services_around(Pool(shelf, default=shelf.model.id), tmp_path) as made:
        yield made


@pytest.fixture
async def http(services: Services) -> AsyncGenerator[httpx.AsyncClient]:
    async with client_of(services) as client:
        yield client


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """`METHOD /path` and the operation."""
    for path, methods in document["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in methods.items())


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        fields = cast("Json", value)
        yield from (found for inner in fields.values() for found in references(inner))
    elif isinstance(value, list):
        yield from (found for inner in cast("list[Any]", value) for found in references(inner))
    elif isinstance(value, str) and value.startswith("#/"):
        yield value


async def test_every_route_is_in_the_document(http: httpx.AsyncClient, services: Services) -> None:
    document: Json = (await http.get("/api/openapi.json", headers={"Authorization": ""})).json()
    page = {route.path for route in page_routes()}
    served = {
        f"{method} {route.path.replace(':path', '')}"
        for route in routes(services)
        for method in (route.methods or set()) - {"HEAD"}
        if route.path not in page
    }
    found = dict(operations(document))
    assert set(found) == served
    assert len({operation["operationId"] for operation in found.values()}) == len(found)
    for name, operation in found.items():
        assert operation["summary"], f"{name} has no docstring"
        places = [place["name"] for place in operation["parameters"] if place["in"] == "path"]
        assert places == re.findall(r"\{(\w+)\}", name)
        assert (operation["security"] == []) == (name in OPEN)
        assert "default" in operation["responses"]


async def test_its_references_lead_somewhere_and_its_schemas_are_schemas(http: httpx.AsyncClient) -> None:
    document: Json = (await http.get("/api/openapi.json")).json()
    schemas = document["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(document)} <= set(schemas)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", name) for name in schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    streams = document["paths"]["/api/requests/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert streams["schema"]["x-events"]["sample"] == {"$ref": "#/components/schemas/Sample"}


async def test_what_is_sent_is_what_it_says(http: httpx.AsyncClient) -> None:
    document: Json = (await http.get("/api/openapi.json")).json()
    for path in ("/api/status", "/api/requests", "/api/models", "/api/settings", "/health"):
        schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        checker: Any = Draft202012Validator(whole)
        assert checker.is_valid((await http.get(path)).json()), path


async def test_the_page_names_every_operation_and_nothing_foreign(http: httpx.AsyncClient) -> None:
    reply = await http.get("/docs", headers={"Authorization": ""})
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    for one in ENDPOINTS:
        assert f"<code>{one.operation.path.replace(':path', '')}</code>" in reply.text
    assert "<script" not in reply.text
    assert "://" not in reply.text
    assert (await http.get("/docs/style.css")).headers["content-type"].startswith("text/css")


def test_what_is_not_open_to_clients_needs_the_admin_scope() -> None:
    asked = {f"{one.operation.method} {one.operation.path}": one.scope for one in ENDPOINTS}
    guarded = {name: scope for name, scope in asked.items() if " /api/" in name}
    assert {name for name, scope in guarded.items() if scope is None} == {name for name in OPEN if " /api/" in name}
    around_tools = ("/api/tool-calls", "/api/sessions", "/api/inference/tool-confirm")
    for name, scope in guarded.items():
        wanted = "tools" if name.split(" ")[1].startswith(around_tools) else "admin"
        assert scope in (None, wanted), name
