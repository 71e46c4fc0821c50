"""Sessions of coding agents, made up: request bodies of the shapes that Claude Code, Codex, OpenCode and OpenClaw send.

The rule: the texts are ours, only the shapes are theirs. Each body is one turn and repeats what was said before, as the
client would write it at that turn; `volatile` names what it writes differently every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

VOLATILE = ("billing", "countdown", "cache markers", "string or list", "key order", "metadata")
"""What says nothing to a model and changes with every request."""

_WORDS = str.split(
    "the build folder holds one file per target and each test reads its own data before it writes a report that names "
    "every module it has seen so a person can follow how the parts depend on each other and where time was spent"
)


def prose(words: int, seed: int) -> str:
    """So many words; another `seed` begins elsewhere and differs at once."""
    return " ".join([f"Part {seed}:", *(_WORDS[(seed * 7 + at * (1 + seed % 5)) % len(_WORDS)] for at in range(words))])


@dataclass(frozen=True, slots=True)
class Step:
    """What the agent did: called `name` with `arguments`, and got `result`."""

    name: str
    arguments: Json
    result: str


@dataclass(frozen=True, slots=True)
class Session:
    """One conversation. `words` is how long its instructions are, `seed` makes it differ from others at its first word. A
    sub-agent (`agent`) has the session's instructions and a task of its own."""

    client: str
    seed: int = 0
    words: int = 60
    volatile: frozenset[str] = frozenset()
    agent: str = ""

    @property
    def path(self) -> str:
        return _SHAPES[self.client][0]

    @property
    def headers(self) -> dict[str, str]:
        headers = dict.fromkeys(_SHAPES[self.client][1], f"session-{self.seed}")
        return {**headers, "x-claude-code-agent-id": self.agent} if self.agent else headers

    def body(self, turn: int) -> Json:
        """The request of that turn, the first is 0."""
        return _SHAPES[self.client][2](self, turn)

    def instructions(self, turn: int) -> list[str]:
        """The blocks of the system prompt."""
        lines = [prose(self.words, self.seed), "Today's date is 2026-11-30.", "Working folder: /srv/project"]
        if "countdown" in self.volatile:
            lines.insert(2, f"Token usage: {turn * 731 + 90}/8192; {8102 - turn * 731} remaining")
        blocks = ["You help with programs.", "\n".join(lines)]
        if "billing" in self.volatile:
            blocks[0] = f"x-anthropic-billing-header: cc_version=2.1.{turn}; cch={turn * 7919:05x};\n{blocks[0]}"
        return blocks

    def opening(self, turn: int) -> str:
        count = f"Token usage: {turn * 500 + 1}/8192; {8191 - turn * 500} remaining"
        reminder = f"\n<system-reminder>\n{count}\n</system-reminder>"
        return f"{self.agent} Look through the project. {prose(10, self.seed + 1)}" + (
            reminder if "countdown" in self.volatile else ""
        )

    def steps(self, turn: int) -> list[Step]:
        return [
            Step("read_file", {"path": f"src/part{at}.py", "from": at, "lines": 40}, prose(18, self.seed + at + 2))
            for at in range(turn)
        ]

    def arguments(self, step: Step, turn: int) -> Json:
        flips = "key order" in self.volatile and turn % 2
        return dict(reversed(step.arguments.items())) if flips else step.arguments

    def listed(self, turn: int) -> bool:
        """Whether texts are written as lists of blocks."""
        return "string or list" in self.volatile and turn % 2 == 1


TOOLS: tuple[tuple[str, str, Json], ...] = (
    (
        "read_file",
        "Read a file.",
        {"path": {"type": "string"}, "from": {"type": "integer"}, "lines": {"type": "integer"}},
    ),
    ("write_file", "Write a file.", {"path": {"type": "string"}, "text": {"type": "string"}}),
    ("search", "Search in files.", {"pattern": {"type": "string"}}),
)


def _schema(properties: Json) -> Json:
    return {"type": "object", "properties": properties}


def _claude_code(session: Session, turn: int) -> Json:
    def text(words: str) -> Any:
        return [{"type": "text", "text": words}] if session.listed(turn) else words

    messages: list[Json] = [{"role": "user", "content": text(session.opening(turn))}]
    for at, step in enumerate(session.steps(turn)):
        call = {"type": "tool_use", "id": f"toolu_{at}", "name": step.name, "input": session.arguments(step, turn)}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{at}", "content": text(step.result)}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    system: list[Json] = [{"type": "text", "text": block} for block in session.instructions(turn)]
    if "cache markers" in session.volatile:
        system[turn % 2]["cache_control"] = {"type": "ephemeral"}
        if isinstance(messages[-1]["content"], list):
            messages[-1]["content"][-1]["cache_control"] = {"type": "ephemeral", "ttl": "1h"}
    tools = [{"name": name, "description": said, "input_schema": _schema(taken)} for name, said, taken in TOOLS]
    user = {"device_id": "d", "session_id": f"session-{session.seed}"}
    if "metadata" in session.volatile:
        user = {"turn": str(turn), **dict(reversed(user.items()))}
    return {
        "model": "claude-sonnet-4-5", "max_tokens": 4, "temperature": 0, "system": system, "tools": tools,
        "messages": messages, "metadata": {"user_id": json.dumps(user)},
    }  # fmt: skip


def _codex(session: Session, turn: int) -> Json:
    def text(words: str) -> Any:
        return words if session.listed(turn) else [{"type": "input_text", "text": words}]

    items: list[Json] = [{"type": "message", "role": "user", "content": text(session.opening(turn))}]
    for at, step in enumerate(session.steps(turn)):
        arguments = json.dumps(session.arguments(step, turn))
        call = {"type": "function_call", "call_id": f"call_{at}", "name": step.name, "arguments": arguments}
        items += [call, {"type": "function_call_output", "call_id": f"call_{at}", "output": text(step.result)}]
    tools = [
        {"type": "function", "name": name, "description": said, "parameters": _schema(taken), "strict": False}
        for name, said, taken in TOOLS
    ]
    body: Json = {
        "model": "gpt-5-codex", "max_output_tokens": 4, "temperature": 0, "store": False, "input": items, "tools": tools,
        "instructions": "\n".join(session.instructions(turn)), "prompt_cache_key": f"session-{session.seed}",
    }  # fmt: skip
    if "metadata" in session.volatile:
        body |= {"client_metadata": {"turn": str(turn)}, "include": ["reasoning.encrypted_content"] * (turn % 2)}
    return body


def _chat(session: Session, turn: int, *, model: str, joined: bool) -> Json:
    def text(words: str) -> Any:
        return [{"type": "text", "text": words}] if session.listed(turn) else words

    blocks = session.instructions(turn)
    blocks = ["\n".join(blocks)] if joined else blocks
    messages: list[Json] = [{"role": "system", "content": text(block)} for block in blocks]
    messages.append({"role": "user", "content": text(session.opening(turn))})
    for at, step in enumerate(session.steps(turn)):
        arguments = json.dumps(session.arguments(step, turn))
        call = {"id": f"call_{at}", "type": "function", "function": {"name": step.name, "arguments": arguments}}
        messages.append({"role": "assistant", "content": None if turn % 2 else "", "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{at}", "content": text(step.result)})
    if "cache markers" in session.volatile:
        last = messages[-1]
        words = last["content"] if isinstance(last["content"], str) else last["content"][0]["text"]
        last["content"] = [{"type": "text", "text": words, "cache_control": {"type": "ephemeral"}}]
    tools = [
        {"type": "function", "function": {"name": name, "description": said, "parameters": _schema(taken)}}
        for name, said, taken in TOOLS
    ]
    body: Json = {"model": model, "max_tokens": 4, "temperature": 0, "messages": messages, "tools": tools}
    if "metadata" in session.volatile:
        body |= {"user": f"turn-{turn}", "metadata": {"turn": str(turn)}}
    return body


def _opencode(session: Session, turn: int) -> Json:
    return _chat(session, turn, model="unsloth/demo", joined=False)


def _openclaw(session: Session, turn: int) -> Json:
    return _chat(session, turn, model="openclaw", joined=True)


_SHAPES: Mapping[str, tuple[str, tuple[str, ...], Callable[[Session, int], Json]]] = {
    "Claude Code": ("/v1/messages", ("x-claude-code-session-id",), _claude_code),
    "Codex": ("/v1/responses", ("session-id", "thread-id"), _codex),
    "OpenCode": ("/v1/chat/completions", ("x-opencode-session", "x-session-affinity"), _opencode),
    "OpenClaw": ("/v1/chat/completions", ("session_id",), _openclaw),
}
CLIENTS = tuple(_SHAPES)
