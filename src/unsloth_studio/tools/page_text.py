"""Text of strangers made harmless: what a chat template or a parser of calls would act on becomes ordinary letters.

The rule: text of a page may be wrong, rude or full of instructions, but it is never a turn of another role, a tool call, or
something that a person cannot see. The bracket that opens a marker becomes `‹`; the rest stays, for the model to read.
Sources: `parsing/marks.py`; the special tokens of the tokenizers of the families in docs/healing.md; the media marker of
llama.cpp's `mtmd.h`; Unicode 17, categories Cc, Cf, Co, Cs and Default_Ignorable_Code_Point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from unsloth_studio.parsing.marks import Mark, mark_at
from unsloth_studio.patterns import pattern

OPENED: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
"""Stands for the bracket; no marker begins with it, and no normalisation turns it into one."""

_INVISIBLE = pattern(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_JOINERS = pattern(
    "(?<![\u0600-\ud7ff\uf900-\U0001faff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\ud7ff\uf900-\U0001faff])"
)
"""Zero-width joiners, except between letters that need them (Persian, Hindi) and in emoji."""
_LINE_ENDS = pattern("\r\n?|[\u2028\u2029]")
_SPACES = pattern("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_MANY_LINES = pattern(r"\n{4,}")

_BAR = "[|\uff5c\u00a6\u2223\u2502\u2758\uffe8]"
_NAMES = (
    r"s|bos|eos|pad|unk|mask|cls|sep|sop|eop|eot|eod|eoh|eoa|escape|image|img|audio|video|system|user|human|assistant|bot|tool|"
    r"tools|observation|reponame|filename|function|parameter|invoke|think|thinking|system-reminder"
)
_ANGLE = pattern(
    rf"""[<\uff1c](?=
      /?{_BAR}[\w/\u2581]                           # <|im_start|>, and with the full-width bars of DeepSeek
    | [\w/:.-]{{1,64}}{_BAR}>                       # <channel|>
    | <?/?(?:{_NAMES})[\s>=/]                       # <s>, <invoke name=
    | <?/?SYS>>
    | /?(?:start|end|begin)_of_ | /?(?:start|end)_(?:function|action)
    | /?(?:tool|function|arg|fim|file|repo|issue|jupyter)_\w
    | /?(?:seed|minimax|mm|steptml|longcat)[:_]
    | __\w+__> | unused\d | reserved_ | extra_id_ | SPECIAL_ | TOKENS_UNUSED | \w+_TOKEN> | IMG_\w+> | image_soft
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_SQUARE = pattern(
    r"""\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w+|ARGS|CALL_ID|IMG\w*|AUDIO|BEGIN_AUDIO|TRANSCRIBE|THINK|MODEL_SETTINGS
      |PREFIX|MIDDLE|SUFFIX|REFERENCE_\w+|[gs]?MASK|SEP|CLS|PAD|UNK|BOS|EOS|control_\d+)\])
    | \[(?=e~\[) | \](?=~!?\w?[\]\[]|!\w~\[|<\]minimax)""",
    re.VERBOSE,
)
_PIECE = 8000
_STARTS = pattern(r"[<\[\]]")


def neutralise(text: str) -> str:
    """`text` without anything that is invisible or that a template, a tokenizer or a parser of calls takes for its own.

    Idempotent. The letters in which people write stay as they are; blanks of all widths become plain ones. Takes 0.6 s for a
    million characters, in steps of some milliseconds that other threads can run between.
    """
    return _MANY_LINES.sub("\n\n\n", "".join(_safe(piece) for piece in _pieces(_LINE_ENDS.sub("\n", text))))


def _safe(text: str) -> str:
    text = _JOINERS.sub("", _SPACES.sub(" ", _INVISIBLE.sub("", text)))
    text = _SQUARE.sub(OPENED, _ANGLE.sub(OPENED, text))
    return _STARTS.sub(lambda found: OPENED if isinstance(mark_at(text, found.start()), Mark) else found[0], text)


def _pieces(text: str) -> Iterator[str]:
    """`text` cut at line ends, which no marker holds."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _PIECE) + 1 or len(text)
        yield text[start:end]
        start = end


def one_line(text: str, longest: int = 300) -> str:
    """`text` neutralised, on one line, at most `longest` characters."""
    line = " ".join(neutralise(text).split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def shown_url(url: str) -> str:
    """An address as it may be shown: what could be a marker in it is percent-encoded, so that it still works."""
    return neutralise(url.translate(_ENCODED))


_ENCODED = {ord(letter): f"%{ord(letter):02X}" for letter in ' <>"`{}|\\^\n\r\t'}
