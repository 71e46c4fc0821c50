"""A `Request` as the JSON that the engine is asked with (llama-server's chat and completion bodies).

One rule: what the engine cannot swallow is made harmless here, once, for every dialect: instructions stand in front or
become user text in place, neighbours of one role are joined, broken tool arguments in the history become valid JSON.
The same history always gives the same bytes, so that the engine's prompt cache keeps its worth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, assert_never, cast

import orjson

from unsloth_studio.engine.lifted_images import lift_images
from unsloth_studio.schemas.lower import lower_output, lower_tool
from unsloth_studio.turn.messages import (
    Conversation,
    DocumentPart,
    ImagePart,
    Message,
    NamedTool,
    OutputFormat,
    Part,
    RawPrompt,
    ReasoningConfig,
    ReasoningPart,
    Request,
    Role,
    SamplingParams,
    TextPart,
    ToolCallPart,
    ToolDefinition,
    ToolResultPart,
)

CHAT_PATH = "/v1/chat/completions"
COMPLETION_PATH = "/v1/completions"

Json = dict[str, Any]


def engine_path(request: Request) -> str:
    """The engine's route for this kind of prompt."""
    return COMPLETION_PATH if isinstance(request.prompt, RawPrompt) else CHAT_PATH


def engine_body(
    request: Request, *, model: str, speaks_llama: bool, raw_calls: bool = False, slot: int | None = None
) -> bytes:
    """The body to stream `request` with. `model` is the engine's own name for what it serves. With `raw_calls` the prompt is
    the same and the engine leaves calls in the text, without grammar and parser: llama-server does so for "none". `slot` is
    the one of the engine's that the turn runs in, None to leave it to the engine."""
    body: Json = dict(request.engine_extras)
    body["model"] = model
    match request.prompt:
        case RawPrompt(prompt):
            body["prompt"] = list(prompt) if isinstance(prompt, tuple) else prompt
        case Conversation() as conversation:
            body |= _conversation(conversation, constrained=request.output.kind != "text")
            if raw_calls and "tools" in body:
                body["tool_choice"] = "none"
            body |= _output(request.output)
            body |= _reasoning(request.reasoning, body.get("chat_template_kwargs"))
        case _:
            assert_never(request.prompt)
    body |= _sampling(request.sampling, speaks_llama=speaks_llama)
    if request.max_tokens is not None:
        body["max_tokens"] = request.max_tokens
    if request.top_logprobs is not None:
        body |= _logprobs(request)
    if slot is not None:
        body["id_slot"] = slot
    return orjson.dumps(body | _streaming(request, speaks_llama=speaks_llama))


def count_body(request: Request, *, model: str) -> bytes:
    """The body for the engine's `/v1/chat/completions/input_tokens`: what is rendered, and nothing else."""
    assert isinstance(request.prompt, Conversation), "only conversations are counted"
    kwargs = request.engine_extras.get("chat_template_kwargs")
    body: Json = {"model": model, **_conversation(request.prompt), **_reasoning(request.reasoning, kwargs)}
    if "tools" in body:
        body["tool_choice"] = "none"  # the prompt is the same, and no grammar is made of the tools
    return orjson.dumps(body)


def _streaming(request: Request, *, speaks_llama: bool) -> Json:
    """The engine is always streamed from: only then does a closed connection free its slot."""
    if not speaks_llama:
        return {"stream": True, "stream_options": {"include_usage": True}}
    fields: Json = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
    if request.sampling.stop:
        fields["verbose"] = True  # the last chunk then names the stop sequence that was met
    return fields


def _conversation(conversation: Conversation, *, constrained: bool = False) -> Json:
    """`constrained`: a grammar holds the answer, so no call can be written where none is wanted."""
    body: Json = {"messages": _messages(conversation.messages)}
    tools = tuple(tool for tool in conversation.tools if not tool.deferred)
    match conversation.tool_choice:
        case "none" if not constrained:
            return body  # the engine leaves the tools in the prompt otherwise, and the model calls them
        case NamedTool(name):
            tools = tuple(tool for tool in conversation.tools if tool.name == name)
            choice = "required"  # the engine treats a named tool as "auto": one tool and "required" is the same
        case "auto" | "required" | "none" as choice:
            pass
        case _:
            assert_never(conversation.tool_choice)
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
        body["tool_choice"] = choice
        body["parallel_tool_calls"] = conversation.parallel_tool_calls
    return body


def _tool(tool: ToolDefinition) -> Json:
    function = {"name": tool.name, "description": tool.description, "parameters": lower_tool(tool.parameters)}
    return {"type": "function", "function": function}


def _output(output: OutputFormat) -> Json:
    match output.kind:
        case "text":
            return {}
        case "json_object":
            return {"response_format": {"type": "json_object"}}
        case "json_schema":
            schema = {"name": output.name, "schema": lower_output(output.schema or {}), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case _:
            assert_never(output.kind)


def _reasoning(reasoning: ReasoningConfig, kwargs: Any) -> Json:
    body: Json = {}
    if reasoning.enabled is not None:
        given = cast("Json", kwargs) if isinstance(kwargs, dict) else {}
        body["chat_template_kwargs"] = {**given, "enable_thinking": reasoning.enabled}
    if reasoning.effort is not None:
        body["reasoning_effort"] = reasoning.effort
    if reasoning.budget_tokens is not None:
        body["reasoning_budget_tokens"] = reasoning.budget_tokens
    return body


def _sampling(sampling: SamplingParams, *, speaks_llama: bool) -> Json:
    fields: Json = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "min_p": sampling.min_p,
        "repeat_penalty" if speaks_llama else "repetition_penalty": sampling.repeat_penalty,
        "presence_penalty": sampling.presence_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "seed": None if sampling.seed is None else sampling.seed % 2**32,  # the engine's seed has 32 bits
        "stop": list(sampling.stop) or None,
        "logit_bias": sampling.logit_bias or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _logprobs(request: Request) -> Json:
    asked = max(1, request.top_logprobs or 0)  # the engine takes 0 for "no log probabilities"; the decoder trims
    if isinstance(request.prompt, RawPrompt):
        return {"logprobs": asked}
    return {"logprobs": True, "top_logprobs": asked}


def _messages(messages: Iterable[Message]) -> list[Json]:
    wire: list[Json] = []
    for message in _fold(lift_images(messages)):
        wire.extend(_message(message))
    return wire


def _fold(messages: Iterable[Message]) -> list[Message]:
    """Instructions first and in one message; later ones as user text; neighbouring user messages joined.

    Many chat templates refuse a system message in the middle, or two user messages in a row. What is folded depends only
    on the messages before it, so a growing history keeps its prefix.
    """
    runs: list[tuple[Role, list[Message]]] = []
    leading = True
    for message in messages:
        leading = leading and (not runs or runs[-1][0] == "system")
        role = "user" if message.role == "system" and not leading else message.role
        if runs and role in ("system", "user") and runs[-1][0] == role:
            runs[-1][1].append(message)
        else:
            runs.append((role, [message]))
    return [_joined(role, run) for role, run in runs]


def _joined(role: Role, run: list[Message]) -> Message:
    if len(run) == 1 and run[0].role == role:
        return run[0]
    return Message(role, tuple(part for message in run for part in message.parts))


def _message(message: Message) -> list[Json]:
    parts = message.parts
    if len(parts) == 1 and type(only := parts[0]) is TextPart:  # as most are
        return [] if message.role == "tool" else [{"role": message.role, "content": only.text}]
    match message.role:
        case "system":
            return [{"role": "system", "content": _text(message.parts)}]
        case "user":
            return [*_tool_results(message.parts), *_user(message.parts)]
        case "assistant":
            return [_assistant(message.parts)]
        case "tool":
            return _tool_results(message.parts)
        case _:
            assert_never(message.role)


def _user(parts: tuple[Part, ...]) -> list[Json]:
    shown = tuple(part for part in parts if not isinstance(part, ToolResultPart))
    if not shown:
        return []
    if any(isinstance(part, ImagePart) for part in shown):
        return [{"role": "user", "content": [_content(part) for part in shown]}]
    return [{"role": "user", "content": _text(shown)}]


def _assistant(parts: tuple[Part, ...]) -> Json:
    wire: Json = {"role": "assistant", "content": _text(tuple(p for p in parts if isinstance(p, TextPart)))}
    if reasoning := "\n".join(part.text for part in parts if isinstance(part, ReasoningPart)):
        wire["reasoning_content"] = reasoning
    if calls := [part for part in parts if isinstance(part, ToolCallPart)]:
        wire["tool_calls"] = [_tool_call(call) for call in calls]
    return wire


def _tool_call(call: ToolCallPart) -> Json:
    function = {"name": call.name, "arguments": _valid_arguments(call.arguments)}
    return {"id": call.call_id, "type": "function", "function": function}


def _valid_arguments(arguments: str) -> str:
    """The engine answers every later request with 500 when one call in the history is not a JSON object."""
    try:
        return arguments if isinstance(orjson.loads(arguments), dict) else orjson.dumps({"value": arguments}).decode()
    except orjson.JSONDecodeError:
        return orjson.dumps({"unparsed": arguments}).decode() if arguments.strip() else "{}"


def _tool_results(parts: tuple[Part, ...]) -> list[Json]:
    wire: list[Json] = []
    for result in (part for part in parts if isinstance(part, ToolResultPart)):
        text = _text(result.parts)
        content = f"Error: {text}" if result.is_error and text else text or ("Error" if result.is_error else "")
        wire.append({"role": "tool", "tool_call_id": result.call_id, "content": content})
    return wire


def _content(part: Part) -> Json:
    if isinstance(part, ImagePart):
        return {"type": "image_url", "image_url": {"url": part.url}}
    return {"type": "text", "text": _text((part,))}


def _text(parts: Iterable[Part]) -> str:
    """Text and documents as one string, a blank line between two parts."""
    shown: list[str] = []
    for part in parts:
        if isinstance(part, TextPart):
            shown.append(part.text)
        elif isinstance(part, DocumentPart):
            shown.append(f"{part.title}\n\n{part.text}" if part.title else part.text)
    return "\n\n".join(shown)
