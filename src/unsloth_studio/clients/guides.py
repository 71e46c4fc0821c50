"""How each client is set up by hand, in steps that can be shown and pasted one by one: those that `unsloth start` knows, and
those that are set up in a form of their own or by a program of yours. Pure.

The rule: the pages of the documentation, `--print` and the Studio page all have their texts from here.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from unsloth_studio.clients.by_hand import Shell, environment, quoted, script
from unsloth_studio.clients.catalog import CLIENTS
from unsloth_studio.clients.facts import Client, ClientSetup, ServerFacts

SHELLS: tuple[Shell, Shell] = ("unix", "powershell")
LANGUAGES: dict[Shell, str] = {"unix": "sh", "powershell": "powershell"}


class Step(Struct, frozen=True):
    """One thing to do. `where` is a terminal, a file (then `path` is its name) or a form of the client, whose fields and
    their values `fields` are; `text` is what to paste, for a form a line a field. `language` is that of a highlighter, empty
    for none."""

    where: Literal["shell", "file", "form"]
    text: str
    language: str = ""
    path: str = ""
    fields: tuple[tuple[str, str], ...] = ()


class Guide(Struct, frozen=True):
    """A client set up by hand. `client` is what `unsloth start` calls it, None where it does not know it."""

    id: str
    name: str
    steps: Callable[[ServerFacts, Shell], tuple[Step, ...]]
    client: Client | None = None


def _by_hand(client: Client) -> Guide:
    def steps(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
        return (Step("shell", script(client, facts, shell).rstrip("\n"), LANGUAGES[shell]),)

    return Guide(client.id, client.name, steps, client)


def _form(*fields: tuple[str, str]) -> Step:
    width = max(len(name) for name, _ in fields)
    return Step("form", "\n".join(f"{name.ljust(width)}  {value}" for name, value in fields), fields=fields)


def _variables(shell: Shell, **values: str) -> Step:
    return Step("shell", environment(ClientSetup(values), shell), LANGUAGES[shell])


def _cursor(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
    del shell
    public = facts.base_url.startswith("https://")  # its own servers ask, so no other address can work
    url = facts.openai_url if public else "https://models.example.org/v1"
    return (_form(("OpenAI API Key", facts.key), ("Override OpenAI Base URL", url), ("Add model", facts.model)),)


def _cline_in_vs_code(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
    del shell
    window = [] if facts.context_length is None else [("Context Window Size", str(facts.context_length))]
    return (
        _form(
            ("API Provider", "OpenAI Compatible"),
            ("Base URL", facts.openai_url),
            ("API Key", facts.key),
            ("Model ID", facts.model),
            *window,
        ),
    )


def _silly_tavern(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
    del shell
    window = [] if facts.context_length is None else [("Context (tokens)", str(facts.context_length))]
    return (
        _form(
            ("API", "Chat Completion"),
            ("Chat Completion Source", "Custom (OpenAI-compatible)"),
            ("Custom Endpoint (Base URL)", facts.openai_url),
            ("Custom API Key", facts.key),
            ("Enter a Model ID", facts.model),
            *window,
        ),
    )


def _python(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
    program = f"""from openai import OpenAI

client = OpenAI()
stream = client.chat.completions.create(
    model={_literal(facts.model)},
    messages=[{{"role": "user", "content": "Hello"}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)"""
    variables = _variables(
        shell,
        OPENAI_BASE_URL=facts.openai_url,
        OPENAI_API_KEY=facts.key,
        ANTHROPIC_BASE_URL=facts.base_url,
        ANTHROPIC_API_KEY=facts.key,
    )
    return variables, Step("file", program, "python", "hello.py")


def _javascript(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
    program = f"""import OpenAI from "openai";

const client = new OpenAI();
const stream = await client.chat.completions.create({{
  model: {_literal(facts.model)},
  messages: [{{ role: "user", content: "Hello" }}],
  stream: true,
}});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");"""
    variables = _variables(shell, OPENAI_BASE_URL=facts.openai_url, OPENAI_API_KEY=facts.key)
    return variables, Step("file", program, "javascript", "hello.mjs")


def _curl(facts: ServerFacts, shell: Shell) -> tuple[Step, ...]:
    url = f"{facts.openai_url}/chat/completions"
    body = f'{{"model": {_literal(facts.model)}, "messages": [{{"role": "user", "content": "Hello"}}]}}'
    if shell == "unix":
        lines = [
            f"curl {quoted(url, shell)} \\",
            f'  -H "Authorization: Bearer {facts.key}" -H "Content-Type: application/json" \\',
            f"  -d {shlex.quote(body)}",
        ]
    else:
        lines = [
            f"$body = '{body.replace(chr(39), 2 * chr(39))}'",
            f"Invoke-RestMethod {url} -Method Post -Body $body `",
            f"  -Headers @{{ Authorization = 'Bearer {facts.key}' }} -ContentType 'application/json'",
        ]
    return (Step("shell", "\n".join(lines), LANGUAGES[shell]),)


def _literal(text: str) -> str:
    """A string of JSON, Python and JavaScript."""
    return json.dumps(text, ensure_ascii=False)


FORMS: tuple[Guide, ...] = (
    Guide("cursor", "Cursor", _cursor),
    Guide("cline-vscode", "Cline (VS Code)", _cline_in_vs_code),
    Guide("sillytavern", "SillyTavern", _silly_tavern),
    Guide("python", "Python", _python),
    Guide("javascript", "JavaScript", _javascript),
    Guide("curl", "curl", _curl),
)
GUIDES: tuple[Guide, ...] = (*map(_by_hand, CLIENTS), *FORMS)
