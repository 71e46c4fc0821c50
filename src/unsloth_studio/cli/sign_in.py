"""`unsloth link` and `unsloth password`: ways into the Studio page, for whoever sits at the server's machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from unsloth_studio.store.sessions import SessionStore

_SETTINGS = {"help_option_names": ["-h", "--help"]}


@click.command(context_settings=_SETTINGS)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the bare link.")
def link(as_json: bool) -> None:
    """Print a link that signs one browser in to the running server's Studio page.

    It works once, within a day, and in a browser on this machine.

    \b
    Examples:
      unsloth link
      xdg-open "$(unsloth link)"
    """
    from unsloth_studio.cli.banner import studio_url
    from unsloth_studio.cli.running import base_url_of
    from unsloth_studio.settings_sources import load_settings

    base_url = base_url_of(load_settings().home)
    with _sign_ins() as store:
        url = studio_url(base_url, store.make_link())
    click.echo(json.dumps({"studio_url": url}) if as_json else url)


@click.group(no_args_is_help=True, context_settings=_SETTINGS)
def password() -> None:
    """Set or remove the password of the Studio page.

    Without one, other machines cannot sign in to the page. A running server notices at once.

    \b
    Examples:
      unsloth password set
      unsloth password remove
    """


@password.command("set")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read it from standard input, without asking.")
def set_password(from_stdin: bool) -> None:
    """Ask for a password and set it. Whoever has signed in must do so again.

    \b
    Examples:
      unsloth password set
      pass show studio | unsloth password set --stdin
    """
    from unsloth_studio.store.password import hash_password

    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    else:
        given = click.prompt("Password for Studio", hide_input=True, confirmation_prompt=True, err=True)
    hashed = hash_password(given)
    with _sign_ins() as store:
        store.set_password_hash(hashed)
    click.echo("The password is set. Browsers that had signed in must do so again.", err=True)


@password.command("remove")
def remove_password() -> None:
    """Remove the password: other machines cannot sign in any more, and whoever has signed in is signed out.

    \b
    Example:
      unsloth password remove
    """
    with _sign_ins() as store:
        had = store.password_hash() is not None
        store.set_password_hash(None)
    click.echo("The password is removed." if had else "No password was set.", err=True)


@contextmanager
def _sign_ins() -> Generator[SessionStore]:
    """The sign-ins of the data folder. Raises `OperatorProblem`."""
    from unsloth_studio.settings_sources import load_settings
    from unsloth_studio.store.database import Database
    from unsloth_studio.store.keys import KeyStore
    from unsloth_studio.store.sessions import SessionStore

    with closing(Database.open(load_settings().home)) as database, closing(KeyStore(database)) as keys:
        yield SessionStore(keys)
