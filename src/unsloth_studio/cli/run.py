"""`unsloth run`: flags in, a server out. What it starts is in `cli/server.py`, what it prints in `cli/banner.py`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unsloth_studio.cli.own_flags import CommandWithEngineFlags, engine_words

if TYPE_CHECKING:
    from unsloth_studio.catalog.local_models import LocalModel
    from unsloth_studio.cli.progress import Output
    from unsloth_studio.cli.wishes import Wishes
    from unsloth_studio.settings import Settings
    from unsloth_studio.tools.policy import ToolPolicy

_HELP = """Serve a model as an OpenAI- and Anthropic-compatible API.

Without --model the small built-in demo model is served, so that everything can be tried without a download. When the
model is ready, the URLs, the API key and three curl commands are printed.

\b
  unsloth run                                     the demo model on http://127.0.0.1:8888
  unsloth run --model unsloth/Qwen3-1.7B-GGUF     from the hub: fetched once, the best quantization that fits
  unsloth run --model unsloth/gemma-4-26B-A4B-it-GGUF:UD-Q4_K_XL
  unsloth run --model ~/models/qwen3-8b.gguf      a GGUF file of yours
  unsloth run --model my.gguf -c 16384 -np 2      16384 tokens of context for each of 2 requests at once
  unsloth run --model my.gguf --temp 0.6 -ngl 20  any flag of llama-server goes to the engine and wins over our defaults
  unsloth run --model my.gguf --dry-run           what would be started and why, with the memory it needs
  unsloth run --upstream http://127.0.0.1:8000    in front of a server that already runs (llama-server, vLLM, ...)
  unsloth run --json                              one JSON object per line, for scripts

Each setting can also stand in the environment or in config.toml; see docs/configuration.md.
"""


@click.command(
    "run",
    cls=CommandWithEngineFlags,
    help=_HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="[OPTIONS] [LLAMA-SERVER FLAGS]",
)
@click.option(
    "--model",
    "-hf",
    "--hf-repo",
    "model",
    metavar="NAME",
    help="REPOSITORY[:QUANT], a .gguf file, a folder, or an alias.",
)
@click.option("--gguf-variant", metavar="QUANT", help="The quantization, if it is not in the name.")
@click.option("-H", "--host", metavar="ADDRESS", help="Address to listen on. [default: 127.0.0.1, this machine only]")
@click.option("-p", "--port", type=int, metavar="PORT", help="Port; if taken, the next free of 20. [default: 8888]")
@click.option(
    "-c", "--ctx-size", "--context-length", "--max-seq-length", "context_length",
    type=click.IntRange(256, 2**27), metavar="TOKENS",
    help="Context per request. [default: the model's own, as far as memory goes]",
)  # fmt: skip
@click.option(
    "-np", "--parallel", "--n-parallel", "parallel",
    type=click.IntRange(1, 4096), metavar="N",
    help="Requests that run at once, towards an upstream too. [default: 4]",
)  # fmt: skip
@click.option(
    "-t",
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Engine threads. [default: physical cores minus one]",
)
@click.option("--engine", metavar="PATH", help="A llama-server binary, or 'embedded'. [default: the best one found]")
@click.option("--upstream", metavar="URL", help="Use this OpenAI-compatible server instead of starting an engine.")
@click.option("--upstream-key", metavar="KEY", help="The upstream's API key (better: UNSLOTH_STUDIO_UPSTREAM_KEY).")
@click.option(
    "--enable-tool-call-healing/--disable-tool-call-healing", "tool_call_healing", default=None,
    help="Repair tool calls that the model writes badly. [default: enabled]",
)  # fmt: skip
@click.option(
    "--enable-tools/--disable-tools", "server_tools", default=None,
    help="Run Python, shell and web search here for clients that ask. [default: only if no other machine can reach us]",
)  # fmt: skip
@click.option(
    "-y", "--yes", is_flag=True, help="Do not ask whether --enable-tools is meant where others reach the server."
)
@click.option(
    "--api-key-name", default="cli", show_default=True, metavar="NAME", help="Name of the key if one is made."
)
@click.option("--new-key", is_flag=True, help="Revoke the kept key and print a new one.")
@click.option("--dry-run", is_flag=True, help="Print what would be started and why, and start nothing.")
@click.option("-q", "--silent", is_flag=True, help="Print only the URLs and the key.")
@click.option("-v", "--verbose", is_flag=True, help="Log requests and what the engine does, to standard error.")
@click.option("--json", "as_json", is_flag=True, help="Print events as JSON, one object per line, on standard output.")
@click.pass_context
def run(
    ctx: click.Context,
    *,
    model: str | None,
    gguf_variant: str | None,
    api_key_name: str,
    new_key: bool,
    yes: bool,
    dry_run: bool,
    silent: bool,
    verbose: bool,
    as_json: bool,
    **flags: Any,
) -> None:
    from unsloth_studio.cli.progress import Output
    from unsloth_studio.problem import OperatorProblem
    from unsloth_studio.settings_sources import load_settings

    out = Output(silent=silent, as_json=as_json)
    try:
        settings = load_settings(model=model, **_without(flags, _FOR_THE_MODEL))
        if settings.tool_network_hosts:
            from unsloth_studio.cli.server_tools import check_hosts

            check_hosts(settings)
        wishes = _wishes(engine_words(ctx), flags, settings.engine)
        flags = _without(flags, _FOR_THE_MODEL)
        found = None if settings.upstream else _model(settings, gguf_variant, out, dry_run=dry_run)
        if dry_run:
            _print_plan(settings, wishes, found, as_json=as_json)
            return
        policy = _tool_policy(settings, yes=yes)
        key = (api_key_name, new_key)
        status = _serve(settings, wishes, found, policy, out=out, flags=flags, verbose=verbose, key=key)
    except OperatorProblem as problem:
        out.failed(str(problem))
        sys.exit(problem.exit_status)
    sys.exit(status)


_FOR_THE_MODEL = ("context_length", "parallel", "threads")
"""Options that are about the model the command names, and not about others that requests may load later."""


def _without(flags: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if name not in names}


def _wishes(words: tuple[str, ...], flags: dict[str, Any], engine: str | None) -> Wishes:
    from unsloth_studio.cli.wishes import Wishes, read_flags

    return Wishes(flags["context_length"], flags["parallel"], flags["threads"], read_flags(words, engine))


def _model(settings: Settings, variant: str | None, out: Output, *, dry_run: bool) -> LocalModel:
    """The files of the model that was named, fetched if need be (but never for a dry run); the demo model when none was."""
    from unsloth_studio.catalog.demo import DEMO_MODEL_ID, demo_model
    from unsloth_studio.catalog.reference import LocalPath, parse_reference

    if settings.model is None and variant is not None:
        raise click.UsageError("--gguf-variant needs --model: the quantization of what?")
    if settings.model is None or settings.model == DEMO_MODEL_ID:
        return demo_model()
    reference = parse_reference(settings.model, variant=variant, on_disk=lambda path: Path(path).exists())
    if isinstance(reference, LocalPath):
        from unsloth_studio.catalog.local_paths import at_path

        return at_path(reference)
    import asyncio

    from unsloth_studio.catalog.locate import locate, missing
    from unsloth_studio.cli.places import places_of, show_download, show_nothing
    from unsloth_studio.problem import OperatorProblem

    places = places_of(settings)
    try:
        if dry_run and (what := asyncio.run(missing(reference, places))):
            raise OperatorProblem(what)
        return asyncio.run(locate(reference, places, show=show_nothing if out.quiet else show_download))
    except KeyboardInterrupt:
        out.notice("Stopped. What came is kept; the next run goes on from there.")
        sys.exit(130)


def _tool_policy(settings: Settings, *, yes: bool) -> ToolPolicy:
    """Whether tools run here; a person is asked where that is a risk. Ends with status 2 when nobody can be asked."""
    from unsloth_studio.tools.policy import RISK, ToolPolicy, decide

    terminal = sys.stdin.isatty() and sys.stderr.isatty()
    decision = decide(exposed=settings.exposed, asked=settings.server_tools, yes=yes, terminal=terminal)
    if decision.question == "refuse":
        click.echo(f"{RISK}\nThere is no terminal to ask at. Add --yes if this is meant, or --disable-tools.", err=True)
        sys.exit(2)
    if decision.question == "ask":
        click.echo(RISK, err=True)
        if not click.confirm("Run tools for clients all the same?", default=False, err=True):
            return ToolPolicy(False, "the question at the start was answered with no")
    return decision.policy


def _serve(
    settings: Settings,
    wishes: Wishes,
    model: LocalModel | None,
    policy: ToolPolicy,
    *,
    out: Output,
    flags: dict[str, Any],
    verbose: bool,
    key: tuple[str, bool],
) -> int:
    from unsloth_studio.cli.ports import bind

    sock = bind(settings.host, settings.port)
    port = sock.getsockname()[1]
    if settings.port not in (0, port):
        out.notice(f"Port {settings.port} is taken; using {port}.")

    from unsloth_studio.cli.server import RunOptions, serve  # everything heavy is behind this import
    from unsloth_studio.observe.logs import configure_logs

    configure_logs(verbose=verbose)
    name, new_key = key
    options = RunOptions(
        model=model,
        wishes=wishes,
        flags=flags,
        api_key=os.environ.get("UNSLOTH_API_KEY") or None,
        api_key_name=name,
        new_key=new_key,
        tool_policy=policy,
    )
    return serve(settings, options, sock, out)


def _print_plan(settings: Settings, wishes: Wishes, model: LocalModel | None, *, as_json: bool) -> None:
    """The plan as a table, or as JSON."""
    import asyncio
    import json
    from functools import partial

    from unsloth_studio.catalog.sheet import read_sheet
    from unsloth_studio.cli.launching import engine_facts, engine_options
    from unsloth_studio.cli.places import smaller_files
    from unsloth_studio.engine.local import plan_launch
    from unsloth_studio.engine.sizing import DoesNotFit

    if model is None:
        raise click.UsageError("--dry-run plans an engine of ours; with --upstream there is none to start.")
    options = engine_options(model, model.id, settings, wishes)
    facts = engine_facts(read_sheet(model))
    launch = partial(plan_launch, options, settings.home, explicit=settings.engine, facts=facts)
    try:
        plan = asyncio.run(launch())
    except DoesNotFit:
        plan = asyncio.run(launch(smaller=smaller_files(model, settings, ask_hub=True)))
    if as_json:
        click.echo(json.dumps(plan.as_json()))
        return
    rows = plan.as_rows()
    name, value = (max(len(text) for text in column) for column in zip(*((r.name, r.value) for r in rows), strict=True))
    for row in rows:
        click.echo(f"{row.name:<{name}}  {row.value:<{min(value, 40)}}  {row.reason}")
    for warning in plan.warnings:
        click.echo(f"Note: {warning}", err=True)
