"""One attempt per refused system call: it must fail with the error number of the filter, not with one of the kernel's."""

from __future__ import annotations

from tests.tools.escapes.attempt import Attempt

from unsloth_studio.tools.sandbox import syscalls
from unsloth_studio.tools.sandbox.syscalls import REFUSED

_FILTER_S_OWN = {"clone3": syscalls.ENOSYS}


def attempts(machine: str) -> tuple[Attempt, ...]:
    """With arguments that the kernel itself would answer with another error, or with success."""
    errors = {call.name: error for error, calls in REFUSED for call in calls if getattr(call, machine) is not None}
    return tuple(
        Attempt(f"be let through to {name}", f"refusal({name!r}) != {error}")
        for name, error in (errors | _FILTER_S_OWN).items()
    )
