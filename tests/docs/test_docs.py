"""The documentation keeps up with the program: settings, routes, errors, engine failures, links, and both languages."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from docs.generate import SCHEMA, generated, schema_text

from unsloth_studio.api.app import routes
from unsloth_studio.api.exchange import Limits
from unsloth_studio.api.services import Services
from unsloth_studio.api.ui import page_routes
from unsloth_studio.clients.catalog import CLIENTS
from unsloth_studio.engine.failures import Cause
from unsloth_studio.serving.run import Turns
from unsloth_studio.settings import Settings
from unsloth_studio.settings_sources import checked
from unsloth_studio.turn.errors import ErrorKind

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_HEADING = re.compile(r"^#{1,6} (?P<title>.+)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def _headings(page: Path) -> list[str]:
    return [found["title"] for found in _HEADING.finditer(_FENCED.sub("", page.read_text()))]


def _named(page: Path) -> set[str]:
    """What stands in code quotes in the headings of `page`."""
    return {name for heading in _headings(page) for name in re.findall(r"`([^`]+)`", heading)}


def _anchor(heading: str) -> str:
    """The id that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _routes() -> Iterator[str]:
    """`METHOD /path` of every route of the application."""
    nothing = cast("Any", None)  # no request is made
    services = Services(
        turns=Turns(nothing, nothing, nothing, load_wait=0.0, on_record=nothing),
        keys=nothing,
        sessions=nothing,
        meter=nothing,
        chats=nothing,
        limits=Limits(max_body=1, headers_after=1.0, heartbeat=1.0),
        new_id=str,
        clock=lambda: 0.0,
        version="0",
        loopback=False,
    )
    page = {route.path for route in page_routes()} - {"/"}
    for route in routes(services):
        assert route.methods
        if route.path in page:
            continue
        yield from (f"{method} {route.path.replace(':path', '')}" for method in route.methods - {"HEAD"})


def test_the_generated_parts_are_up_to_date() -> None:
    stale = [page.name for page in PAGES if generated(page.read_text()) != page.read_text()]
    assert not stale, "run: python docs/generate.py"


def test_the_schema_of_the_configuration_file_is_up_to_date() -> None:
    assert SCHEMA.read_text() == schema_text(), "run: python docs/generate.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_of_the_configuration_file_can_be_used(page: Path) -> None:
    for found in re.finditer(r"^```toml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        checked(tomllib.loads(found[1]))


def test_every_setting_has_a_heading() -> None:
    assert set(Settings.__struct_fields__) <= _named(DOCS / "configuration.md")


def test_every_route_has_a_heading_and_every_such_heading_a_route() -> None:
    named = _named(DOCS / "api-reference.md") | _named(DOCS / "management-api.md")
    headings = {name for name in named if re.match(r"(GET|POST|PUT|DELETE|PATCH) /", name)}
    assert headings == set(_routes())


def test_every_error_kind_has_a_row() -> None:
    rows = re.findall(r"^\| `(\w+)` \| \d{3} \|", (DOCS / "api-reference.md").read_text(), re.MULTILINE)
    assert rows == list(get_args(ErrorKind))


def test_every_cause_of_an_engine_failure_has_a_heading() -> None:
    assert set(get_args(Cause)) == _named(DOCS / "troubleshooting.md") & set(get_args(Cause))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken: list[str] = []
    for found in _LINK.finditer(_FENCED.sub("", page.read_text())):
        if "://" in found["target"]:
            continue
        path, _, anchor = found["target"].partition("#")
        target = page.parent / path if path else page
        anchors = [_anchor(heading) for heading in _headings(target)] if target.suffix == ".md" else []
        if not target.exists() or (anchor and anchor not in anchors):
            broken.append(found["target"])
    assert not broken


def test_every_page_can_be_reached_from_the_index() -> None:
    linked = {found["target"].partition("#")[0] for found in _LINK.finditer((DOCS / "index.md").read_text())}
    assert {page.name for page in DOCS.glob("*.md")} - {"index.md"} <= linked


def test_every_client_has_a_page_and_every_page_of_a_client_is_listed() -> None:
    folder = DOCS / "clients"
    linked = {found["target"].partition("#")[0] for found in _LINK.finditer((folder / "index.md").read_text())}
    assert {page.name for page in folder.glob("*.md")} - {"index.md"} <= linked
    assert all((folder / f"{client.page}.md").exists() for client in CLIENTS)


def test_the_chinese_readme_is_the_counterpart_of_the_english_one() -> None:
    english, chinese = (ROOT / "README.md").read_text(), (ROOT / "README.zh-CN.md").read_text()

    def shape(text: str) -> list[object]:
        """Code blocks, the number of headings, of table rows, and where links lead."""
        prose = _FENCED.sub("", text)
        targets = sorted({found["target"] for found in _LINK.finditer(prose)} - {"README.md", "README.zh-CN.md"})
        levels = re.findall(r"^#+ ", prose, re.MULTILINE)
        return [_FENCED.findall(text), levels, len(re.findall(r"^\|", prose, re.MULTILINE)), targets]

    assert shape(chinese) == shape(english)


def test_no_page_names_a_path_of_somebody_s_machine() -> None:
    private = re.compile(r"(?<![\w~.])/(home|Users|root|work|tmp|private|opt)/")
    assert not [page.name for page in PAGES if private.search(page.read_text())]
