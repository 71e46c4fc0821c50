"""One demo server for all tests that do no harm to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import openai
import pytest
from anthropic import Anthropic
from tests.support.server import StudioServer, studio


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home")) as server:
        yield server


@pytest.fixture(scope="package")
def http(demo: StudioServer) -> Iterator[httpx.Client]:
    with demo.client() as client:
        yield client


@pytest.fixture(scope="package")
def openai_client(demo: StudioServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=demo.openai_base_url, api_key=demo.api_key, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture(scope="package")
def anthropic_client(demo: StudioServer) -> Iterator[Anthropic]:
    with Anthropic(
        base_url=demo.anthropic_base_url, api_key=demo.api_key, max_retries=0, _strict_response_validation=True
    ) as client:
        yield client
