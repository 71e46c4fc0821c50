"""A tool under what the client said about it."""

from __future__ import annotations

from typing import Any

import pytest

from unsloth_studio.tools.contract import ToolContext, ToolOutput
from unsloth_studio.tools.ruled import ruled
from unsloth_studio.tools.sites import Sites
from unsloth_studio.tools.source_numbers import SourceNumbers
from unsloth_studio.turn.messages import ToolRules
from unsloth_studio.turn.sources import Source


class Echo:
    """Remembers how it was called."""

    name = "web_fetch"
    description = "Reads."
    parameters: dict[str, Any] = {  # noqa: RUF012 - the contract says dict
        "type": "object",
        "properties": {"urls": {"type": "array"}, "query": {"type": "string"}},
        "required": ["urls"],
    }

    def __init__(self) -> None:
        self.called: list[tuple[dict[str, Any], Sites]] = []

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> ToolOutput:
        self.called.append((arguments, context.sites))
        return ToolOutput("read")


def test_without_rules_a_tool_is_itself() -> None:
    echo = Echo()
    assert ruled(echo, None) is echo


async def test_uses_are_counted_and_the_model_is_told() -> None:
    echo = Echo()
    tool = ruled(echo, ToolRules(max_uses=2))
    outputs = [await tool.run({}, ToolContext()) for _ in range(3)]
    assert [one.failure for one in outputs] == [None, None, "max_uses"]
    assert "2 times" in outputs[2].content
    assert len(echo.called) == 2


async def test_what_the_client_presets_holds_where_the_model_says_nothing() -> None:
    echo = Echo()
    rules = ToolRules(max_tokens=500, preset={"depth": "advanced"}, allowed_domains=("a.org",), location="Oslo")
    tool = ruled(echo, rules)
    for given in ({}, {"depth": "basic", "max_tokens": 100}, {"max_tokens": 9000}):
        await tool.run(given, ToolContext())
    assert [arguments for arguments, _ in echo.called] == [
        {"depth": "advanced", "max_tokens": 500},
        {"depth": "basic", "max_tokens": 100},
        {"depth": "advanced", "max_tokens": 500},
    ]
    assert echo.called[0][1] == Sites(("a.org",))
    assert tool.description == "Reads. The user is in Oslo."


def test_one_page_is_asked_for_by_its_address() -> None:
    schema = ruled(Echo(), ToolRules(one_page=True)).parameters
    assert list(schema["properties"]) == ["url", "query"]
    assert schema["required"] == ["url"]


@pytest.mark.parametrize(
    ("sites", "url", "admitted"),
    [
        (Sites(("example.com",)), "https://example.com/x", True),
        (Sites(("example.com",)), "https://docs.EXAMPLE.com./x", True),
        (Sites(("example.com",)), "https://notexample.com/", False),
        (Sites(("example.com",)), "https://example.com.evil.org/", False),
        (Sites(("example.com",)), "https://evil.org/?example.com", False),
        (Sites(("https://example.com/",)), "http://example.com:8080/", True),
        (Sites(("*.example.com",)), "http://a.example.com", True),
        (Sites(("example.com/blog/*",)), "https://example.com/blog/1", True),
        (Sites(("example.com/blog",)), "https://example.com/shop", False),
        (Sites(blocked=("example.com",)), "https://a.example.com", False),
        (Sites(blocked=("example.com",)), "https://example.org", True),
        (Sites(("example.com",), ("bad.example.com",)), "https://bad.example.com", False),
        (Sites(("example.com",)), "http://[", False),
        (Sites(("example.com",)), "https://user@evil.org:80@example.com/", True),
    ],
)
def test_sites(sites: Sites, url: str, admitted: bool) -> None:
    assert sites.admits(url) is admitted


def test_a_search_is_narrowed_by_operators() -> None:
    assert Sites(("a.org", "https://b.org/")).narrowed("llamas") == "llamas site:a.org OR site:b.org"
    assert Sites(blocked=("a.org",)).narrowed("llamas") == "llamas -site:a.org"


def test_an_address_keeps_its_number() -> None:
    numbers = SourceNumbers()
    first = numbers.give([Source("A", "https://a/"), Source("B", "https://b/")])
    again = numbers.give([Source("C", "https://c/"), Source("B, read", "https://b/")])
    assert [one.number for one in (*first, *again)] == [1, 2, 3, 2]
