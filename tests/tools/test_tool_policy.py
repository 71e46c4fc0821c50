"""Whether tools run here: every combination of where the server listens, what was said, and who could be asked."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from msgspec import field
from msgspec.structs import replace
from tests.api.parts import KEY, client_of, services_around
from tests.engine.pool_engines import PaperShelf
from tests.support.keys import new_key

from unsloth_studio.api.services import Services
from unsloth_studio.engine.pool import Pool
from unsloth_studio.engine.residency import Rules
from unsloth_studio.serving.run import Turns
from unsloth_studio.settings_sources import load_settings
from unsloth_studio.tools.policy import Decision, ToolPolicy, decide
from unsloth_studio.tools.search.provider import SearchSettings
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.events import Event, PartEnd, PartStart, TextDelta, TurnEnd, TurnStart, Usage
from unsloth_studio.turn.messages import Conversation, Request, TextPart

EXPOSED = (False, True)
ASKED = (None, True, False)
YES = (False, True)
TERMINAL = (False, True)


def expected(exposed: bool, asked: bool | None, yes: bool, terminal: bool) -> tuple[bool, str]:
    """As the documentation has it, written as a table."""
    table: dict[tuple[bool, bool | None], tuple[bool, str]] = {
        (False, None): (True, "none"),
        (False, True): (True, "none"),
        (False, False): (False, "none"),
        (True, None): (False, "none"),
        (True, False): (False, "none"),
        (True, True): (True, "none" if yes else "ask" if terminal else "refuse"),
    }
    return table[exposed, asked]


@pytest.mark.parametrize(("exposed", "asked", "yes", "terminal"), [*itertools.product(EXPOSED, ASKED, YES, TERMINAL)])
def test_policy(exposed: bool, asked: bool | None, yes: bool, terminal: bool) -> None:
    made = decide(exposed=exposed, asked=asked, yes=yes, terminal=terminal)
    assert (made.policy.enabled, made.question) == expected(exposed, asked, yes, terminal)
    assert made.policy.reason


@pytest.mark.parametrize(
    ("host", "proxy", "exposed"),
    [
        ("127.0.0.1", False, False), ("127.8.9.10", False, False), ("localhost", False, False), ("LOCALHOST", False, False),
        ("::1", False, False), ("[::1]", False, False), ("::ffff:127.0.0.1", False, False), ("0.0.0.0", False, True),
        ("::", False, True), ("192.168.1.5", False, True), ("box.lan", False, True), ("128.0.0.1", False, True),
        ("127.0.0.1", True, True),
    ],
)  # fmt: skip
def test_who_can_reach_the_server(host: str, proxy: bool, exposed: bool) -> None:
    assert load_settings(host=host, behind_proxy=proxy).exposed == exposed
    decision = decide(exposed=exposed, asked=None, yes=False, terminal=False)
    assert isinstance(decision, Decision)
    assert decision.policy.enabled != exposed


MESSAGES: list[dict[str, str]] = [{"role": "user", "content": "Hi"}]
BODIES: dict[str, dict[str, Any]] = {
    "chat/completions": {"messages": MESSAGES},
    "messages": {"messages": MESSAGES},
    "responses": {"input": "Hi"},
}
NATIVE: dict[str, dict[str, Any]] = {
    "chat/completions": {"web_search_options": {}},
    "messages": {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
    "responses": {"tools": [{"type": "web_search"}]},
}
UNASKED: dict[str, Any] = {"tools": [{"type": "web_search", "external_web_access": True}]}
"""As Codex sends it with every request."""


def requests(path: str) -> dict[str, tuple[dict[str, Any], str]]:
    """What a request may say, and what becomes of it where tools are allowed and where they are not."""
    on, off = {"enable_tools": True}, {"enable_tools": False}
    table: dict[str, tuple[dict[str, Any], str]] = {
        "absent": ({}, "none none"),
        "on": (on, "tools refused"),
        "off": (off, "none none"),
        "native": (NATIVE[path], "tools refused"),
        "native, on": ({**NATIVE[path], **on}, "tools refused"),
        "native, off": ({**NATIVE[path], **off}, "none none"),
    }
    return {**table, "unasked": (UNASKED, "tools none")} if path == "responses" else table


class ToldTurns(Turns, frozen=True):
    """Answers every request, and remembers what was offered to the model."""

    asked: list[Request] = field(default_factory=list[Request])

    async def run(self, request: Request, *, turn_id: str) -> AsyncGenerator[Sequence[Event]]:
        self.asked.append(request)
        usage = Usage(1, 1)
        yield [
            TurnStart(turn_id, "m"),
            PartStart(0, TextPart()),
            TextDelta(0, "Hi"),
            PartEnd(0),
            TurnEnd("stop", usage),
        ]


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    shelf = PaperShelf()
    shelf.add("default")
    async with services_around(Pool(shelf, rules=Rules(budget_bytes=10), default="default"), tmp_path) as made:
        turns = made.turns
        told = ToldTurns(turns.pool, turns.client, turns.admissions, turns.load_wait, turns.on_record)
        yield replace(made, turns=told)


class Outcomes:
    """What becomes of requests under a policy: asked once, remembered for every combination that leads to it."""

    def __init__(self, services: Services, home: Path, keys: dict[str, str]) -> None:
        self._services, self._home, self._keys = services, home, keys
        self._known: dict[tuple[ToolPolicy, str, str, str], str] = {}

    async def of(self, policy: ToolPolicy, path: str, name: str, scope: str) -> str:
        key = (policy, path, name, scope)
        if key not in self._known:
            self._known[key] = await self._ask(policy, path, requests(path)[name][0], self._keys[scope])
        return self._known[key]

    async def _ask(self, policy: ToolPolicy, path: str, fields: dict[str, Any], key: str) -> str:
        turns = self._services.turns
        assert isinstance(turns, ToldTurns)
        turns.asked.clear()
        toolbox = Toolbox.at(self._home, policy, search=SearchSettings())
        async with aclosing(client_of(replace(self._services, toolbox=toolbox))) as client:
            body = {**BODIES[path], **fields}
            reply = await client.post(f"/v1/{path}", json=body, headers={"authorization": f"Bearer {key}"})
        if reply.status_code == 403:
            assert not turns.asked
            assert policy.reason in reply.text if not policy.enabled else "unsloth keys create" in reply.text
            return "refused"
        assert reply.status_code == 200, reply.text
        (request,) = turns.asked
        assert isinstance(request.prompt, Conversation)
        return "tools" if request.prompt.tools else "none"


BINDS = (("127.0.0.1", False), ("::1", False), ("localhost", True), ("0.0.0.0", False), ("box.lan", False))


async def test_no_request_goes_round_the_policy_and_the_key(services: Services, tmp_path: Path) -> None:
    """Every bind address, flag, terminal and --yes; every request field of every endpoint; both scopes."""
    keys = {"tools": KEY, "inference": new_key(tmp_path, "plain", scopes=("inference",))}
    outcomes = Outcomes(services, tmp_path, keys)
    for (host, proxy), asked, yes, terminal in itertools.product(BINDS, ASKED, YES, TERMINAL):
        exposed = load_settings(host=host, behind_proxy=proxy).exposed
        decision = decide(exposed=exposed, asked=asked, yes=yes, terminal=terminal)
        if decision.question == "refuse":
            continue  # it does not start
        enabled = asked is not False and (asked is True or not exposed)
        for path in BODIES:
            for name, (_, becomes) in requests(path).items():
                for scope in keys:
                    allowed = enabled and scope == "tools"
                    want = becomes.split()[0 if allowed else 1]
                    got = await outcomes.of(decision.policy, path, name, scope)
                    assert got == want, (host, proxy, asked, yes, terminal, path, name, scope)
