"""A data folder, a hub cache and the `unsloth` command in them, so that a test sees nothing of whoever runs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from tests.hub_server.server import HubServer
from tests.support.server import StudioServer, clean_environment, start, studio

UNSLOTH = Path(sys.executable).with_name("unsloth")


@dataclass(frozen=True, slots=True)
class Workplace:
    """`folder` is empty at first; `hub` is where names are looked up, None for none that answers. `variables` are added."""

    folder: Path
    hub: HubServer | None = None
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def home(self) -> Path:
        """The data folder, with `config.toml`."""
        return self.folder / "home"

    @property
    def cache(self) -> Path:
        """The hub's cache."""
        return self.folder / "cache"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HF_ENDPOINT": self.hub.url if self.hub else "http://127.0.0.1:9",
            "HF_HOME": str(self.folder / "hf"),
            "HF_HUB_CACHE": str(self.cache),
            "HF_HUB_OFFLINE": "",
            "HF_TOKEN": "",
            "HUGGING_FACE_HUB_TOKEN": "",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **self.variables,
        }

    def configure(self, text: str) -> None:
        """Write `config.toml`."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "config.toml").write_text(text)

    def unsloth(self, *words: str, timeout: float = 60, **variables: str) -> subprocess.CompletedProcess[str]:
        """The command, to its end."""
        return subprocess.run(
            [str(UNSLOTH), *words],
            env={**clean_environment(), **self.environment, "UNSLOTH_STUDIO_HOME": str(self.home), **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def serve(self, *options: str, **variables: str) -> AbstractContextManager[StudioServer]:
        """`unsloth run` with `options`, ready."""
        return studio(self.home, *options, environment=self.environment | variables)

    def start(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        """`unsloth run --json` with `options`; the caller ends it."""
        return start(self.home, *options, environment=self.environment | variables)


def answer(client: httpx.Client, *, model: str | None = None, **fields: Any) -> tuple[str, str]:
    """What a server says to a chat request, and the model that it names."""
    body = {"messages": [{"role": "user", "content": "Hi"}], **({} if model is None else {"model": model}), **fields}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()["choices"][0]["message"]["content"], reply.json()["model"]


def cards(client: httpx.Client) -> dict[str, dict[str, Any]]:
    """`GET /v1/models` by id."""
    reply = client.get("/v1/models")
    assert reply.status_code == 200, reply.text
    return {card["id"]: card for card in reply.json()["data"]}
