"""`unsloth run`: flags in, a server out. What it starts is in `cli/server.py`, what it prints in `cli/banner.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

_HELP = """Serve a model as an OpenAI- and Anthropic-compatible API.

Without --model the small built-in demo model is served, so that everything can be tried without a download. When the
model is ready, the URLs, the API key and three curl commands are printed.

\b
  unsloth run                                     the demo model on http://127.0.0.1:8888
  unsloth run --model ~/models/qwen3-8b.gguf      a GGUF file of yours
  unsloth run --model my.gguf -c 16384 -np 2      16384 tokens of context for each of 2 requests at once
  unsloth run --upstream http://127.0.0.1:8000    in front of a server that already runs (llama-server, vLLM, ...)
  unsloth run --json                              one JSON object per line, for scripts

Each setting can also stand in the environment or in config.toml; see docs/configuration.md.
"""


@click.command("run", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--model", metavar="PATH_OR_NAME", help="A .gguf file. Default: the built-in demo model.")
@click.option("-H", "--host", metavar="ADDRESS", help="Address to listen on. [default: 127.0.0.1, this machine only]")
@click.option("-p", "--port", type=int, metavar="PORT", help="Port; if taken, the next free of 20. [default: 8888]")
@click.option(
    "-c", "--ctx-size", "--context-length", "context_length", type=int, metavar="TOKENS", help="Context per request."
)
@click.option(
    "-np", "--parallel", type=int, metavar="N", help="Requests that run at once, towards an upstream too. [default: 4]"
)
@click.option("-t", "--threads", type=int, metavar="N", help="Engine threads. [default: physical cores minus one]")
@click.option("--engine", metavar="PATH", help="A llama-server binary, or 'embedded'. [default: the best one found]")
@click.option("--upstream", metavar="URL", help="Use this OpenAI-compatible server instead of starting an engine.")
@click.option("--upstream-key", metavar="KEY", help="The upstream's API key (better: UNSLOTH_STUDIO_UPSTREAM_KEY).")
@click.option(
    "--api-key-name", default="cli", show_default=True, metavar="NAME", help="Name of the key if one is made."
)
@click.option("--new-key", is_flag=True, help="Revoke the kept key and print a new one.")
@click.option("-q", "--silent", is_flag=True, help="Print only the URLs and the key.")
@click.option("-v", "--verbose", is_flag=True, help="Log requests and what the engine does, to standard error.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON, one object per line, on standard output.")
def run(*, api_key_name: str, new_key: bool, silent: bool, verbose: bool, as_json: bool, **flags: Any) -> None:
    from unsloth_studio.cli.ports import CannotListen, bind
    from unsloth_studio.cli.progress import Output
    from unsloth_studio.settings import load_settings

    settings = load_settings(**flags)
    out = Output(silent=silent, as_json=as_json)
    model = None if settings.upstream else _model_file(settings.model)
    try:
        sock = bind(settings.host, settings.port)
    except CannotListen as problem:
        out.failed(str(problem))
        sys.exit(1)
    port = sock.getsockname()[1]
    if settings.port not in (0, port):
        out.notice(f"Port {settings.port} is taken; using {port}.")

    from unsloth_studio.cli.server import RunOptions, serve  # everything heavy is behind this import
    from unsloth_studio.observe.logs import configure_logs

    configure_logs(verbose=verbose)
    options = RunOptions(
        model=model,
        api_key=os.environ.get("UNSLOTH_API_KEY") or None,
        api_key_name=api_key_name,
        new_key=new_key,
    )
    sys.exit(serve(settings, options, sock, out))


def _model_file(name: str | None) -> Path:
    """The file to load. Exits with a sentence when there is none."""
    from unsloth_studio.catalog.demo import DEMO_MODEL_ID
    from unsloth_studio.engine.local import demo_model

    if name is None or name == DEMO_MODEL_ID:
        return demo_model()
    path = Path(name).expanduser()
    if path.is_file():
        return path
    if path.is_dir():
        raise click.BadParameter(f"{name} is a folder; name one .gguf file in it.", param_hint="--model")
    if path.suffix == ".gguf" or name.startswith((".", "/", "~")):
        raise click.BadParameter(f"there is no file {path}.", param_hint="--model")
    raise click.BadParameter(
        f"{name!r} is no file. Names of a model hub are not supported yet: download the .gguf file and give its path.",
        param_hint="--model",
    )
