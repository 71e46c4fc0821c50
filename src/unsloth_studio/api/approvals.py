"""`/api/tool-calls`: calls that wait until somebody allows them, for requests with `tool_approval: "ask"`.

The rule: only the key that made the request decides, or one with the scope `admin`; for every other key the call is not
there.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.api.tool_shapes import DecidedReply, WaitingCallsReply
from unsloth_studio.api.toolbox_endpoint import ToolboxEndpoint, owner_of
from unsloth_studio.dialects.body import read_shape
from unsloth_studio.dialects.server_tools import approval_fields
from unsloth_studio.tools.approvals import Decision, WaitingCall
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.events import ToolApprovalAsked


class Verdict(msgspec.Struct):
    """`allow_session` allows this call, and further ones of the same tool in the same session until the server ends."""

    decision: Decision


class Confirmation(msgspec.Struct):
    """As clients of Unsloth Studio send it; its `session_id` adds nothing to the id."""

    approval_id: str
    decision: Decision


class WaitingCalls(ToolboxEndpoint):
    """Calls that wait until somebody allows them, the oldest first."""

    operation = Operation("GET", "/api/tool-calls", reply=WaitingCallsReply)

    async def answer(self, exchange: Exchange) -> None:
        """The calls that wait, the oldest first: for replies that are not streamed, and for who comes later."""
        calls = [_fields(call) for call in self.toolbox.approvals.waiting(owner_of(exchange))]
        await exchange.json(orjson.dumps({"tool_calls": calls}))


class _Deciding(ToolboxEndpoint):
    async def decide(self, exchange: Exchange, approval_id: str, decision: Decision) -> None:
        """Raises `TurnFailure` (not_found)."""
        if not self.toolbox.approvals.decide(approval_id, decision, owner=owner_of(exchange)):
            message = (
                "No call of yours waits under this id: it was decided, its time ran out, or its request has ended."
            )
            raise TurnFailure(TurnError("not_found", message, code="tool_call_not_waiting"))
        await exchange.json(orjson.dumps({"approval_id": approval_id, "decision": decision}))


class DecideCall(_Deciding):
    """Allow or deny a call that waits."""

    operation = Operation("POST", "/api/tool-calls/{approval_id}", body=Verdict, reply=DecidedReply)

    async def answer(self, exchange: Exchange) -> None:
        """Decide about the call in the address."""
        approval_id: str = exchange.scope["path_params"]["approval_id"]
        verdict, _ = read_shape(await exchange.body(), Verdict)
        await self.decide(exchange, approval_id, verdict.decision)


class ConfirmCall(_Deciding):
    """Allow or deny a call that waits, as clients of Unsloth Studio say it."""

    operation = Operation("POST", "/api/inference/tool-confirm", body=Confirmation, reply=DecidedReply)

    async def answer(self, exchange: Exchange) -> None:
        """Decide about the call in the body."""
        said, _ = read_shape(await exchange.body(), Confirmation)
        await self.decide(exchange, said.approval_id, said.decision)


def _fields(waiting: WaitingCall) -> dict[str, Any]:
    call = waiting.call
    asked = ToolApprovalAsked(call.call_id, waiting.id, call.name, call.arguments, waiting.expires_at)
    return {**approval_fields(asked), "session_id": waiting.session_id}
