"""The `unsloth` command. Subcommands are imported when they are used, so that `--help` is instant."""

from __future__ import annotations

import gc
import importlib
import os
import sys

import click

from unsloth_studio import __version__
from unsloth_studio.problem import OperatorProblem

# name -> (module, attribute, one line for the list of commands)
_COMMANDS = {
    "run": ("unsloth_studio.cli.run", "run", "Serve a model: prints the URL and the API key when it is ready."),
    "models": ("unsloth_studio.cli.models", "models", "Find, fetch, show and remove models."),
    "keys": ("unsloth_studio.cli.keys", "keys", "Create, list and revoke API keys."),
    "link": ("unsloth_studio.cli.sign_in", "link", "Print another link that signs a browser in to the running Studio."),
    "password": ("unsloth_studio.cli.sign_in", "password", "Set or remove the password of the Studio page."),
    "heal": (
        "unsloth_studio.cli.heal",
        "heal",
        "Show what the server reads in a model's text: calls, repairs, reasoning.",
    ),
    "doctor": ("unsloth_studio.cli.doctor", "doctor", "Say what works on this machine, what does not, and what to do."),
}

FIRST_GARBAGE = 500_000
"""New objects before Python looks for garbage among them, instead of 700: what a start makes are modules and classes that
stay, and looking through them again and again took a quarter of it. A server sets its own limit when it has started."""

_HELP = """A local LLM served as an API that coding agents can rely on.

\b
  unsloth run                        serve the built-in demo model (no download)
  unsloth run --model my-model.gguf  serve a model of yours
  unsloth run --model unsloth/gemma-4-26B-A4B-it-GGUF:UD-Q4_K_XL   fetch it first, if need be
  unsloth keys create my-laptop      make another API key

Every command explains itself: unsloth COMMAND --help.
"""


class _Commands(click.Group):
    """Looks a subcommand up by importing its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, attribute, _ = _COMMANDS[cmd_name]
        return getattr(importlib.import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in _COMMANDS.items()])


@click.command(cls=_Commands, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="unsloth")
def cli() -> None:
    pass


def main() -> None:
    """The console script."""
    gc.set_threshold(FIRST_GARBAGE)
    try:
        cli()
    except OperatorProblem as problem:
        click.secho(f"unsloth: {problem}", fg="red", err=True)
        sys.exit(problem.exit_status)
    except Exception as error:
        if os.environ.get("UNSLOTH_DEBUG"):
            raise
        told = f"unsloth: this is a defect of the program ({type(error).__name__}: {error}). Please report it; "
        click.secho(told + "UNSLOTH_DEBUG=1 before the command shows where it happened.", fg="red", err=True)
        sys.exit(70)
