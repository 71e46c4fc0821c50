"""What the routes around running tools have in common: the key's scope `tools` or `admin`, and whose things it may see."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.dialects import openai_errors
from unsloth_studio.tools.toolbox import Toolbox
from unsloth_studio.turn.errors import TurnError, TurnFailure


class ToolboxEndpoint(Endpoint):
    scope = "tools"
    also = ("admin",)

    def error_body(self, error: TurnError, exchange: Exchange) -> bytes:
        del exchange
        return openai_errors.error_body(error)

    @property
    def toolbox(self) -> Toolbox:
        """Raises `TurnFailure` where no tools are run at all."""
        if self.services.toolbox is None:
            raise TurnFailure(TurnError("not_found", "This server was started without tools."))
        return self.services.toolbox


def owner_of(exchange: Exchange) -> str | None:
    """Whose things the key may see: its own, and all (None) with the scope `admin`."""
    assert exchange.key is not None, "every request has one"
    return None if "admin" in exchange.key.scopes else exchange.key.owner
