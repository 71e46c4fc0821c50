"""Which pieces the tokenizer gets, and the proof that training uses each of them.

The one rule: pieces are learnt from the assistant's own words, so that no piece exists that the model never has to write.
"""

from __future__ import annotations

import re
from collections import Counter

from demo.text.conversation import segments
from demo.text.dialogue import conversation, practice
from demo.text.draw import Draw
from demo.tokenizer import SPECIAL, Tokenizer, build

MERGES = 480
SAMPLE = 20_000
"""Conversations that the pieces are learnt from, and counted in."""
RUN = 112_000
"""About as many conversations as a whole run of training has."""
LEAST_USES = 50
_NEVER_IN_UTF8 = {*range(0xC0, 0xC2), 0xEE, *range(0xF1, 0x100)}
# Strictly, 0xEE and 0xF1 to 0xF4 begin characters for private use and ones that nobody has assigned.
_WHITESPACE_AND_CONTROLS = {*range(0x21)} - {0x0A, 0x20} | {0x7F}


def learn() -> Tokenizer:
    """The tokenizer for this text; always the same one."""
    words: Counter[str] = Counter()
    for text in _trained(Draw(1), SAMPLE):
        words.update(re.findall(r"[A-Za-z]+", text))
    return build(words, MERGES)


def rarely_used(tokenizer: Tokenizer, *, conversations: int = RUN, least: int = LEAST_USES) -> dict[str, int]:
    """Base pieces that the assistant writes fewer than `least` times in so many conversations. Should be empty.

    Pieces after a space count as their base piece, with which they share an embedding. Bytes that no UTF-8 text has, or
    that no conversation has (control characters, tabs), are left out, and so are the starting markers, which only
    prompts have.
    """
    bases, _ = tokenizer.bases()
    counts: Counter[int] = Counter()
    for text in _trained(Draw(2), conversations):
        counts.update(bases[token] for token in tokenizer.encode(text))
    unused = {*_NEVER_IN_UTF8, *_WHITESPACE_AND_CONTROLS}
    wanted = {base for base in bases if base >= 256 or base not in unused} - {tokenizer.ids[piece] for piece in SPECIAL}
    return {tokenizer.vocabulary[base]: counts[base] for base in sorted(wanted) if counts[base] < least}


def _trained(draw: Draw, conversations: int) -> list[str]:
    texts: list[str] = []
    for at in range(conversations):
        made = practice(draw) if at % 5 == 0 else conversation(draw)
        texts += [segment.text for segment in segments(made) if segment.trained]
    return texts
