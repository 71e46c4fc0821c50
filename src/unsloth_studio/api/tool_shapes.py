"""What the routes around running tools send, for the OpenAPI document (`api/sessions.py`, `api/approvals.py`)."""

from __future__ import annotations

from typing import Any

import msgspec

from unsloth_studio.tools.approvals import Decision


class WaitingCallShape(msgspec.Struct, kw_only=True):
    """A call that waits until somebody allows it; `expires_at` is the Unix second from which it counts as denied."""

    approval_id: str
    tool_call_id: str
    name: str
    arguments: Any
    expires_at: int
    session_id: str | None


class WaitingCallsReply(msgspec.Struct):
    tool_calls: list[WaitingCallShape]


class DecidedReply(msgspec.Struct):
    approval_id: str
    decision: Decision


class SessionShape(msgspec.Struct, kw_only=True):
    """A folder that tools worked in. `owner` is told to administrators only."""

    session_id: str
    id: str
    created_at: float
    last_used_at: float
    in_use: bool
    owner: str | msgspec.UnsetType = msgspec.UNSET


class SessionsReply(msgspec.Struct):
    sessions: list[SessionShape]


class SessionFileShape(msgspec.Struct, kw_only=True):
    """A regular file; `url` is the address to download it from."""

    path: str
    size: int
    modified_at: int
    url: str


class SessionFilesReply(msgspec.Struct):
    session_id: str
    id: str
    files: list[SessionFileShape]


class SessionDeleted(msgspec.Struct):
    session_id: str
    id: str
    deleted: bool
