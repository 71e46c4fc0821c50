"""How many tokens a conversation has, by the engine's own template and tokenizer; remembered, because clients ask again."""

from __future__ import annotations

import hashlib
from collections import OrderedDict

from msgspec import Struct, field

from unsloth_studio.engine.client import EngineClient
from unsloth_studio.engine.contract import EngineAddress
from unsloth_studio.engine.encode import count_body
from unsloth_studio.turn.errors import TurnError, TurnFailure
from unsloth_studio.turn.messages import Request

COUNT_PATH = "/v1/chat/completions/input_tokens"
MOST_REMEMBERED = 2048


class TokenCounts(Struct, frozen=True):
    """Of one event loop. An engine that was started again has another address, so nothing old is remembered of it."""

    remembered: OrderedDict[bytes, int] = field(default_factory=OrderedDict[bytes, int])

    async def of(self, client: EngineClient, address: EngineAddress, request: Request) -> int:
        """Raises `EngineUnreachable`, and `TurnFailure` where an engine cannot count."""
        if not address.speaks_llama:
            raise TurnFailure(TurnError("not_found", "The upstream server cannot count tokens.", code="unsupported"))
        body = count_body(request, model=address.model)
        key = hashlib.blake2b(body, digest_size=16, person=address.base_url[-16:].encode()).digest()
        if (known := self.remembered.get(key)) is not None:
            self.remembered.move_to_end(key)
            return known
        count = int((await client.ask(address, COUNT_PATH, body))["input_tokens"])
        self.remembered[key] = count
        while len(self.remembered) > MOST_REMEMBERED:
            self.remembered.popitem(last=False)
        return count
