"""Whether this server runs tools for its clients: decided once, at the start, from where it listens and what was said.

The rule (documented): on loopback on, elsewhere off; a flag decides; switching on where others can reach the server needs a
yes, by `--yes` or by a person at a terminal. No request can go round it. Pure.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

RISK = (
    "Other machines can reach this server, and its tools run code here. The sandbox keeps that code from your files and "
    "from the network, but whoever has an API key with the scope 'tools' can use this machine's processor, memory and disk."
)
"""What a person is told before saying yes."""

Question = Literal["none", "ask", "refuse"]


class ToolPolicy(Struct, frozen=True):
    """`reason` ends the sentence "server-side tools are on/off: ..."."""

    enabled: bool
    reason: str


class Decision(Struct, frozen=True):
    """The policy, and whether it holds only once a person has said yes (`ask`), or cannot hold as nobody can (`refuse`)."""

    policy: ToolPolicy
    question: Question = "none"


def decide(*, exposed: bool, asked: bool | None, yes: bool, terminal: bool) -> Decision:
    """`exposed`: others than this machine can reach the server. `asked`: --enable-tools, --disable-tools, or neither."""
    if asked is False:
        return Decision(ToolPolicy(False, "switched off by --disable-tools"))
    if not exposed:
        why = "switched on by --enable-tools" if asked else "only this machine can reach the server"
        return Decision(ToolPolicy(True, why))
    if asked is None:
        return Decision(ToolPolicy(False, "other machines can reach the server; --enable-tools switches them on"))
    policy = ToolPolicy(True, "switched on by --enable-tools, although other machines can reach the server")
    if yes:
        return Decision(policy)
    return Decision(policy, "ask" if terminal else "refuse")
