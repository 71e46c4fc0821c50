from __future__ import annotations

from datetime import datetime

import pytest
from tests.store.clock import START

from unsloth_studio.store.errors import InvalidKeySettings
from unsloth_studio.store.expiry import parse_expiry


@pytest.mark.parametrize(
    ("text", "after"),
    [("45m", 2700), ("12h", 43_200), ("30d", 2_592_000), ("2w", 1_209_600), (" 1D ", 86_400)],
)
def test_a_span_counts_from_now(text: str, after: int) -> None:
    assert parse_expiry(text, START) == START + after


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2031-05-06", datetime(2031, 5, 6).astimezone()),
        ("2031-05-06T07:08", datetime(2031, 5, 6, 7, 8).astimezone()),
        ("2031-05-06T07:08:09+02:00", datetime.fromisoformat("2031-05-06T05:08:09+00:00")),
        ("2031-05-06T07:08:09Z", datetime.fromisoformat("2031-05-06T07:08:09+00:00")),
    ],
    ids=["a date begins at local midnight", "a time is local", "an offset is kept", "Z is UTC"],
)
def test_a_date_is_a_moment(text: str, moment: datetime) -> None:
    assert parse_expiry(text, START) == int(moment.timestamp())


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "is not an expiry"),
        ("soon", "such as 45m, 12h, 30d"),
        ("30", "is not an expiry"),
        ("-1d", "is not an expiry"),
        ("0d", "lies in the past"),
        ("2001-01-01", "lies in the past"),
        ("2031-02-30", "is not an expiry"),
        ("999999999w", "too far away"),
        ("9999-12-31", "too far away"),
        ("9999999999d", "is not an expiry"),
    ],
)
def test_what_is_no_time_to_come_is_refused(text: str, advice: str) -> None:
    with pytest.raises(InvalidKeySettings, match=advice):
        parse_expiry(text, START)
