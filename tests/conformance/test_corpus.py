"""The conformance corpus against the parser: every case, the gates over all of them, and every way to cut a stream."""

from __future__ import annotations

import random

import pytest
from tests.conformance.case import Case
from tests.conformance.corpus import CASES
from tests.conformance.judge import content_is_right, in_chunks, parsed, random_chunks, verdict
from tests.conformance.known_failures import KNOWN_FAILURES
from tests.conformance.tools import TOOL_SETS

WELL_FORMED = [case for case in CASES if case.kind == "well-formed"]
MALFORMED = [case for case in CASES if case.kind == "malformed"]
NEGATIVE = [case for case in CASES if case.kind == "negative"]
HEALED_SHARE = 0.97
RANDOM_SPLITS = 100
QUICK_SPLITS = 4
QUICK_STEP = 8
"""What `make test` can afford: all cuts of all cases cost four minutes of CPU."""


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert len(WELL_FORMED) >= 250
    assert len(MALFORMED) >= 300
    assert len(NEGATIVE) >= 130


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case) -> None:
    result = parsed(case)
    right = verdict(case, result) == "right" and content_is_right(case, result)
    if case.id in KNOWN_FAILURES:
        assert not right, "it heals now: take it out of known_failures.py"
        return
    assert verdict(case, result) == "right", f"{case.text!r} gave {result}"
    assert content_is_right(case, result), f"{case.text!r} gave {result}"


def test_every_well_formed_call_is_read() -> None:
    assert [case.id for case in WELL_FORMED if verdict(case, parsed(case)) != "right"] == []


def test_nearly_every_damaged_call_heals() -> None:
    failed = [case.id for case in MALFORMED if verdict(case, parsed(case)) != "right"]
    assert 1 - len(failed) / len(MALFORMED) >= HEALED_SHARE, failed


def test_no_call_is_made_of_text_without_one() -> None:
    assert [case.id for case in NEGATIVE if verdict(case, parsed(case)) != "right"] == []


def test_no_call_comes_out_with_another_name_or_other_arguments() -> None:
    assert [case.id for case in CASES if verdict(case, parsed(case)) == "wrong call"] == []


def test_failures_that_are_allowed_are_few_and_have_reasons() -> None:
    malformed = {case.id for case in MALFORMED}
    assert set(KNOWN_FAILURES) <= malformed
    assert all(KNOWN_FAILURES.values())
    assert len(KNOWN_FAILURES) <= (1 - HEALED_SHARE) * len(malformed)


def test_a_well_formed_call_needs_no_repair() -> None:
    assert [case.id for case in WELL_FORMED if any(parsed(case).repairs)] == []


def test_a_damaged_call_says_that_it_was_repaired() -> None:
    """One repair at least, where the call's own text was damaged rather than what stands around it."""
    silent = [case.id for case in MALFORMED if "single quotes and Python" in case.id and not any(parsed(case).repairs)]
    assert silent == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("step", [QUICK_STEP, pytest.param(1, marks=pytest.mark.soak)])
def test_a_stream_cut_in_two_anywhere_gives_the_same_as_the_whole(step: int) -> None:
    """`make soak` cuts at every place; `make test` at every `step`-th, from another one in each case on."""
    faults: list[str] = []
    for number, case in enumerate(CASES):
        tools, expected = TOOL_SETS[case.tools], parsed(case)
        faults += [
            f"{case.id}: cut between {case.text[:at]!r} and {case.text[at:]!r}"
            for at in range(1 + number % step, len(case.text), step)
            if in_chunks((case.text[:at], case.text[at:]), tools) != expected
        ]
    assert faults == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("splits", [QUICK_SPLITS, pytest.param(RANDOM_SPLITS, marks=pytest.mark.soak)])
def test_a_stream_cut_at_random_gives_the_same_as_the_whole(splits: int) -> None:
    faults: list[str] = []
    for case in CASES:
        tools, expected, dice = TOOL_SETS[case.tools], parsed(case), random.Random(case.id)
        for _ in range(splits):
            chunks = list(random_chunks(case.text, dice))
            if in_chunks(chunks, tools) != expected:
                faults.append(f"{case.id}: cut into {chunks}")
    assert faults == []
