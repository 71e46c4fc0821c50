"""What the routes around running tools have in common: the key's scope `tools` or `admin`, and whose things it may see."""

from __future__ import annotations

from unsloth_studio.api.admin_endpoint import AdminEndpoint, not_found
from unsloth_studio.api.exchange import Exchange
from unsloth_studio.tools.toolbox import Toolbox


class ToolboxEndpoint(AdminEndpoint):
    """As the management API, also for keys with the scope `tools`, which see what is theirs."""

    scope = "tools"
    also = ("admin",)

    @property
    def toolbox(self) -> Toolbox:
        """Raises `TurnFailure` where no tools are run at all."""
        if self.services.toolbox is None:
            raise not_found("This server was started without tools.")
        return self.services.toolbox


def owner_of(exchange: Exchange) -> str | None:
    """Whose things the key may see: its own, and all (None) with the scope `admin`."""
    assert exchange.key is not None, "every request has one"
    return None if "admin" in exchange.key.scopes else exchange.key.owner
