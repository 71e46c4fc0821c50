"""Whose request it is, by headers and by what the body says."""

from __future__ import annotations

import orjson
import pytest

from unsloth_studio.api.origins import origin_of
from unsloth_studio.dialects.anthropic import read as anthropic
from unsloth_studio.dialects.openai_chat import read as chat
from unsloth_studio.dialects.openai_responses import read as responses
from unsloth_studio.turn.messages import Origin

HEADERS: dict[str, tuple[dict[str, str], Origin]] = {
    "nothing": ({"user-agent": "x"}, Origin("body")),
    "Claude Code": ({"x-claude-code-session-id": "s"}, Origin("s")),
    "its sub-agent": ({"x-claude-code-session-id": "s", "x-claude-code-agent-id": "a"}, Origin("s", "a")),
    "a sub-agent of a known session": ({"x-claude-code-agent-id": "a"}, Origin("body", "a")),
    "Codex": ({"session-id": "s", "thread-id": "s"}, Origin("s")),
    "Codex as it was": ({"session_id": "s", "conversation_id": "c"}, Origin("s")),
    "its thread": ({"session-id": "s", "thread-id": "t", "x-codex-parent-thread-id": "s"}, Origin("s", "t")),
    "its review": ({"session-id": "s", "x-openai-subagent": "review"}, Origin("s", "review")),
    "OpenCode": ({"x-opencode-session": "s", "x-session-affinity": "s"}, Origin("s")),
    "its sub-agent's session": ({"x-session-affinity": "t", "x-parent-session-id": "s"}, Origin("s", "t")),
    "blank and endless ids": ({"session-id": " ", "x-session-id": "x" * 600}, Origin("body")),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers(name: str) -> None:
    headers, origin = HEADERS[name]
    assert origin_of([(key.encode(), value.encode()) for key, value in headers.items()], Origin("body")) == origin


GO = {"role": "user", "content": "Go"}
BODIES = {
    "Claude Code before": (
        anthropic.read, {"messages": [GO], "metadata": {"user_id": "user_ab_account__session_12-34"}}, "12-34"),
    "Claude Code": (
        anthropic.read, {"messages": [GO], "metadata": {"user_id": '{"device_id":"d","session_id":"s"}'}}, "s"),
    "only a user": (anthropic.read, {"messages": [GO], "metadata": {"user_id": "me"}}, ""),
    "JSON that says nothing": (anthropic.read, {"messages": [GO], "metadata": {"user_id": "{1"}}, ""),
    "ours": (anthropic.read, {"messages": [GO], "session_id": "folder"}, "folder"),
    "OpenAI's key": (chat.read, {"messages": [GO], "prompt_cache_key": "k", "metadata": 5}, "k"),
    "no text": (chat.read, {"messages": [GO], "prompt_cache_key": 5}, ""),
    "Codex": (responses.read, {"input": "Go", "prompt_cache_key": "k", "client_metadata": {"thread_id": "t"}}, "t"),
    "Responses": (responses.read, {"input": "Go", "prompt_cache_key": "k"}, "k"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name: str) -> None:
    read, body, session = BODIES[name]
    assert read(orjson.dumps(body)).request.origin == Origin(session)


def test_the_same_session_of_another_key_is_another_one() -> None:
    headers = [(b"thread-id", b"t1")]
    assert origin_of(headers, Origin(), owner="1") != origin_of(headers, Origin(), owner="2")
    assert origin_of([], Origin("body"), owner="1") == Origin("body", owner="1")
