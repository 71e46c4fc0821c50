"""Loading and unloading: by the command beside the server, and only with a key that may."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.hub_server.server import HubServer
from tests.support.hub_models import TINY, tiny
from tests.support.server import StudioServer, studio
from tests.support.workplace import Workplace

pytestmark = pytest.mark.e2e

UNSLOTH = Path(sys.executable).with_name("unsloth")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioServer]:
    with studio(tmp_path_factory.mktemp("home")) as running:
        yield running


def unsloth(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "UNSLOTH_STUDIO_HOME": str(home)}
    return subprocess.run(
        [str(UNSLOTH), *arguments], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def state(server: StudioServer) -> str:
    return httpx.get(f"{server.base_url}/v1/models", headers=server.headers).json()["data"][0]["state"]


def test_commands_unload_and_load(server: StudioServer) -> None:
    assert unsloth(server.home, "models", "unload", "tiny-demo-model").stdout == "tiny-demo-model is unloaded.\n"
    assert state(server) == "available"
    assert unsloth(server.home, "models", "load", "tiny-demo-model").stdout.startswith(
        "tiny-demo-model is loaded, 8192"
    )
    assert state(server) == "ready"
    unknown = unsloth(server.home, "models", "load", "nope")
    assert (unknown.returncode, "There is no model 'nope'" in unknown.stderr) == (1, True)
    keys = unsloth(server.home, "keys", "list").stdout
    assert "one question" not in keys  # revoked as soon as it was used


def test_unloaded_model_comes_back_when_it_is_asked_for(server: StudioServer) -> None:
    unsloth(server.home, "models", "unload", "tiny-demo-model")
    body = {"messages": [{"role": "user", "content": "Hello"}]}
    reply = httpx.post(f"{server.base_url}/v1/messages", json=body, headers=server.headers, timeout=30)
    assert reply.status_code == 200


def test_key_without_the_scope_is_refused_in_the_envelope(server: StudioServer) -> None:
    body = {"model": "tiny-demo-model"}
    for path in ("/api/models/load", "/api/models/unload"):
        refused = httpx.post(server.base_url + path, json=body, headers=server.headers)
        assert refused.status_code == 403
        assert "scope 'admin'" in refused.json()["error"]["message"]
        assert httpx.post(server.base_url + path, json=body).status_code == 401


def test_admin_key_cannot_infer_and_gets_clear_errors(server: StudioServer) -> None:
    key = unsloth(server.home, "keys", "create", "boss", "--scope", "admin").stdout.strip()
    headers = {"x-api-key": key}
    assert httpx.get(f"{server.base_url}/v1/models", headers=headers).status_code == 403
    for content in (b"{}", b"[]", b"nonsense", b'{"model": 5}'):
        reply = httpx.post(f"{server.base_url}/api/models/load", content=content, headers=headers)
        assert reply.status_code == 400
        assert reply.json()["error"]["message"]
    missing = httpx.post(f"{server.base_url}/api/models/load", json={"model": "nope"}, headers=headers)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_no_server(tmp_path: Path) -> None:
    result = unsloth(tmp_path, "models", "load", "x")
    assert result.returncode == 1
    assert "No server runs on the data folder" in result.stderr


def test_model_is_fetched_by_request_and_then_served(tmp_path: Path) -> None:
    with HubServer([tiny()]) as hub:
        place = Workplace(tmp_path, hub)
        with place.serve() as running:
            key = place.unsloth("keys", "create", "boss", "--scope", "admin").stdout.strip()
            headers = {"x-api-key": key}
            url = f"{running.base_url}/api/models/pull"
            text = httpx.post(url, json={"model": TINY}, headers=headers, timeout=30).text
            assert "event: progress" in text
            assert text.rstrip().split("\n\n")[-1].startswith('event: done\ndata: {"id":"Tiny-GGUF"')
            reply = httpx.post(f"{running.base_url}/api/models/load", json={"model": TINY}, headers=headers, timeout=30)
            deadline = time.monotonic() + 10
            while reply.status_code == 404 and time.monotonic() < deadline:  # the shelf looks at the disk now and then
                time.sleep(0.3)
                reply = httpx.post(
                    f"{running.base_url}/api/models/load", json={"model": TINY}, headers=headers, timeout=30
                )
            assert reply.json()["state"] == "ready"
            unknown = httpx.post(url, json={"model": "owner/nope"}, headers=headers, timeout=30).text
            assert unknown.startswith("event: error\n")
            assert httpx.post(url, json={"model": TINY}, headers=running.headers).status_code == 403
