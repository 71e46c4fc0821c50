"""The agents that have tools of their own: a few that are quick to install and to run (`make test`), and the others."""

from __future__ import annotations

from tests.clients.agents import claude_code, cline, codex, continue_dev, llm, openclaw, opencode, pi, qwen_code

QUICK = [*codex.AGENTS, *continue_dev.AGENTS, *pi.AGENTS]
OTHERS = [
    *claude_code.AGENTS,
    *cline.AGENTS,
    *llm.AGENTS,
    *openclaw.AGENTS,
    *opencode.AGENTS,
    *qwen_code.AGENTS,
]
