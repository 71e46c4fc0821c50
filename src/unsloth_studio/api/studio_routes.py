"""The routes of the Studio page that are about sessions, keys, threads and chat."""

from __future__ import annotations

from unsloth_studio.api.endpoint import Endpoint
from unsloth_studio.api.keys import CreateKey, ListKeys, RevokeKey
from unsloth_studio.api.sign_in import SessionState, SignIn, SignOut

STUDIO_ENDPOINTS: tuple[type[Endpoint], ...] = (
    SessionState,
    SignIn,
    SignOut,
    ListKeys,
    CreateKey,
    RevokeKey,
)
