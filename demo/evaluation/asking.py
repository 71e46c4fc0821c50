"""Cases as requests through the OpenAI SDK, at temperature 0, and what came back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import openai

from demo.evaluation.cases import Case
from demo.text.conversation import Call, Conversation, Turn

_MOST_TOKENS = 400
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """`steps` has a tool call before the last answer, where the case had its tool run."""

    text: str
    calls: tuple[Call, ...]
    reasoning: str
    before: tuple[Call, ...] = ()
    output: str = ""


def answers(client: openai.OpenAI, asked: Iterable[Case]) -> list[Answer]:
    """In the order of the cases."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(partial(answer, client), asked))


def answer(client: openai.OpenAI, case: Case) -> Answer:
    if case.measure == "Python task end to end":
        return _with_tool_run(client, case.conversation)
    return ask(client, case.conversation)


def ask(client: openai.OpenAI, conversation: Conversation) -> Answer:
    """One request; a call whose arguments are no JSON object has the arguments `{"invalid": ...}`."""
    tools: Any = [tool.schema() for tool in conversation.tools] or openai.omit
    reply = client.chat.completions.create(
        model="tiny-demo-model", messages=messages(conversation), tools=tools, temperature=0, max_tokens=_MOST_TOKENS,
        extra_body={"enable_thinking": conversation.thinking},
    ).choices[0].message  # fmt: skip
    calls = [call for call in reply.tool_calls or () if call.type == "function"]
    read = tuple(Call(call.function.name, _arguments(call.function.arguments)) for call in calls)
    return Answer(reply.content or "", read, str((reply.model_extra or {}).get("reasoning_content") or ""))


def messages(conversation: Conversation) -> Any:
    """As an OpenAI client sends them."""
    made: list[dict[str, Any]] = []
    if conversation.system is not None:
        made.append({"role": "system", "content": conversation.system})
    called: list[str] = []
    for at, turn in enumerate(conversation.turns):
        if turn.calls:
            called = [f"call_{at}_{number}" for number in range(len(turn.calls))]
            calls = [_call_part(one, call) for one, call in zip(called, turn.calls, strict=True)]
            made.append({"role": "assistant", "content": None, "tool_calls": calls})
        elif turn.role == "tool":
            made.append({"role": "tool", "tool_call_id": called.pop(0), "content": turn.text})
        else:
            made.append({"role": turn.role, "content": turn.text})
    return made


def _call_part(call_id: str, call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {"id": call_id, "type": "function", "function": function}


def _arguments(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError:
        return {"invalid": text}
    return read if isinstance(read, dict) else {"invalid": text}  # pyright: ignore[reportUnknownVariableType]


def _with_tool_run(client: openai.OpenAI, conversation: Conversation) -> Answer:
    """Run the code that the model wrote, if it is a sum, and ask it for its answer."""
    first = ask(client, conversation)
    code = first.calls[0].arguments.get("code") if len(first.calls) == 1 else None
    if not isinstance(code, str):
        return first
    output = run_sum(code)
    turns = (*conversation.turns, Turn("assistant", calls=first.calls), Turn("tool", output))
    return replace(ask(client, replace(conversation, turns=turns)), before=first.calls, output=output.strip())


def run_sum(code: str) -> str:
    """What `print(...)` of a sum prints; anything but digits and operators is refused."""
    inner = code.removeprefix("print(").removesuffix(")")
    if f"print({inner})" != code or not set(inner) <= set("0123456789.+-*/%()"):
        return "Error: only sums are run here"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=10, check=False)
    return done.stdout or "Error: " + done.stderr.strip().splitlines()[-1]
