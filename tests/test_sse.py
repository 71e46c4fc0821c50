"""The SSE codec: frames come out the same wherever the bytes are cut."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsloth_studio.sse import DONE, KEEP_ALIVE, SseDecoder, SseFrame, data_frame, named_frame

STREAMS: dict[str, tuple[bytes, list[SseFrame]]] = {
    "one frame": (b"data: x\n\n", [SseFrame(b"x")]),
    "no space after the colon": (b"data:x\n\n", [SseFrame(b"x")]),
    "only one space is dropped": (b"data:  x\n\n", [SseFrame(b" x")]),
    "a named frame": (b"event: ping\ndata: {}\n\n", [SseFrame(b"{}", b"ping")]),
    "the name after the data": (b"data: {}\nevent: ping\n\n", [SseFrame(b"{}", b"ping")]),
    "several data lines": (b"data: a\ndata: b\n\n", [SseFrame(b"a\nb")]),
    "a data line without a colon": (b"data\n\n", [SseFrame(b"")]),
    "carriage returns and line feeds": (b"data: a\r\n\r\ndata: b\r\n\r\n", [SseFrame(b"a"), SseFrame(b"b")]),
    "carriage returns alone": (b"data: a\r\rdata: b\r\r", [SseFrame(b"a"), SseFrame(b"b")]),
    "line ends mixed": (b"event: e\rdata: a\n\r\ndata: b\n\n", [SseFrame(b"a", b"e"), SseFrame(b"b")]),
    "comments between frames": (b": hello\n\ndata: a\n\n:\n\n", [SseFrame(b"a")]),
    "a comment inside a frame": (b": hello\ndata: a\n: bye\n\n", [SseFrame(b"a")]),
    "unknown fields": (b"id: 7\nretry: 3\ndata: a\n\n", [SseFrame(b"a")]),
    "a name without data": (b"event: ping\n\ndata: a\n\n", [SseFrame(b"a")]),
    "extra blank lines": (b"\n\ndata: a\n\n\n\ndata: b\n\n", [SseFrame(b"a"), SseFrame(b"b")]),
    "letters of several bytes": ("data: héé€😀\n\n".encode(), [SseFrame("héé€😀".encode())]),
    "the last blank line is missing": (b"data: a\n\ndata: b", [SseFrame(b"a"), SseFrame(b"b")]),
    "the last line end is a carriage return": (b"data: a\n\ndata: b\r", [SseFrame(b"a"), SseFrame(b"b")]),
    "nothing": (b"", []),
}


def decode(*pieces: bytes) -> list[SseFrame]:
    decoder = SseDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return frames + decoder.finish()


@pytest.mark.parametrize(("stream", "frames"), STREAMS.values(), ids=STREAMS)
def test_frames_of_a_stream(stream: bytes, frames: list[SseFrame]) -> None:
    assert decode(stream) == frames


@pytest.mark.parametrize(("stream", "frames"), STREAMS.values(), ids=STREAMS)
def test_every_two_way_split_gives_the_same_frames(stream: bytes, frames: list[SseFrame]) -> None:
    for at in range(len(stream) + 1):
        assert decode(stream[:at], stream[at:]) == frames, f"split at {at}"


@pytest.mark.parametrize(("stream", "frames"), STREAMS.values(), ids=STREAMS)
def test_random_splits_give_the_same_frames(stream: bytes, frames: list[SseFrame]) -> None:
    chance = random.Random(20261122)
    for _ in range(50):
        cuts = sorted(chance.randrange(len(stream) + 1) for _ in range(chance.randrange(6)))
        pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
        assert decode(*pieces) == frames, cuts


@pytest.mark.parametrize(("stream", "frames"), STREAMS.values(), ids=STREAMS)
def test_one_byte_at_a_time_gives_the_same_frames(stream: bytes, frames: list[SseFrame]) -> None:
    assert decode(*(stream[at : at + 1] for at in range(len(stream)))) == frames


lines = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20).map(str.encode)
names = st.from_regex(r"[a-z_.]{1,12}", fullmatch=True)


@given(st.lists(st.tuples(names | st.none(), lines), max_size=6), st.data())
def test_what_is_framed_comes_back(sent: list[tuple[str | None, bytes]], data: st.DataObject) -> None:
    stream = (
        b"".join(KEEP_ALIVE + (named_frame(name, line) if name else data_frame(line)) for name, line in sent) + DONE
    )
    at = data.draw(st.integers(0, len(stream)))
    expected = [SseFrame(line, (name or "").encode()) for name, line in sent]
    assert decode(stream[:at], stream[at:]) == [*expected, SseFrame(b"[DONE]")]
