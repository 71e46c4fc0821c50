"""The request body of `POST /v1/completions` as it is on the wire.

One rule: what is not named here is not an error. Shapes follow `openai.types.completion_create_params` of the official
Python SDK.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from unsloth_studio.dialects.openai_sampling import Alternatives, Choices, SharedFields

TokenId = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]

Prompt = str | list[str | TokenId | list[TokenId]]
"""Text, token ids, or a list of either; the reader sees to it that a list holds one kind."""


class CompletionsBody(SharedFields, kw_only=True):
    prompt: Prompt
    echo: bool | None = None
    logprobs: Alternatives | None = None
    best_of: Choices | None = None
    suffix: str | None = None
