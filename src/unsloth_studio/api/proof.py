"""`GET /api/proof`: the server shows which data folder it belongs to, so that programs of its user can send it their key."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec

from unsloth_studio.api.admin_endpoint import AdminEndpoint
from unsloth_studio.api.auth import cannot_check
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.api.operation import Operation
from unsloth_studio.store.errors import StoreProblem
from unsloth_studio.store.proof import NONCE_LENGTH, proof
from unsloth_studio.store.secret import read_secret
from unsloth_studio.turn.errors import TurnError, TurnFailure

NO_SECRET = "This server has no stored keys, so it cannot prove whose it is. To make one: unsloth keys create NAME"  # noqa: S105

HexNonce = Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{2 * NONCE_LENGTH}}}$")]


class ProofQuery(msgspec.Struct, frozen=True):
    nonce: HexNonce


class ProofReply(msgspec.Struct, frozen=True):
    """64 hexadecimal digits; `store/proof.py` says of what."""

    proof: str


class Proof(AdminEndpoint):
    """Answer a random question in the way that only a server with this data folder can. Open to everybody: the answer says
    nothing to who does not have the folder."""

    operation = Operation("GET", "/api/proof", query=ProofQuery, reply=ProofReply)
    scope = None

    async def answer(self, exchange: Exchange) -> None:
        nonce = bytes.fromhex(self.query(exchange, ProofQuery).nonce)
        try:
            folder = (await self.services.keys.store()).database.folder
            secret = await asyncio.to_thread(read_secret, folder)
        except StoreProblem as problem:
            raise cannot_check(problem) from problem
        if secret is None:
            raise TurnFailure(TurnError("not_found", NO_SECRET, code="no_secret"))
        host, port = exchange.scope["server"]
        await self.reply(exchange, ProofReply(proof(secret, nonce, (str(host), int(port)))))
