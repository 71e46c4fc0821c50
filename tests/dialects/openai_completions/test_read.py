"""What a Completions body means, and what it must not hold."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsloth_studio.dialects.openai_completions.read import CompletionsCall, read
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.messages import RawPrompt, SamplingParams


def call_of(**fields: Any) -> CompletionsCall:
    return read(json.dumps({"prompt": "Once", **fields}).encode())


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        pytest.param("Once", ["Once"], id="a text"),
        pytest.param("", [""], id="an empty text"),
        pytest.param(["Once", "Twice"], ["Once", "Twice"], id="several texts"),
        pytest.param([1, 2, 3], [(1, 2, 3)], id="token ids"),
        pytest.param([[1, 2], [3]], [(1, 2), (3,)], id="lists of token ids"),
    ],
)
def test_prompts(prompt: object, prompts: list[str | tuple[int, ...]]) -> None:
    assert [request.prompt for request in call_of(prompt=prompt).requests] == [RawPrompt(p) for p in prompts]


def test_answers_to_one_prompt_stand_side_by_side() -> None:
    call = call_of(prompt=["a", "b"], n=2, echo=True)
    assert [request.prompt for request in call.requests] == [RawPrompt(p) for p in ("a", "a", "b", "b")]
    assert (call.echo, call.n) == (("a", "a", "b", "b"), 2)


def test_answers_to_one_prompt_differ_in_their_seed() -> None:
    seeds = [request.sampling.seed for request in call_of(prompt=["a", "b"], n=3, seed=7).requests]
    assert seeds == [7, 8, 9, 7, 8, 9]
    assert {request.sampling.seed for request in call_of(n=3).requests} == {None}


def test_nothing_is_echoed_unless_asked() -> None:
    assert call_of(prompt=["a", "b"]).echo == ("", "")
    assert call_of(prompt=[1, 2], echo=False).echo == ("",)


def test_fields_reach_the_request() -> None:
    call = call_of(
        model="demo", stream=True, stream_options={"include_usage": True}, max_tokens=9, logprobs=3, stop="x", seed=1,
        temperature=0, top_k=5, best_of=1, user="u", mirostat=1, made_up=2,
    )  # fmt: skip
    request = call.requests[0]
    assert (call.stream, call.include_usage) == (True, True)
    assert (request.model, request.max_tokens, request.top_logprobs) == ("demo", 9, 3)
    assert request.sampling == SamplingParams(temperature=0, top_k=5, seed=1, stop=("x",))
    assert request.engine_extras == {"mirostat": 1}


WRONG_PROMPTS: list[Any] = [None, 5, {}, True, [], ["a", 1], [1, "a"], ["a", [1]], [1, [2]], ["x"] * 129]
MALFORMED: list[tuple[dict[str, Any], str]] = [
    *(({"prompt": wrong}, "prompt") for wrong in WRONG_PROMPTS),
    ({"prompt": [1.5]}, "prompt[0]"),
    ({"prompt": [None]}, "prompt[0]"),
    ({"prompt": [True]}, "prompt[0]"),
    ({"prompt": [{}]}, "prompt[0]"),
    ({"prompt": [-1]}, "prompt[0]"),
    ({"prompt": [2**40]}, "prompt[0]"),
    ({"prompt": [[]]}, "prompt[0]"),
    ({"prompt": [[1], []]}, "prompt[1]"),
    ({"prompt": [[1, "x"]]}, "prompt[0][1]"),
    ({"prompt": [[-1]]}, "prompt[0][0]"),
    ({"suffix": "end"}, "suffix"),
    ({"suffix": 5}, "suffix"),
    ({"best_of": 2}, "best_of"),
    ({"best_of": 0}, "best_of"),
    ({"best_of": "x"}, "best_of"),
    ({"echo": "x"}, "echo"),
    ({"echo": True, "prompt": [1, 2]}, "echo"),
    ({"echo": True, "logprobs": 1}, "echo"),
    ({"logprobs": True}, "logprobs"),
    ({"logprobs": -1}, "logprobs"),
    ({"logprobs": 21}, "logprobs"),
    ({"n": 0}, "n"),
    ({"n": 9}, "n"),
    ({"n": "x"}, "n"),
    ({"prompt": ["x"] * 17, "n": 8}, "prompt"),
    ({"max_tokens": 0}, "max_tokens"),
    ({"max_tokens": "x"}, "max_tokens"),
    ({"stop": 5}, "stop"),
    ({"stop": [5]}, "stop[0]"),
    ({"temperature": "hot"}, "temperature"),
    ({"top_p": 2}, "top_p"),
    ({"seed": 1.5}, "seed"),
    ({"stream": 1}, "stream"),
    ({"stream_options": []}, "stream_options"),
    ({"logit_bias": []}, "logit_bias"),
    ({"model": 5}, "model"),
    ({"chat_template_kwargs": 5}, "chat_template_kwargs"),
]


@pytest.mark.parametrize(("fields", "param"), MALFORMED, ids=[str(fields)[:60] for fields, _ in MALFORMED])
def test_a_wrong_field_is_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(TurnFailure) as caught:
        call_of(**fields)
    assert caught.value.error.kind == "invalid_request"
    assert caught.value.error.param == param
    assert caught.value.error.message.startswith(param)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"{}", b"\xff", b"5"], ids=repr)
def test_what_is_no_body_is_refused(body: bytes) -> None:
    with pytest.raises(TurnFailure):
        read(body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    ["prompt", "n", "echo", "logprobs", "best_of", "suffix", "stop", "logit_bias", "stream_options"]
)


@given(st.dictionaries(names, values, max_size=4))
def test_any_body_gives_a_call_or_a_failure(fields: dict[str, Any]) -> None:
    outcome = outcome_of(json.dumps({"prompt": ["a", "b"], **fields}).encode())
    if isinstance(outcome, TurnFailure):
        assert outcome.error.kind == "invalid_request"
        assert outcome.error.param is not None
    else:
        assert len(outcome.requests) == len(outcome.echo) >= 1


def outcome_of(body: bytes) -> CompletionsCall | TurnFailure:
    try:
        return read(body)
    except TurnFailure as failure:
        return failure
