"""When a key shall expire, as a person writes it: `30d`, `12h`, `2026-12-31`. Pure.

The rule: a date or time without a zone is local time, and a date alone means its first moment.
"""

from __future__ import annotations

import re
from datetime import datetime

from unsloth_studio.store.errors import InvalidKeySettings

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AFTER = re.compile(r"([0-9]{1,9})([mhdw])")
_LATEST = int(datetime(9000, 1, 1).timestamp())


def parse_expiry(text: str, now: int) -> int:
    """Seconds since 1970 for `text`, seen from `now`. Raises `InvalidKeySettings` for what is no time to come."""
    text = text.strip()
    if after := _AFTER.fullmatch(text.lower()):
        at = now + int(after[1]) * _SECONDS[after[2]]
    else:
        try:
            at = int(datetime.fromisoformat(text).timestamp())
        except (ValueError, OverflowError) as error:
            raise InvalidKeySettings(
                f"'{text}' is not an expiry. Write a span such as 45m, 12h, 30d or 2w, or a date such as 2030-12-31."
            ) from error
    if at <= now:
        raise InvalidKeySettings(f"The expiry '{text}' lies in the past. Give a time to come, for example 30d.")
    if at > _LATEST:
        raise InvalidKeySettings(f"The expiry '{text}' is too far away. Leave it out for a key that does not expire.")
    return at
