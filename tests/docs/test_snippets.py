"""The commands and programs in README.md and in some pages of docs/ run as they stand, and give what the page shows.

The rule: a `bash` block with `curl` in it and every `python` block is run against a real server, in the order of the page,
with the page's address and key replaced. A `json` block right behind one shows the reply (other fields may come with it),
a `text` block shows lines of the output in order. `...` stands for anything.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from tests.support.server import StudioServer, studio

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/quick-start.md", "docs/tool-calling.md")
ADDRESS = "http://127.0.0.1:8888"
KEY = "sk-unsloth-..."

_BLOCK = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class Snippet(NamedTuple):
    """A block to run, and the block behind it that shows the output (`kind` is empty when there is none)."""

    page: str
    line: int
    kind: str
    source: str
    shown_as: str
    shown: str


def _snippets(page: str) -> Iterator[Snippet]:
    text = (ROOT / page).read_text()
    blocks = list(_BLOCK.finditer(text))
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        runs = block["kind"] == "python" or (block["kind"] == "bash" and "curl" in block["text"])
        if not runs:
            continue
        shows = (
            after is not None and after["kind"] in ("json", "text") and not text[block.end() : after.start()].strip()
        )
        line = text.count("\n", 0, block.start()) + 1
        shown = (after["kind"], after["text"]) if shows and after is not None else ("", "")
        yield Snippet(page, line, block["kind"], block["text"], *shown)


def _all() -> list[Snippet]:
    return [snippet for page in PAGES for snippet in _snippets(page)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def curl_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `.curlrc` makes curl fail when the server answers with an error, which it does not by itself."""
    folder = tmp_path_factory.mktemp("curl")
    (folder / ".curlrc").write_text("fail-with-body\nsilent\nshow-error\n")
    return folder


def _output(snippet: Snippet, server: StudioServer, *, curl_home: Path) -> str:
    source = snippet.source.replace(ADDRESS, server.base_url).replace(KEY, server.api_key)
    command = [sys.executable, "-c", source] if snippet.kind == "python" else ["bash", "-ec", source]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "ANTHROPIC_"))}
    environment = {**clean, "CURL_HOME": str(curl_home)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _agrees(shown: Any, given: Any) -> bool:
    """Whether `given` is what `shown` says; an object may have more fields than are shown."""
    if shown == "...":
        return True
    if isinstance(shown, dict):
        wanted, fields = cast("dict[str, Any]", shown), cast("dict[str, Any]", given)
        return isinstance(given, dict) and all(key in fields and _agrees(wanted[key], fields[key]) for key in wanted)
    if isinstance(shown, list):
        items, others = cast("list[Any]", shown), cast("list[Any]", given)
        return isinstance(given, list) and len(items) == len(others) and all(map(_agrees, items, others))
    return shown == given


def _in_order(shown: str, output: str) -> bool:
    """Whether the lines of `shown` are lines of `output`, in order; without a line `...` they are all of them."""
    wanted, lines = shown.rstrip().splitlines(), output.rstrip().splitlines()
    if "..." not in wanted:
        return wanted == lines
    left = iter(lines)
    return all(line in left for line in wanted if line != "...")


@pytest.mark.e2e
@pytest.mark.parametrize("snippet", _all(), ids=lambda snippet: f"{snippet.page}:{snippet.line}")
def test_a_snippet_does_what_the_page_says(snippet: Snippet, server: StudioServer, curl_home: Path) -> None:
    output = _output(snippet, server, curl_home=curl_home)
    if snippet.shown_as == "json":
        assert _agrees(json.loads(snippet.shown), json.loads(output)), output
    elif snippet.shown_as == "text":
        assert _in_order(snippet.shown, output), output


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_snippets_in_both_languages(page: str) -> None:
    assert {snippet.kind for snippet in _snippets(page)} == {"bash", "python"}
