"""`unsloth heal`: what the server makes of a model's text, on standard input; for people who write parsers and prompts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from unsloth_studio.parsing import Output

_HELP = """Read the text of a model from standard input and show what is in it: content, reasoning, tool calls and repairs.

\b
  unsloth heal --tools tools.json < output.txt
  echo '[get_weather(city="Paris")]' | unsloth heal --tools tools.json --json

tools.json is the list that an OpenAI request has under "tools". Without it no call is looked for.
"""


@click.command("heal", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--tools", "tools_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="The tools that were offered, as a JSON list.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def heal(tools_file: Path | None, as_json: bool) -> None:
    from unsloth_studio.parsing import parse_output

    tools = [] if tools_file is None else _tools(tools_file)
    output = parse_output(sys.stdin.buffer.read().decode(errors="replace"), tools)
    click.echo(json.dumps(_document(output), ensure_ascii=False) if as_json else _text(output))


def _tools(file: Path) -> list[dict[str, Any]]:
    """The list in a file, also where it is a request's field. A usage error says what is wrong with it."""
    try:
        found: Any = json.loads(file.read_bytes())
    except ValueError as error:
        raise click.BadParameter(f"{file} is not JSON: {error}", param_hint="--tools") from error
    if isinstance(found, dict):
        found = cast("dict[str, Any]", found).get("tools")
    if not isinstance(found, list):
        raise click.BadParameter(f'{file} must hold a list: [{{"type": "function", ...}}]', param_hint="--tools")
    return cast("list[dict[str, Any]]", found)


def _document(output: Output) -> dict[str, Any]:
    calls = [
        {"name": call.name, "arguments": call.arguments, "repairs": list(call.repairs)} for call in output.tool_calls
    ]
    return {"content": output.content, "reasoning": output.reasoning, "tool_calls": calls}


def _text(output: Output) -> str:
    lines: list[str] = []
    if output.reasoning:
        lines += ["Reasoning", *_indented(output.reasoning)]
    if output.content:
        lines += ["Content", *_indented(output.content)]
    for call in output.tool_calls:
        mended = f"  (repaired: {', '.join(call.repairs)})" if call.repairs else ""
        lines.append(f"Call  {call.name} {call.arguments}{mended}")
    return "\n".join(lines or ["Nothing."])


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]
