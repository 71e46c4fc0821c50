"""A request as the engine can be asked with it: the history mended, the beginning of the prompt steady. Pure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from unsloth_studio.serving.call_reader import reads
from unsloth_studio.serving.history import mend_history
from unsloth_studio.serving.prefix import steady
from unsloth_studio.turn.messages import Conversation, Request
from unsloth_studio.turn.record import CallRepair


class Readied(Struct, frozen=True):
    """`repairs` is what was mended in the history, `removed` what was taken out of the prompt so that it stays the same;
    `loads`: tools were loaded in the middle, so only our own reading finds calls of them."""

    request: Request
    repairs: tuple[CallRepair, ...] = ()
    removed: tuple[str, ...] = ()
    loads: bool = False


def readied(request: Request, *, heals: bool) -> Readied:
    """`heals` says whether calls may be read by us at all."""
    if not isinstance(request.prompt, Conversation):
        return Readied(request)
    mended, repairs = mend_history(request.prompt)
    done = steady(mended, defers=heals and reads(request))
    same = done.conversation is request.prompt
    return Readied(request if same else replace(request, prompt=done.conversation), repairs, done.removed, done.loads)
