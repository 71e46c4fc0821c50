"""How people write: capital letters, courtesy, and a full stop or none."""

from __future__ import annotations

from demo.text.draw import Draw

_BEFORE = ("Please ", "Hey, ", "Could you ", "Can you ", "I'd like you to ", "OK, ", "Now ", "Hi! ", "And ", "So, ")


def capital(draw: Draw, text: str, share: float = 0.72) -> str:
    return text[:1].upper() + text[1:] if draw.chance(share) else text


def said(draw: Draw, text: str, *, asks: bool) -> str:
    """`text` as one of many people would write it; `asks` ends most of them with a question mark."""
    if draw.chance(0.08):
        text = draw.pick(_BEFORE) + text
    elif draw.chance(0.75):
        text = text[:1].upper() + text[1:]
    if draw.chance(0.06):
        text += " please"
    return text + draw.pick(("?", "?", "?", "", ".", "!") if asks else (".", ".", "", "", "!"))


def quoted(draw: Draw, text: str, share: float = 0.5) -> str:
    if any(mark in text for mark in "\"'`") or not draw.chance(share):
        return text
    mark = draw.pick(('"', '"', "'", "`"))
    return mark + text + mark
