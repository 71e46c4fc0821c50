"""What we know of a model that is on this disk: its file's facts, its template's, and the sampling that suits it."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct

from unsloth_studio.catalog.gguf import GgufFacts, read_model
from unsloth_studio.catalog.local_models import LocalModel
from unsloth_studio.catalog.quantization import label_of
from unsloth_studio.catalog.sampling import Family, Resolved, family_of, resolve
from unsloth_studio.catalog.templates import TemplateFacts, read_template
from unsloth_studio.turn.messages import Conversation, Request, SamplingParams


class Sheet(Struct, frozen=True, dict=True):
    """Read once per model, in milliseconds. `vision` says that a projector is there."""

    model: LocalModel
    gguf: GgufFacts

    @cached_property
    def template(self) -> TemplateFacts:
        return read_template(self.gguf.chat_template, tool_template=self.gguf.tool_template)

    @cached_property
    def family(self) -> Family | None:
        """By the repository's name first: a file's own name is often a stranger's choice."""
        names = (self.model.repository, self.model.id, self.gguf.name)
        return next((row for name in names if name and (row := family_of(name))), None)

    @property
    def quantization(self) -> str | None:
        """As the file's name says it, else as its header does, which knows no `UD-`."""
        return label_of(self.model.variant) or self.gguf.quantization

    @property
    def vision(self) -> bool:
        return self.model.projector is not None

    def sampling(
        self,
        *,
        pins: SamplingParams | None = None,
        request: SamplingParams | None = None,
        flags: SamplingParams | None = None,
        thinking: bool = False,
        tools: bool = False,
    ) -> Resolved:
        """The values that hold, and why (see `catalog.sampling.resolve`)."""
        return resolve(
            pins=pins,
            request=request,
            flags=flags,
            metadata=self.gguf.sampling,
            family=self.family,
            thinking=thinking,
            tools=tools,
        )

    def thinks(self, request: Request) -> bool:
        """Whether the model will think in this turn, as far as request and template tell."""
        if not self.template.thinking:
            return False
        return self.template.thinks_by_default if request.reasoning.enabled is None else request.reasoning.enabled

    def offers_tools(self, request: Request) -> bool:
        prompt = request.prompt
        return isinstance(prompt, Conversation) and bool(prompt.tools) and prompt.tool_choice != "none"


def read_sheet(model: LocalModel) -> Sheet:
    """Raises `GgufError` with a sentence when the file cannot be used."""
    return Sheet(model, read_model(model.files))
