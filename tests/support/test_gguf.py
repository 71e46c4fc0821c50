"""Each chain through the real engine, its template and its parser."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support import chains
from tests.support.engines import embedded_engine
from tests.support.fixtures import ScriptedGguf
from tests.support.gguf import write_endless_gguf, write_scripted_gguf

ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}], "temperature": 1.0}
CALL = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
BROKEN = 'Let me check.<tool_call>{"name": "get_weather", "arguments": {"city": Paris}}</tool_call>'


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("chain", "content", "reasoning", "calls", "finish"),
    [
        (chains.PLAIN_TEXT, "Hello from the script.", None, [], "stop"),
        (chains.REASONING_THEN_TEXT, "It is done!", "Let me think.", [], "stop"),
        (chains.TEXT_THEN_TOOL_CALL, "Let me check.", None, [CALL], "tool_calls"),
        (chains.BROKEN_TOOL_CALL, BROKEN, None, [], "stop"),
    ],
    ids=["plain text", "reasoning then text", "text then a tool call", "a broken tool call stays text"],
)
def test_the_engine_says_the_chain(
    scripted_gguf: ScriptedGguf,
    chain: Sequence[str],
    content: str,
    reasoning: str | None,
    calls: list[dict[str, str]],
    finish: str,
) -> None:
    with embedded_engine(scripted_gguf(chain)) as engine:
        reply = engine.post("/v1/chat/completions", {**ASK, "tools": [chains.WEATHER_TOOL]}).json()["choices"][0]
    message = reply["message"]
    assert (message["content"], message.get("reasoning_content")) == (content, reasoning)
    assert [call["function"] for call in message.get("tool_calls", [])] == calls
    assert reply["finish_reason"] == finish


@pytest.mark.e2e
def test_a_call_cut_by_max_tokens_has_broken_arguments(scripted_gguf: ScriptedGguf) -> None:
    with embedded_engine(scripted_gguf(chains.TEXT_THEN_TOOL_CALL)) as engine:
        body = {**ASK, "tools": [chains.WEATHER_TOOL], "max_tokens": 5}
        reply = engine.post("/v1/chat/completions", body).json()["choices"][0]
    assert reply["finish_reason"] == "length"
    assert reply["message"]["tool_calls"][0]["function"]["arguments"] == '{"city": "'


@pytest.mark.e2e
def test_a_history_with_every_kind_of_message_renders(scripted_gguf: ScriptedGguf) -> None:
    call = {"id": "c1", "type": "function", "function": CALL}
    history: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "reasoning_content": "I need the tool.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "Sunny"},
    ]
    with embedded_engine(scripted_gguf(chains.PLAIN_TEXT)) as engine:
        prompt = engine.post("/apply-template", {"messages": history, "tools": [chains.WEATHER_TOOL]}).json()["prompt"]
    assert "<think>\nI need the tool.\n</think>" in prompt
    assert '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Paris"}}\n</tool_call>' in prompt
    assert prompt.endswith("<tool_response>\nSunny\n</tool_response><|im_end|>\n<|im_start|>assistant\n")


@pytest.mark.e2e
def test_any_raw_prompt_leads_to_the_chain(scripted_gguf: ScriptedGguf) -> None:
    with embedded_engine(scripted_gguf(chains.PLAIN_TEXT)) as engine:
        texts = [
            engine.post("/v1/completions", {"prompt": prompt}).json()["choices"][0]["text"]
            for prompt in ("x", "ab", "Where?")
        ]
    assert texts == ["Hello from the script."] * 3


@pytest.mark.e2e
def test_an_endless_model_goes_round(scripted_gguf: ScriptedGguf) -> None:
    model = scripted_gguf(chains.ENDLESS, endless=True, context_length=32768)
    with embedded_engine(model, context_length=32768) as engine:
        body = {**ASK, "stream": True}
        with httpx.stream("POST", engine.base_url + "/v1/chat/completions", json=body) as reply:
            lines = (line for line in reply.iter_lines() if line.startswith("data: {"))
            deltas = [json.loads(next(lines)[6:])["choices"][0]["delta"] for _ in range(1000)]
    text = "".join(delta["content"] or "" for delta in deltas)
    assert text == "tick tock, " * 333


@pytest.mark.parametrize(
    "chain", [("a", "b", "a"), ("a", "\n"), ("a", "")], ids=["a text twice", "a bare newline", "an empty text"]
)
def test_a_chain_that_cannot_be_told_apart_is_refused(tmp_path: Path, chain: Sequence[str]) -> None:
    for write in (write_scripted_gguf, write_endless_gguf):
        with pytest.raises(ValueError, match="chain"):
            write(tmp_path / "x.gguf", chain)
    assert not list(tmp_path.iterdir())


def test_the_same_chain_is_written_once(scripted_gguf: ScriptedGguf) -> None:
    first = scripted_gguf(chains.PLAIN_TEXT)
    written = first.stat().st_mtime_ns
    assert scripted_gguf(chains.PLAIN_TEXT) == first
    assert first.stat().st_mtime_ns == written
    assert first.stat().st_size < 2_000_000
    assert scripted_gguf(chains.PLAIN_TEXT, endless=True) != first
