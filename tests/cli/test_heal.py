"""`unsloth heal`: a model's text in, content, calls and repairs out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from unsloth_studio.cli.main import cli

TOOLS = [
    {
        "type": "function",
        "function": {"name": "read", "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}},
    }
]
TEXT = "<think>Where?</think>I look.\n<tool_call>\n{'name': 'read', 'arguments': {'path': 'a'}}\n</tool_call>"


@pytest.fixture
def tools(tmp_path: Path) -> str:
    file = tmp_path / "tools.json"
    file.write_text(json.dumps(TOOLS))
    return str(file)


def test_text_for_people(tools: str) -> None:
    result = CliRunner().invoke(cli, ["heal", "--tools", tools], input=TEXT)
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Reasoning",
        "  Where?",
        "Content",
        "  I look.",
        'Call  read {"path":"a"}  (repaired: single_quotes)',
    ]


def test_json_for_scripts(tools: str) -> None:
    result = CliRunner().invoke(cli, ["heal", "--tools", tools, "--json"], input=TEXT)
    assert json.loads(result.output) == {
        "content": "I look.",
        "reasoning": "Where?",
        "tool_calls": [{"name": "read", "arguments": '{"path":"a"}', "repairs": ["single_quotes"]}],
    }


def test_without_tools_no_call_is_looked_for() -> None:
    result = CliRunner().invoke(cli, ["heal", "--json"], input=TEXT)
    assert json.loads(result.output)["tool_calls"] == []


@pytest.mark.parametrize(("content", "said"), [("{", "is not JSON"), ('"x"', "must hold a list")])
def test_tools_that_cannot_be_read_are_a_usage_error(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "tools.json"
    file.write_text(content)
    result = CliRunner().invoke(cli, ["heal", "--tools", str(file)], input=TEXT)
    assert result.exit_code == 2
    assert said in result.output
