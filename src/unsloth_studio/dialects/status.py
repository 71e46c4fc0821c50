"""HTTP status of each kind of error. Both families of dialects use the same numbers; only the words differ."""

from __future__ import annotations

from unsloth_studio.turn.errors import ErrorKind

STATUS: dict[ErrorKind, int] = {
    "invalid_request": 400,
    "context_overflow": 400,
    "authentication": 401,
    "permission": 403,
    "not_found": 404,
    "conflict": 409,
    "method_not_allowed": 405,
    "body_too_large": 413,
    "rate_limited": 429,
    "internal": 500,
    "engine_error": 500,
    "engine_lost": 502,
    "engine_unavailable": 503,
}
