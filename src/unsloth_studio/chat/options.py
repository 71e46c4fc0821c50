"""How the page wants an answer: model, thinking, tools, sampling. The shape of the API's `options`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from unsloth_studio.dialects.body import Count, NonNegative, Penalty, Probability, Seed
from unsloth_studio.turn.messages import SamplingParams

Name = Annotated[str, msgspec.Meta(max_length=500)]


class Sampling(msgspec.Struct, kw_only=True, frozen=True):
    """Values that win over the server's defaults; null leaves one to them. `max_tokens` counts reasoning too."""

    temperature: NonNegative | None = None
    top_p: Probability | None = None
    top_k: Annotated[int, msgspec.Meta(ge=-1, le=1_000_000)] | None = None
    min_p: Probability | None = None
    repeat_penalty: NonNegative | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    seed: Seed | None = None
    max_tokens: Count | None = None

    def params(self) -> SamplingParams:
        return SamplingParams(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            min_p=self.min_p,
            repeat_penalty=self.repeat_penalty,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            seed=self.seed,
        )


class ChatOptions(msgspec.Struct, kw_only=True, frozen=True):
    """`model` null is the one in use; `thinking` null leaves it to the model; `enabled_tools` are names of the server's
    tools; with `tool_approval` `ask` each of their calls waits until it is allowed; `system` is an instruction before the
    conversation."""

    model: Name | None = None
    thinking: bool | None = None
    enabled_tools: Annotated[list[Name], msgspec.Meta(max_length=50)] = []
    tool_approval: Literal["ask", "never"] = "never"
    sampling: Sampling = Sampling()
    system: str | None = None
