"""Tool arguments as an object: word for word, up to the cut, or kept as text."""

from __future__ import annotations

import orjson
import pytest

from unsloth_studio.dialects.anthropic.arguments import input_object


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        pytest.param("", "{}", id="no text"),
        pytest.param(" \n", "{}", id="white space"),
        pytest.param('{"a": 1}', '{"a": 1}', id="an object stays word for word"),
        pytest.param(
            '{"n": 123456789012345678901234567890}', '{"n": 123456789012345678901234567890}', id="long numbers too"
        ),
        pytest.param(' {"a": 1}\n', '{"a": 1}', id="white space around it goes"),
        pytest.param('{"a": 1}</tool_call>', '{"a": 1}', id="what follows the object goes"),
        pytest.param('{"a": "x", "b": "y', '{"a": "x"}', id="cut in a string"),
        pytest.param('{"a": "x}", "b": [1, {"c": 2', '{"a": "x}"}', id="a list that was cut is no value"),
        pytest.param('{"a": "x\\', "{}", id="cut in an escape"),
        pytest.param("{", "{}", id="cut at once"),
        pytest.param("[1, 2]", '{"unparsed":"[1, 2]"}', id="a list is no object"),
        pytest.param("city=Oslo", '{"unparsed":"city=Oslo"}', id="no JSON at all"),
        pytest.param("{'a': 1}", '{"unparsed":"{\'a\': 1}"}', id="single quotes"),
    ],
)
def test_arguments_as_an_object(arguments: str, written: str) -> None:
    assert orjson.dumps(input_object(arguments)).decode() == written
