"""Tools and documents over HTTP: what the clients' SDKs and agents send, through the whole server and the demo model."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from anthropic import beta_tool
from tests.support.pdfs import locked, pdf

pytestmark = pytest.mark.e2e

Json = dict[str, Any]
OFF: Any = {"type": "disabled"}
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL: Json = {"name": "get_weather", "description": "Get the weather", "input_schema": SCHEMA}
PARIS: Json = {"role": "user", "content": "What is the weather in Paris?"}


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_the_sdks_tool_runner_runs_its_tool_and_ends(anthropic_client: Any, streams: bool) -> None:
    cities: list[str] = []

    @beta_tool
    def get_weather(city: str) -> str:
        """Get the weather"""
        cities.append(city)
        return "sunny, 21 degrees"

    runner = anthropic_client.beta.messages.tool_runner(
        model="m",
        max_tokens=200,
        tools=[get_weather],
        messages=[PARIS],
        thinking=OFF,
        stream=streams,
    )
    messages = [turn.get_final_message() if streams else turn for turn in runner]
    assert cities == ["Paris"]
    assert [message.stop_reason for message in messages] == ["tool_use", "end_turn"]
    assert messages[0].content[-1].id.startswith("toolu_")
    assert "sunny" in messages[-1].content[-1].text


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"tools": [{**TOOL, "defer_loading": True}]},
        {"tools": [{**TOOL, "eager_input_streaming": True, "cache_control": {"type": "ephemeral"}}]},
        {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}},
    ],
    ids=["plain", "deferred", "eager and cached", "context management"],
)
@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21", "2031-01-01"])
def test_fields_betas_and_versions_of_tomorrow_do_no_harm(http: httpx.Client, more: Json, version: str) -> None:
    headers = {"anthropic-version": version, "anthropic-beta": "some-beta-2031-01-01,another-2032-02-02"}
    body = {"max_tokens": 100, "messages": [PARIS], "tools": [TOOL], "thinking": OFF, **more}
    reply = http.post("/v1/messages?beta=true", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    assert [(block["name"], block["input"]) for block in reply.json()["content"]] == [
        ("get_weather", {"city": "Paris"})
    ]


PDF = base64.b64encode(pdf("Hello there", "Bye")).decode()
READ = "[page 1]\nHello there\n\n[page 2]\nBye"


def counted(http: httpx.Client, source: Json) -> int:
    content = [{"type": "document", "title": "a.pdf", "source": source}, {"type": "text", "text": "?"}]
    reply = http.post("/v1/messages/count_tokens", json={"messages": [{"role": "user", "content": content}]})
    assert reply.status_code == 200, reply.text
    return reply.json()["input_tokens"]


def test_a_pdf_is_for_the_model_what_its_text_is(http: httpx.Client) -> None:
    as_pdf = counted(http, {"type": "base64", "media_type": "application/pdf", "data": PDF})
    assert as_pdf == counted(http, {"type": "text", "media_type": "text/plain", "data": READ}) > 20


LOCKED = base64.b64encode(locked(pdf("Hello"), "secret")).decode()


def chat(data: str) -> tuple[str, Json]:
    part = {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{data}"}}
    return "/v1/chat/completions", {"messages": [{"role": "user", "content": [part]}], "max_tokens": 5}


def responses(data: str) -> tuple[str, Json]:
    part = {"type": "input_file", "filename": "a.pdf", "file_data": f"data:application/pdf;base64,{data}"}
    return "/v1/responses", {"input": [{"role": "user", "content": [part]}], "max_output_tokens": 5}


def messages(data: str) -> tuple[str, Json]:
    part = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": data}}
    return "/v1/messages", {"messages": [{"role": "user", "content": [part]}], "max_tokens": 5}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("form", "param"),
    [
        (chat, "messages[0].content[0].file.file_data"),
        (responses, "input[0].content[0].file_data"),
        (messages, "messages[0].content[0].source.data"),
    ],
    ids=["chat", "responses", "messages"],
)
def test_every_dialect_reads_a_pdf_and_refuses_a_locked_one(
    http: httpx.Client, form: Any, param: str, stream: bool
) -> None:
    path, body = form(PDF)
    assert http.post(path, json={**body, "stream": stream}).status_code == 200
    path, body = form(LOCKED)
    reply = http.post(path, json={**body, "stream": stream})
    assert reply.status_code == 400
    error = reply.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"] == f"{param}: the document is an encrypted PDF. Send it without a password."
    assert error["param"] == param
