"""Ids in the forms that the Messages API gives them.

The rule: an id is mapped by a function of itself alone, so the same call has the same id in every frame and every reply.
Allowed letters: the API's pattern for `tool_use.id`, `^[a-zA-Z0-9_-]+$`.
"""

from __future__ import annotations

import hashlib
import re

_PLAIN = re.compile(r"[a-zA-Z0-9_-]+")


def message_id(turn_id: str) -> str:
    return f"msg_{turn_id}"


def tool_use_id(call_id: str) -> str:
    """The id of a call that the client runs."""
    return _prefixed("toolu_", call_id)


def server_tool_use_id(call_id: str) -> str:
    """The id of a call that runs on the server."""
    return _prefixed("srvtoolu_", call_id)


def _prefixed(prefix: str, call_id: str) -> str:
    if not _PLAIN.fullmatch(call_id):
        return prefix + hashlib.blake2b(call_id.encode(errors="surrogatepass"), digest_size=12).hexdigest()
    return call_id if call_id.startswith(prefix) else prefix + call_id
