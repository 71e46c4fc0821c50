"""Whether a request gets the tools of this server that it asks for: the policy says it, and the key. Pure."""

from __future__ import annotations

from unsloth_studio.store.api_key import ApiKey
from unsloth_studio.tools.policy import ToolPolicy
from unsloth_studio.turn.errors import TurnError
from unsloth_studio.turn.messages import ServerTools

_NEW_KEY = "unsloth keys create NAME --scope inference --scope tools"


def refusal(wanted: ServerTools, policy: ToolPolicy | None, key: ApiKey) -> TurnError | None:
    """Why the owner of `key` may not have what is `wanted`; None when he may."""
    field = wanted.asked_by
    if policy is None or not policy.enabled:
        why = policy.reason if policy is not None else "it was started without them"
        message = f"{field}: This server does not run tools for its clients: {why}."
        message += f" Leave out {_what(field)}, or change how the server is started."
        return TurnError("permission", message, param=field, code="server_tools_off")
    if "tools" not in key.scopes:
        message = f"{field}: This API key may not use the server's tools: it lacks the scope 'tools'."
        message += f" To make one that may: {_NEW_KEY}. Or leave out {_what(field)}."
        return TurnError("permission", message, param=field)
    return None


def _what(field: str) -> str:
    """The field, or the entry of a list whose type it is."""
    return field.removesuffix(".type")
