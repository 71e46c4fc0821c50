"""Which requests belong to one conversation, and how much of the former prompt still stands: what the cache doctor knows.

The rule: a client's session id narrows the search, what stands in the prompts decides: sub-agents, titles and summaries
run under the same id. Bounded: so many conversations, each at most `prompt_blocks.MOST_BLOCKS` blocks of 14 bytes.
"""

from __future__ import annotations

from collections import OrderedDict

from msgspec import Struct

from unsloth_studio.serving.prompt_blocks import Blocks, blocks_of, difference
from unsloth_studio.serving.slots import Seat
from unsloth_studio.turn.messages import Conversation, Origin
from unsloth_studio.turn.record import PromptReuse

MOST_CONVERSATIONS = 128
MOST_CANDIDATES = 8
"""Conversations of one session that a request is compared with, those used last."""
_SAME_CONVERSATION = 0.5
"""Share of the former messages that have to be in a prompt that goes on with them."""
_SAME_OPENING = 0.8
"""Share of the lines of the former opening, where a single message was sent before."""


class _Known(Struct):
    number: int
    model: str
    origin: Origin
    blocks: Blocks
    turns: int = 1


class Arrival(Struct, frozen=True):
    """A request that has been recognised."""

    seat: Seat
    reuse: PromptReuse


class Conversations:
    """Belongs to one event loop; `arrive` takes 1 to 6 ms for a prompt of 100,000 tokens (measured)."""

    def __init__(self, most: int = MOST_CONVERSATIONS) -> None:
        self._most = most
        self._known: OrderedDict[int, _Known] = OrderedDict()
        self._numbers = 0

    def arrive(self, model: str, origin: Origin, prompt: Conversation, removed: tuple[str, ...] = ()) -> Arrival:
        """A request for `model` with this prompt, `steady` already; `removed` is what was taken out of it."""
        blocks = blocks_of(prompt)
        known = self._recognise(model, origin, blocks)
        if known is None:
            self._numbers += 1
            known = self._known[self._numbers] = _Known(self._numbers, model, origin, blocks)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            reuse = PromptReuse(known.number, 1, origin.session, origin.agent, removed=removed)
        else:
            known.turns += 1
            before, place = known.blocks, known.blocks.common(blocks)
            kept = sum(before.sizes[:place])
            reuse = PromptReuse(
                known.number,
                known.turns,
                origin.session,
                origin.agent,
                possible=kept / max(1, blocks.size),
                kept=kept / max(1, before.size),
                difference=difference(before, blocks, place, prompt),
                removed=removed,
            )
            known.blocks = blocks
            self._known.move_to_end(known.number)
        session = f"{origin.owner} {origin.session}" if origin.session else ""
        seat = Seat(known.number, session, blocks.head, child=bool(origin.agent), first=known.turns == 1)
        return Arrival(seat, reuse)

    def _recognise(self, model: str, origin: Origin, blocks: Blocks) -> _Known | None:
        candidates: list[_Known] = []
        for known in reversed(self._known.values()):
            if known.model == model and known.origin == origin:
                candidates.append(known)
                if len(candidates) == MOST_CANDIDATES:
                    break
        fits = [(_likeness(known.blocks, blocks, known.origin), known) for known in candidates]
        best = max(fits, key=lambda pair: pair[0], default=None)
        return best[1] if best is not None and best[0] > 0 else None


def _likeness(before: Blocks, now: Blocks, origin: Origin) -> float:
    """How surely `now` goes on with `before`; 0 for not at all."""
    said = set(now.messages)
    still = sum(message in said for message in before.messages) / max(1, len(before.messages))
    if still >= _SAME_CONVERSATION:
        return 1 + still + before.common(now) / max(1, len(before.digests))
    if not origin.named:
        return 0.0
    opening = _opening(before)
    if opening and len(now.messages) > len(before.messages):
        lines = set(now.digests[now.starts[2] :])
        if sum(line in lines for line in opening) / len(opening) >= _SAME_OPENING:
            return 0.9
    return 0.5 if before.head == now.head and len(before.messages) > 2 and len(now.messages) > 1 else 0.0


def _opening(blocks: Blocks) -> list[int]:
    """The lines of the first message."""
    begin = blocks.starts[2]
    return [digest for digest, owner in zip(blocks.digests[begin:], blocks.owners[begin:], strict=True) if owner == 0]
