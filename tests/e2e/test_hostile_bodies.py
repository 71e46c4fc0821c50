"""Whatever is sent, through the real engine: a good answer or a 4xx in the envelope of the path, never a 5xx or a hang."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.server import studio

pytestmark = pytest.mark.e2e

Json = dict[str, Any]

SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION: Json = {"name": "get_weather", "description": "d", "parameters": SCHEMA}
SAMPLING: Json = {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "min_p": 0.1, "repeat_penalty": 1.1, "seed": 1}

VALID: dict[str, Json] = {
    "/v1/chat/completions": {
        "model": "m", "max_tokens": 4, **SAMPLING, "presence_penalty": 0.1, "frequency_penalty": 0.1, "stop": ["x"],
        "n": 1, "logprobs": False, "logit_bias": {"1": 1}, "reasoning_effort": "low", "stream": False,
        "stream_options": {"include_usage": True}, "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": [{"type": "function", "function": FUNCTION}], "response_format": {"type": "text"},
        "chat_template_kwargs": {"enable_thinking": False}, "mirostat": 0, "dry_multiplier": 0.0, "samplers": ["top_k"],
        "messages": [
            {"role": "system", "content": "s"},
            {"role": "user", "content": [{"type": "text", "text": "weather?"}]},
            {"role": "assistant", "content": None, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "22"},
        ],
    },
    "/v1/completions": {
        "model": "m", "max_tokens": 4, **SAMPLING, "prompt": "Hello", "stop": ["x"], "n": 1, "logprobs": 1, "echo": False,
        "stream": False, "logit_bias": {"1": 1}, "grammar": "", "ignore_eos": False, "n_probs": 0, "min_keep": 0,
    },
    "/v1/responses": {
        "model": "m", "max_output_tokens": 4, **SAMPLING, "instructions": "i", "stream": False, "store": False,
        "text": {"format": {"type": "text"}}, "reasoning": {"effort": "low"}, "tool_choice": "auto", "metadata": {"a": "b"},
        "tools": [{"type": "function", **FUNCTION}], "include": ["reasoning.encrypted_content"], "truncation": "auto",
        "input": [
            {"role": "developer", "content": "d"},
            {"role": "user", "content": [{"type": "input_text", "text": "weather?"}]},
            {"type": "function_call", "call_id": "c1", "name": "get_weather", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "22"},
        ],
    },
    "/v1/messages": {
        "model": "m", "max_tokens": 4, **SAMPLING, "stop_sequences": ["x"], "stream": False, "metadata": {"user_id": "u"},
        "system": [{"type": "text", "text": "s"}], "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tools": [{"name": "get_weather", "input_schema": SCHEMA}], "tool_choice": {"type": "auto"},
        "messages": [
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "22"}]},
        ],
    },
}  # fmt: skip
VALID["/v1/messages/count_tokens"] = {
    k: v for k, v in VALID["/v1/messages"].items() if k not in ("max_tokens", "stream")
}

JUNK: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 10**30, "", "x", "\u0000", [], [None], [[]], {}, {"type": 7}, {"a": {"b": []}},
]  # fmt: skip

NOT_JSON = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"7",
    b'"x"',
    b"\xff\xfe",
    b'{"messages": NaN}',
    b"[" * 50_000,
    b"{}{}",
    b'{"a":"\\ud800"}',
]


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with a short context, so that a request that asks for everything is soon done."""
    with studio(tmp_path_factory.mktemp("home"), "-c", "512") as server, server.client() as client:
        yield client


def paths_in(value: Any, prefix: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside `value`."""
    if prefix:
        yield prefix
    if isinstance(value, dict):
        items: list[tuple[Any, Any]] = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif isinstance(value, list):
        items = list(enumerate(value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    else:
        return
    for key, inner in items:
        yield from paths_in(inner, (*prefix, key))


def replaced(body: Json, path: tuple[Any, ...], junk: Any) -> Json:
    changed: Any = copy.deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = junk
    return changed


def check(http: httpx.Client, path: str, content: bytes) -> int:
    reply = http.post(path, content=content)
    if reply.status_code == 200:
        return 200
    assert 400 <= reply.status_code < 500, (content[:500], reply.text)
    body = reply.json()
    if path.startswith("/v1/messages"):
        assert body["type"] == "error"
        assert body["request_id"]
    assert body["error"]["message"]
    assert body["error"]["type"] in ("invalid_request_error", "not_found_error")
    return reply.status_code


@pytest.mark.parametrize("path", VALID)
def test_the_unharmed_body_is_answered(http: httpx.Client, path: str) -> None:
    reply = http.post(path, json=VALID[path])
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("path", VALID)
def test_bytes_that_are_no_request(http: httpx.Client, path: str) -> None:
    assert {check(http, path, content) for content in NOT_JSON} == {400}


@pytest.mark.parametrize("path", VALID)
def test_junk_in_every_place(http: httpx.Client, path: str) -> None:
    body = VALID[path]
    places = list(paths_in(body))
    share = max(5, -(-200 // len(places)))  # of JUNK at each place, so that there are at least 200 bodies
    statuses = [
        check(http, path, json.dumps(replaced(body, place, JUNK[(number * share + turn) % len(JUNK)])).encode())
        for number, place in enumerate(places)
        for turn in range(share)
    ]
    assert len(statuses) >= 200
    assert statuses.count(400) > len(statuses) / 4


@pytest.mark.parametrize("path", VALID)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_json_in_any_two_places(http: httpx.Client, path: str, data: st.DataObject) -> None:
    scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    anything = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    )
    body = VALID[path]
    for _ in range(2):
        place = data.draw(st.sampled_from(list(paths_in(body))))
        body = replaced(body, place, data.draw(anything))
    check(http, path, json.dumps(body).encode())


def test_body_that_is_too_large(http: httpx.Client) -> None:
    reply = http.post("/v1/messages", content=b"x" * (64 * 2**20 + 1))
    assert reply.status_code == 413
    assert reply.json()["error"]["type"] == "request_too_large"


@pytest.mark.parametrize("header", [b"Bearer", b"Basic abc", b"Bearer sk-unsloth-short", b"Bearer \xe9"])
@pytest.mark.parametrize("path", VALID)
def test_bad_credentials(http: httpx.Client, path: str, header: bytes) -> None:
    reply = http.post(path, json=VALID[path], headers={b"Authorization": header})
    assert reply.status_code == 401
    assert reply.json()["error"]["type"] == "authentication_error"
    assert reply.headers["www-authenticate"] == "Bearer"
