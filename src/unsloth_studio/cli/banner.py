"""What `unsloth run` prints, as text for people and as JSON lines for scripts. Pure: facts in, text out."""

from __future__ import annotations

import json

from msgspec import Struct
from msgspec.structs import asdict


class Ready(Struct, frozen=True):
    """The facts of a server that answers. URLs have no trailing slash, but for `studio_url`,
    which signs a browser in; `context_length` is per request, in tokens."""

    base_url: str
    studio_url: str
    openai_base_url: str
    anthropic_base_url: str
    api_key: str
    model: str
    context_length: int | None
    server_tools: bool
    server_tools_reason: str
    pid: int


def studio_url(base_url: str, token: str | None) -> str:
    """The page's address; with a link's `token` in the fragment, which browsers keep out of requests and logs."""
    return f"{base_url}/" if token is None else f"{base_url}/#token={token}"


def ready_line(ready: Ready) -> str:
    """The `--json` line."""
    return json.dumps({"event": "ready", **asdict(ready)})


def ready_text(ready: Ready, *, silent: bool, exposed: bool) -> str:
    """The banner; `silent` keeps to what a person has to copy. `exposed`: other machines can reach the server."""
    context = f"{ready.context_length} tokens" if ready.context_length else "unknown"
    lines = [
        "",
        "Unsloth Studio is ready.",
        "",
        f"  Studio             {ready.studio_url}",
        f"  Model              {ready.model}",
        f"  Context length     {context}",
        f"  OpenAI base URL    {ready.openai_base_url}",
        f"  Anthropic base URL {ready.anthropic_base_url}",
        f"  API key            {ready.api_key}",
        f"  Server-side tools  {'on' if ready.server_tools else 'off'} ({ready.server_tools_reason})",
    ]
    if exposed:
        lines += [
            "",
            "  Other machines can reach this server; whoever has the key can use the model. Studio answers them once a",
            "  password is set: unsloth password set",
        ]
    if silent:
        return "\n".join(lines[3:])
    return "\n".join([*lines, "", "Try it:", "", *_curl_lines(ready), "", "Stop with Ctrl-C."])


def _curl_lines(ready: Ready) -> list[str]:
    """One working command per dialect, each on one line so that it can be pasted."""
    key = f"-H 'Authorization: Bearer {ready.api_key}'"
    kind = "-H 'Content-Type: application/json'"
    hello = [{"role": "user", "content": "Hello"}]
    bodies = [
        ("chat/completions", {"model": ready.model, "messages": hello}),
        ("responses", {"model": ready.model, "input": "What can you do?"}),
        ("messages", {"model": ready.model, "max_tokens": 256, "messages": hello}),
    ]
    return [f"  curl {ready.openai_base_url}/{path} {key} {kind} -d '{json.dumps(body)}'" for path, body in bodies]
