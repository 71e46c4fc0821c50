"""`/api/tool-calls`: calls that wait until somebody allows them, for requests with `tool_approval: "ask"`.

The rule: only the key that made the request decides, or one with the scope `admin`; for every other key the call is not
there.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from unsloth_studio.api.admin_endpoint import not_found
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.toolbox_endpoint import ToolboxEndpoint, owner_of
from unsloth_studio.dialects.server_tools import approval_fields
from unsloth_studio.tools.approvals import Decision, WaitingCall
from unsloth_studio.turn.events import ToolApprovalAsked


class Waiting(msgspec.Struct, frozen=True):
    """A call that waits. `arguments` is an object, or text where the model wrote none; `expires_at` is the Unix second from
    which it counts as denied."""

    approval_id: str
    tool_call_id: str
    name: str
    arguments: Any
    expires_at: int
    session_id: str | None


class WaitingList(msgspec.Struct, frozen=True):
    tool_calls: list[Waiting]


class Verdict(msgspec.Struct, frozen=True):
    decision: Literal["allow", "deny"]


class Confirmation(msgspec.Struct, frozen=True):
    """As clients of Unsloth Studio send it; its `session_id` adds nothing to the id."""

    approval_id: str
    decision: Literal["allow", "deny"]


class Decided(msgspec.Struct, frozen=True):
    approval_id: str
    decision: Literal["allow", "deny"]


class WaitingCalls(ToolboxEndpoint):
    """List the calls that wait to be allowed, the oldest first. Those of the key, or of all keys with the scope `admin`."""

    operation = Operation("GET", "/api/tool-calls", reply=WaitingList)

    async def answer(self, exchange: Exchange) -> None:
        """For replies that are not streamed, and for who comes later."""
        calls = [_entry(call) for call in self.toolbox.approvals.waiting(owner_of(exchange))]
        await self.reply(exchange, WaitingList(calls))


class _Deciding(ToolboxEndpoint):
    async def decide(self, exchange: Exchange, approval_id: str, decision: Decision) -> None:
        """Raises `TurnFailure` (not_found)."""
        if not self.toolbox.approvals.decide(approval_id, decision, owner=owner_of(exchange)):
            message = (
                "No call of yours waits under this id: it was decided, its time ran out, or its request has ended."
            )
            raise not_found(message, code="tool_call_not_waiting")
        await self.reply(exchange, Decided(approval_id, decision))


class DecideCall(_Deciding):
    """Allow a call that waits, or deny it. Only the key that made the request may, or one with the scope `admin`."""

    operation = Operation("POST", "/api/tool-calls/{approval_id}", body=Verdict, reply=Decided)

    async def answer(self, exchange: Exchange) -> None:
        """Decide about the call in the address."""
        verdict = await self.read(exchange, Verdict)
        await self.decide(exchange, self.part(exchange, "approval_id"), verdict.decision)


class ConfirmCall(_Deciding):
    """Allow a call that waits, or deny it, as clients of Unsloth Studio do. Its id is in the body."""

    operation = Operation("POST", "/api/inference/tool-confirm", body=Confirmation, reply=Decided)

    async def answer(self, exchange: Exchange) -> None:
        """Decide about the call in the body."""
        said = await self.read(exchange, Confirmation)
        await self.decide(exchange, said.approval_id, said.decision)


def _entry(waiting: WaitingCall) -> Waiting:
    call = waiting.call
    asked = ToolApprovalAsked(call.call_id, waiting.id, call.name, call.arguments, waiting.expires_at)
    return Waiting(**approval_fields(asked), session_id=waiting.session_id)
