"""LiteLLM's proxy as a gateway to be measured: its own environment, one worker, as its documentation has it for production.

The settings are those of https://docs.litellm.ai/docs/proxy/prod: a master key, errors only in the log, production mode, no
verbose output. Without a database: keys and spending are then kept in memory, which is the fastest it can be. The engine is
what it calls a hosted vLLM, its fastest way to one; its list of prices comes from the package, not from the internet.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bench.client import BenchFailure
from bench.processes import Gateway, reap

ENVIRONMENT = Path(__file__).parents[1] / ".venv-peers"
MODEL = "fake-model"
_KEY = "sk-bench-0123456789abcdef"
_VARIABLES = {
    "LITELLM_MASTER_KEY": _KEY,
    "LITELLM_LOG": "ERROR",
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
}


@contextmanager
def litellm(upstream: str, *, timeout: float = 90.0) -> Generator[Gateway]:
    """Run the proxy in front of `upstream`. Raises BenchFailure when it is not installed or not ready in time."""
    program = ENVIRONMENT / "bin" / "litellm"
    if not program.exists():
        raise BenchFailure(f"LiteLLM is not installed in {ENVIRONMENT.name}: run `make bench-peers`.")
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="unsloth-bench-") as home:
        configuration, log = Path(home, "config.yaml"), Path(home, "log")
        configuration.write_text(json.dumps(_configuration(upstream)))  # JSON is YAML
        command = [program, "--config", configuration, "--host", "127.0.0.1", "--port", str(port)]
        command += ["--num_workers", "1", "--telemetry", "False"]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": home, **_VARIABLES}
        began = time.monotonic()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, cwd=home, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        try:
            base_url = f"http://127.0.0.1:{port}"
            _await_ready(process, base_url, log, timeout)
            yield Gateway(base_url, _KEY, MODEL, process.pid, time.monotonic() - began)
        finally:
            reap(process)


def version() -> str:
    code = "import importlib.metadata; print(importlib.metadata.version('litellm'))"
    found = subprocess.run([ENVIRONMENT / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    return found.stdout.strip()


def _configuration(upstream: str) -> dict[str, object]:
    engine = {"model": f"hosted_vllm/{MODEL}", "api_base": f"{upstream}/v1", "api_key": "none"}
    return {
        "model_list": [{"model_name": MODEL, "litellm_params": engine}],
        "general_settings": {"master_key": _KEY},
        "litellm_settings": {"request_timeout": 600, "set_verbose": False, "json_logs": True, "telemetry": False},
    }


def _await_ready(process: subprocess.Popen[bytes], base_url: str, log: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchFailure(f"LiteLLM ended with code {process.returncode}: {log.read_text()[-800:]}")
        try:
            with urllib.request.urlopen(f"{base_url}/health/liveliness", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise BenchFailure(f"LiteLLM was not ready within {timeout:.0f} s: {log.read_text()[-800:]}")


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
