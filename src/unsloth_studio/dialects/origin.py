"""Whose request a body says it is: the fields in which clients name their session.

The rule: an id is a text that a client chose; whatever else stands in such a field is no id. Sources: Claude Code's
`metadata.user_id` (`user_..._session_UUID`, later a JSON object with `session_id`), OpenAI's `prompt_cache_key`, Codex'
`client_metadata`.
"""

from __future__ import annotations

import re
from typing import cast

import orjson

from unsloth_studio.turn.messages import Origin

LONGEST_ID = 512
_SESSION = re.compile(r"_session_(?P<id>[0-9A-Za-z-]+)\Z")


def stated_origin(*ids: object) -> Origin:
    """The first of `ids` that can be one, as the session."""
    return Origin(next((one for one in ids if isinstance(one, str) and 0 < len(one) <= LONGEST_ID), ""))


def session_of_user(metadata: object) -> str:
    """The session in `metadata.user_id`, "" when it only names a user."""
    user = cast("dict[str, object]", metadata).get("user_id") if isinstance(metadata, dict) else None
    if not isinstance(user, str):
        return ""
    if found := _SESSION.search(user):
        return found["id"]
    if not user.startswith("{"):
        return ""
    try:
        fields: object = orjson.loads(user)
    except orjson.JSONDecodeError:
        return ""
    session = cast("dict[str, object]", fields).get("session_id") if isinstance(fields, dict) else None
    return session if isinstance(session, str) else ""
