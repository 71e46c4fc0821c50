"""A written name means exactly one offered tool, or none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.parsing.offered import FORECAST, TOOLS

from unsloth_studio.parsing.names import Resolved, ToolNames

NAMES = ToolNames(TOOLS)


@pytest.mark.parametrize("name", ["get_forecast", "tide-now", "readFile", "read-file"])
def test_an_exact_name_is_not_repaired(name: str) -> None:
    assert NAMES.resolve(name) == Resolved(name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("GET_FORECAST", "get_forecast"),
        ("getForecast", "get_forecast"),
        ("Get Forecast", "get_forecast"),
        ("get-forecast", "get_forecast"),
        ("getforecast", "get_forecast"),
        ("tide_now", "tide-now"),
        (" get_forecast ", "get_forecast"),
        ("functions.get_forecast", "get_forecast"),
        ("functions.get_forecast:0", "get_forecast"),
        ("functions_get_forecast_1", "get_forecast"),
        ("get_forecast:3", "get_forecast"),
        ("default_api.getForecast", "get_forecast"),
        ("tools.get_forecast", "get_forecast"),
        ("weather.get_forecast", "get_forecast"),
        ("get_forecast<|channel|>commentary", "get_forecast"),
        ("get_forecast<｜tool▁sep｜>", "get_forecast"),  # noqa: RUF001
        ("functions.readFile:2", "readFile"),
    ],
)
def test_another_spelling_of_one_tool_is_that_tool(written: str, name: str) -> None:
    assert NAMES.resolve(written) == Resolved(name, repaired=True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "forecast",
        "get_forecasts",
        "get_forcast",
        "weather",
        "read_file",
        "ReadFile",
        "file",
        "get_forecast_2",
        "<|x|>",
        "functions.",
    ],
)
def test_a_stem_a_typo_and_what_fits_two_tools_are_none(written: str) -> None:
    assert NAMES.resolve(written) is None


def test_two_servers_with_the_same_tool_are_never_confused() -> None:
    names = ToolNames([{"name": "mcp__alpha__delete"}, {"name": "mcp__beta__delete"}])
    assert names.resolve("delete") is None
    assert names.resolve("mcp__gamma__delete") is None
    assert names.resolve("mcp-beta-delete") == Resolved("mcp__beta__delete", repaired=True)


def test_what_is_declared_is_known() -> None:
    assert NAMES.schema("get_forecast") == FORECAST
    assert NAMES.declares("get_forecast", "days")
    assert not NAMES.declares("get_forecast", "hours")
    assert NAMES.schema("nothing") == {}


@pytest.mark.parametrize(
    "junk", [None, [], [None], [3, "x"], [{}], [{"name": 4}], [{"function": {"name": ""}}], "abc", {"name": "x"}]
)
def test_junk_offers_nothing(junk: Any) -> None:
    assert not ToolNames(junk)


@given(st.text(max_size=40))
def test_no_name_raises(name: str) -> None:
    NAMES.resolve(name)
