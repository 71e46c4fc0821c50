"""`unsloth models`: what is on this disk, what the hub has, and how to get or remove it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsloth_studio.catalog.hub import Repository
    from unsloth_studio.catalog.local_models import LocalModel
    from unsloth_studio.settings import Settings

_HELP = """Find, fetch, show and remove models.

\b
  unsloth models search qwen3                          repositories on the hub
  unsloth models show unsloth/Qwen3-1.7B-GGUF          its quantizations, and which of them fit this machine
  unsloth models pull unsloth/Qwen3-1.7B-GGUF:Q8_0     fetch one (without :QUANT the best that fits)
  unsloth models list                                  what is on this disk
  unsloth models show Qwen3-1.7B-GGUF                  facts and sampling settings of one that is here
  unsloth models rm Qwen3-1.7B-GGUF:Q8_0               free its space
  unsloth models load Qwen3-1.7B-GGUF                  have the running server load it now
  unsloth models unload Qwen3-1.7B-GGUF                free its memory
"""


@click.group("models", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
def models() -> None:
    pass


@models.command("list", help="The models on this disk: the hub's cache and the folders named in the settings.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_models(*, as_json: bool) -> None:
    from unsloth_studio.catalog.fit import gigabytes
    from unsloth_studio.cli.places import library_of

    library = library_of(_settings())
    if as_json:
        for model in library:
            click.echo(json.dumps(_object(model)))
        return
    if not library:
        click.echo("There are no models on this disk. Find one: unsloth models search NAME", err=True)
        return
    rows = [(name_of(model), gigabytes(model.size_bytes), model.source) for model in library]
    width = max(len(row[0]) for row in rows)
    for name, size, source in sorted(rows):
        click.echo(f"{name:<{width}}  {size:>8}  {source}")


@models.command(help="Repositories with GGUF files on the hub, most downloaded first.")
@click.argument("text")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100))
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def search(*, text: str, limit: int, as_json: bool) -> None:
    from unsloth_studio.catalog.hub import Hub

    names = _run(Hub().search(text, limit=limit))
    for name in names:
        click.echo(json.dumps({"repository": name}) if as_json else name)
    if not names:
        click.echo(f"The hub has no GGUF repository that matches {text!r}.", err=True)
        sys.exit(1)


@models.command(help="Fetch a model into the hub's cache: ORGANISATION/REPOSITORY[:QUANT].")
@click.argument("name")
@click.option("--gguf-variant", metavar="QUANT", help="The quantization, if it is not in the name.")
@click.option("--json", "as_json", is_flag=True, help="Print what was fetched as a JSON object.")
def pull(*, name: str, gguf_variant: str | None, as_json: bool) -> None:
    from unsloth_studio.catalog import locate
    from unsloth_studio.catalog.reference import HubModel, parse_reference
    from unsloth_studio.cli.places import places_of, show_download, show_nothing

    reference = parse_reference(name, variant=gguf_variant)
    if not isinstance(reference, HubModel):
        raise click.UsageError(f"{name!r} is no repository of the hub. Name it as ORGANISATION/REPOSITORY[:QUANT].")
    model = _run(locate.pull(reference, places_of(_settings()), show=show_nothing if as_json else show_download))
    click.echo(json.dumps(_object(model)) if as_json else f"{name_of(model)} is here: {model.main_file}")


@models.command(help="Remove a model from the hub's cache. Models in folders of yours are left alone.")
@click.argument("name")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def rm(*, name: str, yes: bool) -> None:
    from unsloth_studio.catalog.fit import gigabytes
    from unsloth_studio.catalog.hub import default_cache
    from unsloth_studio.catalog.hub_cache import HubCache
    from unsloth_studio.catalog.removal import remove_model
    from unsloth_studio.cli.places import called, library_of

    settings = _settings()
    library = library_of(settings)
    found = called(name, library, settings)
    if not found:
        raise click.UsageError(f"{name} is not on this disk. `unsloth models list` shows what is.")
    if len(found) > 1:
        raise click.UsageError(f"{name} is here more than once. Name one: {', '.join(map(name_of, found))}")
    (model,) = found
    if model.source != "hub":
        raise click.UsageError(f"{name_of(model)} is a file of yours, {model.main_file}: remove it yourself.")
    if not yes and not click.confirm(f"Remove {name_of(model)} ({gigabytes(model.size_bytes)})?"):
        sys.exit(1)
    freed = remove_model(model, library, HubCache(default_cache()))
    click.echo(f"Removed {name_of(model)}: {gigabytes(freed)} are free again.")


@models.command(help="Facts of a model: of one on this disk its settings and why, of a repository its quantizations.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
def show(*, name: str, as_json: bool) -> None:
    from unsloth_studio.catalog.hub import Hub
    from unsloth_studio.catalog.reference import HubModel, parse_reference
    from unsloth_studio.catalog.sheet import read_sheet
    from unsloth_studio.cli.model_facts import describe, sheet_object
    from unsloth_studio.cli.places import called, library_of

    settings = _settings()
    found = called(name, library_of(settings), settings)
    if found:
        sheet = read_sheet(found[0])
        click.echo(json.dumps(sheet_object(sheet, settings)) if as_json else describe(sheet, settings))
        return
    reference = parse_reference(name)
    if not isinstance(reference, HubModel):
        raise click.UsageError(f"{name} is not on this disk. `unsloth models list` shows what is.")
    _show_repository(_run(Hub().repository(reference.repo)), settings, as_json=as_json)


def _show_repository(repository: Repository, settings: Settings, *, as_json: bool) -> None:
    from unsloth_studio.catalog.fit import Memory, variant_table
    from unsloth_studio.cli.places import memory_budget

    memory = Memory(memory_budget(settings))
    if not as_json:
        click.echo(variant_table(repository.variants, memory) or f"{repository.name} has no GGUF model files.")
        return
    variants = [
        {
            "quantization": v.label,
            "size_bytes": v.size_bytes,
            "complete": v.complete,
            "fit": memory.verdict(v.size_bytes),
        }
        for v in repository.variants
    ]
    click.echo(json.dumps({"repository": repository.name, "variants": variants}))


@models.command(help="Have the running server load a model that is on this disk; returns when it is ready.")
@click.argument("name")
def load(*, name: str) -> None:
    from unsloth_studio.cli.running import ask

    loaded = ask(_settings().home, "/api/models/load", {"model": name})
    click.echo(f"{loaded['id']} is loaded, {loaded['context_length']} tokens of context.")


@models.command(help="Have the running server free a model's memory; running replies finish first.")
@click.argument("name")
def unload(*, name: str) -> None:
    from unsloth_studio.cli.running import ask

    unloaded = ask(_settings().home, "/api/models/unload", {"model": name})
    click.echo(f"{unloaded['id']} is unloaded.")


def name_of(model: LocalModel) -> str:
    """How a person names it: id and quantization."""
    return f"{model.id}:{model.variant}" if model.variant else model.id


def _object(model: LocalModel) -> dict[str, Any]:
    return {
        "id": model.id,
        "quantization": model.variant,
        "repository": model.repository,
        "size_bytes": model.size_bytes,
        "source": model.source,
        "files": [str(file) for file in model.files],
        "projector": str(model.projector) if model.projector else None,
    }


def _settings() -> Settings:
    from unsloth_studio.settings_sources import load_settings

    return load_settings()


def _run(work: Any) -> Any:
    """Run a coroutine; Ctrl-C keeps what came and ends with the shell's usual status."""
    try:
        return asyncio.run(work)
    except KeyboardInterrupt:
        click.echo("\nStopped. What came is kept; the next pull goes on from there.", err=True)
        sys.exit(130)
