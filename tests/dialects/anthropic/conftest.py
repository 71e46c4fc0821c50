"""The official SDK, once per module: making a client costs more than a test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.dialects.anthropic.sdk import Sdk


@pytest.fixture(scope="module")
def sdk() -> Iterator[Sdk]:
    client = Sdk()
    yield client
    client.close()
