from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsloth_studio.store.key_format import LEAD, is_well_formed, new_key, visible_prefix

GOLDEN = "sk-unsloth-0123456789ABCDEFGHIJKLMNOPQRSTUV" + "0YJxBm"


def test_a_new_key_has_the_documented_form() -> None:
    assert re.fullmatch(r"sk-unsloth-[0-9A-Za-z]{38}", new_key())


def test_new_keys_are_well_formed_and_differ() -> None:
    keys = {new_key() for _ in range(500)}
    assert len(keys) == 500
    assert all(map(is_well_formed, keys))


def test_new_keys_use_the_whole_alphabet() -> None:
    seen = set("".join(new_key()[len(LEAD) : -6] for _ in range(300)))
    assert seen == set(string.digits + string.ascii_letters)


def test_the_checksum_does_not_change_between_versions() -> None:
    assert is_well_formed(GOLDEN)


def test_the_visible_prefix_shows_four_random_characters() -> None:
    assert visible_prefix("sk-unsloth-AbCdEfGh") == "sk-unsloth-AbCd"


@given(st.integers(0, len(GOLDEN) - 1), st.characters(), st.booleans())
def test_every_change_of_one_character_is_malformed(place: int, character: str, fresh: bool) -> None:
    key = new_key() if fresh else GOLDEN
    changed = key[:place] + character + key[place + 1 :]
    assert is_well_formed(changed) == (changed == key)


@given(st.integers(0, len(GOLDEN)), st.characters())
def test_every_added_character_is_malformed(place: int, character: str) -> None:
    assert not is_well_formed(GOLDEN[:place] + character + GOLDEN[place:])


@pytest.mark.parametrize("place", range(len(GOLDEN)))
def test_every_lost_character_is_malformed(place: int) -> None:
    assert not is_well_formed(GOLDEN[:place] + GOLDEN[place + 1 :])


@pytest.mark.parametrize("place", range(len(GOLDEN) - 1))
def test_swapped_neighbours_are_malformed(place: int) -> None:
    swapped = GOLDEN[:place] + GOLDEN[place + 1] + GOLDEN[place] + GOLDEN[place + 2 :]
    assert not is_well_formed(swapped)
