"""`unsloth keys`: make, list and revoke API keys. A running server notices at once.

The rule: standard output carries only the answer (the key, the table, the JSON), so that `KEY=$(unsloth keys create x)`
works; hints go to standard error.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unsloth_studio.store.api_key import ApiKey
    from unsloth_studio.store.keys import KeyStore

_COLUMNS = ("ID", "NAME", "PREFIX", "SCOPES", "LIMITS", "CREATED", "EXPIRES", "LAST USED", "STATE")
_COLOURS = {"active": "green", "expired": "yellow", "revoked": "red"}


@click.group(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
def keys() -> None:
    """Make, list and revoke API keys.

    \b
    Examples:
      unsloth keys create laptop
      KEY=$(unsloth keys create ci --expires 30d)
      unsloth keys list
      unsloth keys revoke laptop
    """


@keys.command()
@click.argument("name")
@click.option("--expires", metavar="WHEN", help="30d, 12h, 45m, 2w, or a date such as 2030-12-31; default: never.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("inference",),
    show_default=True,
    help="What the key may do: inference, tools, admin. Give it several times for several.",
)
@click.option("--requests-per-minute", type=int, metavar="N", help="At most so many requests in any minute.")
@click.option(
    "--tokens-per-day", type=int, metavar="N", help="At most so many tokens, read and written, on a day of UTC."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the bare key.")
def create(
    name: str,
    expires: str | None,
    scopes: tuple[str, ...],
    requests_per_minute: int | None,
    tokens_per_day: int | None,
    as_json: bool,
) -> None:
    """Make a key called NAME and print it. It is shown this one time and cannot be shown again.

    \b
    Examples:
      unsloth keys create laptop
      unsloth keys create ci --expires 30d --json
      unsloth keys create guest --requests-per-minute 20 --tokens-per-day 100000
    """
    with _store() as store:
        from unsloth_studio.store.api_key import KeyLimits
        from unsloth_studio.store.expiry import parse_expiry

        expires_at = parse_expiry(expires, int(time.time())) if expires else None
        limits = KeyLimits(requests_per_minute, tokens_per_day)
        plaintext, key = store.create(name, expires_at, scopes=scopes, limits=limits)
    if as_json:
        click.echo(json.dumps({"key": plaintext, **_fields(key)}))
        return
    click.echo(plaintext)
    until = f" until {_moment(key.expires_at)}" if key.expires_at else ""
    click.echo(f"Key '{key.name}' is valid{until}. Keep it now: it cannot be shown again.", err=True)


@keys.command("list")
@click.option("--all", "with_revoked", is_flag=True, help="Show revoked keys too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of the table.")
def list_keys(with_revoked: bool, as_json: bool) -> None:
    """Show the keys: names, first characters, times (local), and whether they are valid.

    \b
    Examples:
      unsloth keys list
      unsloth keys list --all --json
    """
    with _store() as store:
        shown = [key for key in store.all_keys() if with_revoked or key.revoked_at is None]
    if as_json:
        click.echo(json.dumps([_fields(key) for key in shown]))
    elif shown:
        _print_table(shown)
    else:
        click.echo("There are no keys. To make one: unsloth keys create NAME", err=True)


@keys.command()
@click.argument("wanted", metavar="KEY...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Revoke every key there is.")
@click.option("--json", "as_json", is_flag=True, help="Print the revoked keys as a JSON array.")
def revoke(wanted: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Make keys invalid, at once and for good. A KEY is a name, a prefix, an id, or the whole key.

    When one of them is not found, none is revoked.

    \b
    Examples:
      unsloth keys revoke laptop
      unsloth keys revoke sk-unsloth-Ab12 7
    """
    if bool(wanted) == every:
        raise click.UsageError("Name the keys to revoke, or give --all.")
    with _store() as store:
        found = store.all_keys() if every else [store.find(text) for text in wanted]
        revoked = store.revoke({key.id for key in found if key.revoked_at is None})
    if as_json:
        click.echo(json.dumps([_fields(key) for key in revoked]))
        return
    for key in revoked:
        click.echo(f"Revoked '{key.name}' ({key.prefix}…).")
    for key in found:
        if key.revoked_at is not None and not every:
            click.echo(f"'{key.name}' ({key.prefix}…) was revoked before.", err=True)


@contextmanager
def _store() -> Generator[KeyStore]:
    """The store of the data folder; what is wrong with it ends the command with a sentence and exit status 1."""
    from unsloth_studio.settings_sources import SettingsInvalid, load_settings
    from unsloth_studio.store.database import Database
    from unsloth_studio.store.errors import StoreProblem
    from unsloth_studio.store.keys import KeyStore

    try:
        with closing(Database.open(load_settings().home)) as database, closing(KeyStore(database)) as store:
            yield store
    except (StoreProblem, SettingsInvalid) as error:
        raise click.ClickException(str(error)) from error


def _print_table(shown: Sequence[ApiKey]) -> None:
    now = time.time()
    rows = [_COLUMNS, *(_row(key, now) for key in shown)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    for row in rows:
        *cells, state = row
        left = "".join(f"{cell:<{width}}  " for cell, width in zip(cells, widths, strict=False))
        # click itself drops colours when the output is no terminal; the variable is https://no-color.org.
        colour = None if os.environ.get("NO_COLOR") else _COLOURS.get(state)
        click.echo(left + click.style(state, fg=colour))


def _row(key: ApiKey, now: float) -> tuple[str, ...]:
    return (
        str(key.id),
        key.name,
        f"{key.prefix}…",
        ",".join(key.scopes),
        _limits(key),
        _moment(key.created_at),
        _moment(key.expires_at) if key.expires_at else "never",
        _moment(key.last_used_at) if key.last_used_at else "never",
        key.state(now),
    )


def _limits(key: ApiKey) -> str:
    requests, tokens = key.limits.requests_per_minute, key.limits.tokens_per_day
    return (
        ",".join(f"{value}{unit}" for value, unit in ((requests, "/min"), (tokens, " tokens/day")) if value) or "none"
    )


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _fields(key: ApiKey) -> dict[str, Any]:
    """A key for programs: times as ISO 8601 in UTC, null for what has not happened."""
    times = {
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    }
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "state": key.state(time.time()),
        "requests_per_minute": key.limits.requests_per_minute,
        "tokens_per_day": key.limits.tokens_per_day,
        **{name: at and datetime.fromtimestamp(at, UTC).isoformat() for name, at in times.items()},
    }
