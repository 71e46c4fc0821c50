"""Whose request it is, by the headers with which clients tell their sessions and sub-agents apart.

The rule: headers win over what the body says, because only they tell sub-agents. Sources: Claude Code 2.1.139 and later
(`X-Claude-Code-Session-Id`, `X-Claude-Code-Agent-Id`), Codex (`session-id`, `thread-id`, `x-codex-parent-thread-id`,
`x-openai-subagent`; `session_id` and `conversation_id` before), OpenCode (`x-opencode-session`, `x-session-affinity`,
`x-parent-session-id`), pi and OpenClaw (`session_id`, `x-session-affinity`), Qwen Code (`X-Qwen-Code-Session-Id`).
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from unsloth_studio.dialects.origin import LONGEST_ID
from unsloth_studio.turn.messages import Origin

_SESSIONS = (
    b"x-claude-code-session-id",
    b"x-opencode-session",
    b"x-qwen-code-session-id",
    b"thread-id",
    b"session-id",
    b"session_id",
    b"conversation_id",
    b"x-conversation-id",
    b"x-session-id",
    b"x-session-affinity",
)
_AGENTS = (b"x-claude-code-agent-id",)
_PARENTS = (b"x-codex-parent-thread-id", b"x-parent-session-id", b"x-opencode-parent-session")
_KINDS = (b"x-openai-subagent",)
_NAMES = frozenset((*_SESSIONS, *_AGENTS, *_PARENTS, *_KINDS))


def origin_of(headers: Iterable[tuple[bytes, bytes]], stated: Origin, *, owner: str = "") -> Origin:
    """The origin that `headers` (names in small letters) give, else what the body `stated`. `owner` is whose key it is."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name in _NAMES and 0 < len(value) <= LONGEST_ID and (text := value.decode("latin-1").strip()):
            found.setdefault(name, text)
    if not found:
        return replace(stated, owner=owner)
    session = _first(found, _SESSIONS) or stated.session
    agent = _first(found, _AGENTS)
    if parent := _first(found, _PARENTS):  # a sub-agent that has a session of its own
        return Origin(parent, agent or session or "sub-agent", owner)
    return Origin(session, agent or _first(found, _KINDS), owner)


def _first(found: dict[bytes, str], names: tuple[bytes, ...]) -> str:
    return next((found[name] for name in names if name in found), "")
