"""What a person sees while the server starts and stops: lines, a progress bar on a terminal, or JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from unsloth_studio.cli.banner import Ready, ready_line, ready_text


class Output:
    """People read standard error for progress and standard output for the result; scripts read JSON lines."""

    def __init__(self, *, silent: bool, as_json: bool) -> None:
        self._silent = silent
        self._as_json = as_json
        self._bar: Any = None
        self._shown = -1.0

    @property
    def quiet(self) -> bool:
        """Whether people should not be shown progress."""
        return self._silent or self._as_json

    def listening(self, base_url: str, model: str) -> None:
        self._event("listening", base_url=base_url, model=model)
        if not self._as_json and not self._silent:
            click.echo(f"Loading {model} ..." if model else "Asking the upstream server ...", err=True)

    def loading(self, fraction: float) -> None:
        """`fraction` from 0 to 1."""
        if self._as_json:
            if fraction - self._shown >= 0.05:
                self._shown = fraction
                self._event("loading", progress=round(fraction, 3))
        elif not self._silent and sys.stderr.isatty():
            self._draw(fraction)

    def ready(self, ready: Ready, *, exposed: bool) -> None:
        self._end_bar()
        print(
            ready_line(ready) if self._as_json else ready_text(ready, silent=self._silent, exposed=exposed), flush=True
        )

    def notice(self, text: str) -> None:
        """Something worth knowing that is no error."""
        self._end_bar()
        self._event("notice", message=text)
        if not self._as_json:
            click.echo(text, err=True)

    def failed(self, text: str) -> None:
        """Why it does not go on, and what to do."""
        self._end_bar()
        self._event("failed", message=text)
        if not self._as_json:
            click.secho(f"unsloth: {text}", fg="red", err=True)  # click drops colours when this is no terminal

    def stopping(self, running: int) -> None:
        self._event("stopping", running=running)
        if not self._as_json and not self._silent:
            waiting = f"; {running} running, Ctrl-C again ends them now" if running else ""
            click.echo(f"\nStopping{waiting} ...", err=True)

    def stopped(self) -> None:
        self._event("stopped")

    def _event(self, name: str, **facts: Any) -> None:
        if self._as_json:
            print(json.dumps({"event": name, **facts}), flush=True)

    def _draw(self, fraction: float) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.add_task("Loading", total=1.0)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], completed=fraction)

    def _end_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
