"""The agents that have tools of their own."""

from __future__ import annotations

from tests.clients.agents import claude_code, cline, codex, continue_dev, llm, openclaw, opencode, pi, qwen_code

QUICKEST = [*codex.AGENTS, *pi.AGENTS]
"""Seconds a run."""
QUICK = [*QUICKEST, *continue_dev.AGENTS]
"""Installed in two minutes; their jobs are part of `make test`."""
EVERYONE = [
    *QUICK,
    *claude_code.AGENTS,
    *cline.AGENTS,
    *llm.AGENTS,
    *openclaw.AGENTS,
    *opencode.AGENTS,
    *qwen_code.AGENTS,
]
