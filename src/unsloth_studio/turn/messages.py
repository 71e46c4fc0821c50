"""What is asked of a model: a conversation, how to sample, and in which form to answer.

Every dialect is read into a `Request` and nothing else; the engine is asked from a `Request` and nothing else.
All values are frozen. Text is `str`, tool arguments stay the raw JSON text that was written, images stay URLs
(`data:` or `http(s):`), so that nothing is encoded twice on its way through.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

Role = Literal["system", "user", "assistant", "tool"]
RunsOn = Literal["client", "server"]


class TextPart(Struct, frozen=True):
    """`loads` names tools that may be called from here on: `serving.prefix` puts their definitions in this place."""

    text: str = ""
    loads: tuple[str, ...] = ()


class ReasoningPart(Struct, frozen=True):
    """What the model thought before it answered. `signature` is what the Anthropic dialect hands back to us unchanged."""

    text: str = ""
    signature: str = ""


class ToolCallPart(Struct, frozen=True):
    """A call the model made. `arguments` is JSON text exactly as the model wrote it; it may be cut or broken."""

    call_id: str
    name: str
    arguments: str = ""
    runs_on: RunsOn = "client"


class ImagePart(Struct, frozen=True):
    """An image by URL: `data:<media type>;base64,<...>` or `http(s)://`."""

    url: str
    detail: str | None = None


class DocumentSource(Struct, frozen=True):
    """A document that nobody has read yet: its URL (`data:` or `http(s):`), and the field of the request that holds it."""

    url: str
    param: str


class DocumentPart(Struct, frozen=True):
    """A document as text; `title` is shown to the model before it.

    One that came as a file has a `source`, and in `text` only what its sender said about it, until `serving.documents` has
    read it. The engine is never asked before.
    """

    text: str
    title: str | None = None
    source: DocumentSource | None = None


class ToolResultPart(Struct, frozen=True):
    """The answer to a tool call, in the order in which the client sent it."""

    call_id: str
    parts: tuple[TextPart | ImagePart | DocumentPart, ...] = ()
    is_error: bool = False


StreamedPart = TextPart | ReasoningPart | ToolCallPart
"""What a model can produce."""

Part = StreamedPart | ImagePart | DocumentPart | ToolResultPart
"""What a message can hold."""


class Message(Struct, frozen=True):
    role: Role
    parts: tuple[Part, ...]


class ToolDefinition(Struct, frozen=True):
    """A tool the model may call; `parameters` is a JSON schema object. A `deferred` one does not stand at the head of the
    prompt: the model is told of it where it is loaded (`TextPart.loads`)."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    strict: bool | None = None
    deferred: bool = False


class NamedTool(Struct, frozen=True):
    """`tool_choice` that demands one particular tool."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | NamedTool


class Conversation(Struct, frozen=True):
    messages: tuple[Message, ...]
    tools: tuple[ToolDefinition, ...] = ()
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True


class RawPrompt(Struct, frozen=True):
    """Text (or token ids) that goes to the model without a chat template (`/v1/completions`)."""

    prompt: str | tuple[int, ...]


class SamplingParams(Struct, frozen=True):
    """How the next token is drawn. `None` leaves a value to the server's default."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logit_bias: Mapping[str, float] | None = None


class OutputFormat(Struct, frozen=True):
    """`schema` is a JSON schema object, present exactly when `kind` is `json_schema`."""

    kind: Literal["text", "json_object", "json_schema"] = "text"
    schema: Mapping[str, Any] | None = None
    name: str = "answer"


class ReasoningConfig(Struct, frozen=True):
    """Whether and how much the model thinks. `None` leaves it to the model's chat template."""

    enabled: bool | None = None
    effort: str | None = None
    budget_tokens: int | None = None


class ToolRules(Struct, frozen=True):
    """What a client says about one tool of ours that it asks for by its API's own name.

    `max_uses` bounds its calls in the turn; domains are hosts, with everything below them, or a host and the beginning of
    a path; `location` is where the user is, in words; `max_tokens` bounds what one call returns. `one_page`: the tool reads
    one address, named `url`. `preset` are arguments that hold where the model gives none. `cited`: where an answer names a
    source of this tool by its number, the client is told which one it is.
    """

    max_uses: int | None = None
    allowed_domains: tuple[str, ...] = ()
    blocked_domains: tuple[str, ...] = ()
    location: str = ""
    max_tokens: int | None = None
    one_page: bool = False
    preset: Mapping[str, Any] = field(default_factory=dict[str, Any])
    cited: bool = False


class ServerTools(Struct, frozen=True):
    """The server's own tools that a request asks for, by name. `session_id` is the client's name for the folder they work
    in; without one it is deleted. `max_calls` bounds the calls of the whole turn, `timeout_seconds` each of them; None
    leaves it to the server. `asks`: each call waits until somebody allows it. `tells_live`: the client asked by fields of
    ours, so it can be told what its API has no words for. `rules` are those of tools that were asked for by the API's own
    names; `asked_by` is the field that asked; `optional` says that the client sends it with every request and goes on
    without."""

    names: tuple[str, ...]
    session_id: str | None = None
    max_calls: int | None = None
    timeout_seconds: float | None = None
    asks: bool = False
    tells_live: bool = False
    rules: Mapping[str, ToolRules] = field(default_factory=dict[str, ToolRules])
    asked_by: str = "enable_tools"
    optional: bool = False

    @property
    def cited(self) -> frozenset[str]:
        """The tools whose sources the client is told of where the answer cites them."""
        return frozenset(name for name, rules in self.rules.items() if rules.cited)


class Origin(Struct, frozen=True):
    """Whose turn this is, in the client's own ids, as far as it says: its session, and the sub-agent within it ("" is the
    session's main agent). `owner` is ours: whose key it came with. Only ever compared; no right follows from it."""

    session: str = ""
    agent: str = ""
    owner: str = ""

    @property
    def named(self) -> bool:
        """Whether the client says anything."""
        return bool(self.session or self.agent)


Overflow = Literal["error", "truncate_oldest", "truncate_middle"]
"""What becomes of a conversation that is too long for the context."""


class Request(Struct, frozen=True):
    """One turn to generate.

    `model` is the name the client used (or None). `max_tokens` counts generated tokens, reasoning included; None means
    up to the end of the context. `top_logprobs` is None when no log probabilities are wanted, else 0 or more
    alternatives per token. `heal_tool_calls` says that calls which the model writes badly are repaired. `server_tools` are
    left out when none are wanted. `engine_extras` are fields that only the engine understands (`mirostat`, `grammar`, ...).
    `overflow` None leaves it to the server's setting.
    """

    prompt: Conversation | RawPrompt
    model: str | None = None
    sampling: SamplingParams = SamplingParams()
    output: OutputFormat = OutputFormat()
    reasoning: ReasoningConfig = ReasoningConfig()
    max_tokens: int | None = None
    top_logprobs: int | None = None
    heal_tool_calls: bool = True
    server_tools: ServerTools | None = None
    engine_extras: Mapping[str, Any] = field(default_factory=dict[str, Any])
    origin: Origin = Origin()
    overflow: Overflow | None = None
