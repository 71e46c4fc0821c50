"""`web_search_options`: what is read of it, and the annotations of the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.dialects.openai_chat.cases import CREATED, START, call, text
from tests.dialects.openai_chat.sdk import accumulated, frames, strict_chunk, strict_completion

from unsloth_studio.dialects.openai_chat.read import ChatCall, read
from unsloth_studio.dialects.openai_chat.write import ChatStreamWriter, write_whole
from unsloth_studio.turn.accumulate import accumulate
from unsloth_studio.turn.errors import TurnFailure
from unsloth_studio.turn.events import Event, ToolResultReady, TurnEnd, Usage
from unsloth_studio.turn.messages import Conversation, NamedTool, ServerTools, ToolCallPart, ToolRules
from unsloth_studio.turn.sources import Source

GOLDEN = Path(__file__).parents[2] / "golden" / "openai_chat"
CITED = frozenset({"web_search", "web_fetch"})
PAGE = Source("A page", "https://example.org/", number=1)
SEARCHED: list[Event] = [
    START,
    *text(0, "Searching [1]. "),
    *call(1, ToolCallPart("call_s", "web_search", runs_on="server"), '{"query": "x"}'),
    ToolResultReady("call_s", "[1] A page", name="web_search", sources=(PAGE,)),
    *text(2, "Found [", "1]", ", not [2]."),
    TurnEnd("stop", Usage(40, 12)),
]


def asked(**fields: Any) -> ChatCall:
    return read(orjson.dumps({"messages": [{"role": "user", "content": "Hi"}], **fields}))


def test_the_option_is_a_search_with_pages() -> None:
    location = {"type": "approximate", "approximate": {"city": "Oslo", "country": "NO"}}
    found = asked(web_search_options={"search_context_size": "low", "user_location": location})
    rules = {
        "web_search": ToolRules(location="Oslo, NO", preset={"max_results": 3}, cited=True),
        "web_fetch": ToolRules(one_page=True, cited=True),
    }
    assert found.request.server_tools == ServerTools(tuple(rules), rules=rules, asked_by="web_search_options")
    assert (found.told, found.cited) == (False, CITED)
    assert asked(web_search_options={}, enable_tools=False).request.server_tools is None


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "web_search"}}])
def test_a_tool_of_ours_can_be_demanded(choice: Any) -> None:
    prompt = asked(web_search_options={}, tool_choice=choice).request.prompt
    assert isinstance(prompt, Conversation)
    assert prompt.tool_choice == (choice if isinstance(choice, str) else NamedTool("web_search"))
    with pytest.raises(TurnFailure):
        asked(tool_choice=choice)


def test_annotations_are_written_as_agreed_and_the_sdk_reads_them() -> None:
    stream = ChatStreamWriter(created=CREATED, include_usage=True, told=False, cited=CITED).feed(SEARCHED)
    whole = write_whole([accumulate(SEARCHED)], created=CREATED, told=False, cited=CITED)
    assert stream.decode() == (GOLDEN / "a cited answer.sse").read_text(encoding="utf-8")
    assert whole.decode() + "\n" == (GOLDEN / "a cited answer.json").read_text(encoding="utf-8")
    chunks = [strict_chunk(data) for data in frames(stream) if data != b"[DONE]"]
    (annotation,) = strict_completion(whole).choices[0].message.annotations or []
    place = annotation.url_citation
    content = "Searching [1]. Found [1], not [2]."
    assert (place.url, content[place.start_index : place.end_index], place.start_index) == (PAGE.url, "[1]", 21)
    assert accumulated(chunks).choices[0].message.content == content
