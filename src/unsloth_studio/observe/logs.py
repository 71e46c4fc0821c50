"""Logs: one line per event, `key=value` behind a short message. Keys, prompts and replies stay out of them."""

from __future__ import annotations

import logging
import sys

from unsloth_studio.turn.events import TurnEnd
from unsloth_studio.turn.record import TurnRecord

log = logging.getLogger("unsloth_studio.turns")
engine_log = logging.getLogger("unsloth_studio.engine.output")


def configure_logs(*, verbose: bool) -> None:
    """Warnings to standard error; with `verbose` also each request and what the engine does."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )


def log_engine_line(line: str) -> None:
    """What the engine writes, shown with --verbose. It writes no prompts at its usual level."""
    engine_log.info("%s", line)


def log_turn(record: TurnRecord) -> None:
    """One line per turn: how it ended, its tokens and its times."""
    if not log.isEnabledFor(logging.INFO):
        return
    counts = ""
    if isinstance(record.last, TurnEnd):
        usage = record.last.usage
        counts = f" prompt={usage.prompt_tokens} cached={usage.cached_tokens} completion={usage.completion_tokens}"
    if record.repairs:
        counts += f" repairs={','.join(sorted({repair.kind for repair in record.repairs}))}"
    if record.violations:
        counts += f" violations={','.join(sorted({violation.kind for violation in record.violations}))}"
    counts += " endless=yes" if record.endless else ""
    log.info(
        "turn id=%s outcome=%s%s queued_ms=%d total_ms=%d",
        record.turn_id,
        record.outcome,
        counts,
        record.queued_s * 1000,
        record.total_s * 1000,
    )
