"""What an engine says about images, as the error that the client reads.

The first text of each list is llama-server's, as seen; the others are for upstream servers, which word it in their way.
"""

from __future__ import annotations

import orjson
import pytest

from unsloth_studio.engine.replies import CANNOT_SEE, error_of_reply, read_error_frame

BLIND = [
    (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
    (400, "gemma-3-1b-it is not a multimodal model"),
    (400, "The model does not support image input."),
    (400, "Unknown part type: image_url"),
]
UNREADABLE = [
    (400, "Failed to load image or audio file"),
    (500, "failed to process image"),
    (400, "Failed to load image: cannot identify image file <_io.BytesIO object>"),
]


@pytest.mark.parametrize(("status", "message"), BLIND)
def test_a_model_without_a_projector_is_the_clients_mistake(status: int, message: str) -> None:
    fields = {"code": status, "message": message, "type": "server_error"}
    for error in (error_of_reply(status, orjson.dumps({"error": fields})), read_error_frame(fields)):
        assert (error.kind, error.code, error.message) == ("invalid_request", "image_not_supported", CANNOT_SEE)


@pytest.mark.parametrize(("status", "message"), UNREADABLE)
def test_an_image_the_engine_cannot_read_is_the_clients_mistake(status: int, message: str) -> None:
    error = error_of_reply(status, orjson.dumps({"error": {"message": message}}))
    assert (error.kind, error.code) == ("invalid_request", "invalid_image")
    assert error.message == f"The engine cannot read an image of this request: {message}"


def test_other_failures_stay_the_engines() -> None:
    assert error_of_reply(500, orjson.dumps({"error": {"message": "out of memory"}})).kind == "engine_error"
