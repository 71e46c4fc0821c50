"""Claude Code. Variables: https://code.claude.com/docs/en/env-vars; what the window's do was read in and tried with 2.1.

The rule: one set of variables. A session gets them in its environment and once more as a settings file, because `env` in the
user's own settings would win over the environment.
"""

from __future__ import annotations

import json
import shlex

from unsloth_studio.clients.facts import (
    Client,
    ClientSetup,
    Merged,
    Persisted,
    Place,
    ServerFacts,
    SessionFile,
    UserFile,
)

_SETTINGS = "settings.json"
_STABLE = ("--exclude-dynamic-system-prompt-sections",)
_FOREIGN = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_GATEWAY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_VERTEX",
)
"""Each would send the requests, or another key with them, elsewhere."""

_CLEARED = dict.fromkeys(_FOREIGN, "")
"""For `env` of a settings file, which has no other way to unset what the user's own file sets; tried with 2.1: empty counts
as unset, for the switches too."""

_LEAST_COMPACT_WINDOW = 100_000
"""Tokens: `CLAUDE_CODE_AUTO_COMPACT_WINDOW` holds for all names of models, and counts as this if it is less, with a warning
(read in 2.1.197 and 2.1.332). `CLAUDE_CODE_MAX_CONTEXT_TOKENS` holds for those that do not begin with `claude-`."""

_SHARE_OF_AN_ANSWER = 8
"""Of the window: Claude Code keeps an answer and some 13,000 tokens free before it summarises (its `/context`)."""


def variables(facts: ServerFacts) -> dict[str, str]:
    """All but the key."""
    window: dict[str, str] = {}
    answer = facts.answer_tokens
    if facts.context_length is not None:
        window = {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": str(facts.context_length)}
        if facts.context_length >= _LEAST_COMPACT_WINDOW:
            window["CLAUDE_CODE_AUTO_COMPACT_WINDOW"] = str(facts.context_length)
        answer = min(answer, facts.context_length // _SHARE_OF_AN_ANSWER)
    return {
        "ANTHROPIC_BASE_URL": facts.base_url,
        "ANTHROPIC_MODEL": facts.model,
        "ANTHROPIC_DEFAULT_OPUS_MODEL": facts.tiers.opus,
        "ANTHROPIC_DEFAULT_SONNET_MODEL": facts.tiers.sonnet,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": facts.tiers.haiku,
        **window,
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(answer),
        "CLAUDE_CODE_ATTRIBUTION_HEADER": "0",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "API_TIMEOUT_MS": "3600000",
    }


def by_hand(facts: ServerFacts, place: Place) -> ClientSetup:
    del place
    return ClientSetup({**variables(facts), "ANTHROPIC_AUTH_TOKEN": facts.key}, _FOREIGN, words=_STABLE)


def session(facts: ServerFacts, place: Place) -> ClientSetup:
    env = {**variables(facts), "ANTHROPIC_AUTH_TOKEN": facts.key}
    value = {"apiKeyHelper": "", "env": {**_CLEARED, **env}}  # an empty helper: the user's is not run, its key not sent
    settings = SessionFile(_SETTINGS, json.dumps(value, indent=2) + "\n")
    return ClientSetup(env, _FOREIGN, (settings,), ("--settings", f"{place.folder}/{_SETTINGS}", *_STABLE))


def persist(facts: ServerFacts, key_file: str) -> Persisted:
    env = {**_CLEARED, "ANTHROPIC_AUTH_TOKEN": "", **variables(facts)}  # the token would win over the helper
    value = {"apiKeyHelper": f"cat {shlex.quote(key_file)}", "env": env}
    return Persisted((Merged(UserFile("~/.claude", _SETTINGS, "CLAUDE_CONFIG_DIR"), value),), "claude")


CLIENT = Client(
    id="claude",
    name="Claude Code",
    program="claude",
    install="npm install -g @anthropic-ai/claude-code",
    dialect="Anthropic Messages",
    session=session,
    by_hand=by_hand,
    persist=persist,
    aliases=("claude-code",),
    minimum_context=32_768,
    page="claude-code",
    tested="2.1.332",
    limits=(
        "Its own prompt and tools take 9,000 to 20,000 tokens, and it summarises when about 13,000 tokens and one answer "
        "are left: a context of 32768 is enough for small tasks, 65536 for work. `/context` shows the numbers.",
        "A model whose id begins with `claude-` (an alias, say) gets the window that Claude Code knows for that name; it is "
        "made to summarise in time all the same if ours is 100000 or more.",
        "A second `--settings` among your own words replaces ours, which matters only if your settings set these "
        "variables or an `apiKeyHelper`.",
        "Set up by hand, `env` and `apiKeyHelper` in your own `~/.claude/settings.json` win over the variables: take out "
        "what leads elsewhere.",
    ),
)
