"""A call in a sentence or in quotation marks is spoken of, whatever its form; behind words that lead to it, it is meant."""

from __future__ import annotations

import pytest
from tests.conformance.case import Call
from tests.conformance.corpus import FAMILIES
from tests.conformance.judge import cuts_that_matter
from tests.conformance.tools import CODING
from tests.conformance.wire.family import Family

from unsloth_studio.parsing import parse_output

LIST = Call("run_command", {"command": "ls"})
CALL = "CALL"
"""Stands for the family's own form of a call."""

MENTIONED = (
    "Never write CALL unless asked.", "Never send CALL", "Don't ever output CALL.", "The format is CALL.",
    "CALL is how one calls it.", "Use CALL to list files.", "Write CALL or CALL.", "The header (CALL) is long.",
    "(e.g. CALL)",
    '"CALL"', "'CALL'", '"CALL."', "\u201cCALL\u201d", "\u300cCALL\u300d", "\u4ed6\u5199\u4e86\u201cCALL\u201d\u3002",
    "\u8bf7\u4f7f\u7528 CALL \u6765\u5217\u51fa\u6587\u4ef6\u3002", "Schreibe CALL nur auf Wunsch.",
    "- CALL: lists files", "1. CALL \u2014 lists files", "| CALL | lists files |", "CALL \u2192 lists files",
    "The page says: CALL", "The page says:\n\nCALL", "He typed CALL", "Example: CALL", "For example:\nCALL", "User: CALL",
)  # fmt: skip
MADE = (
    "CALL", "Let me check.\nCALL", "CALL\nDone.", "Sure!\n\nCALL\n\nI wait.", "CALL\nCALL", "I'll run it:\n\nCALL",
    "1. List:\nCALL", "**Step 1**\nCALL", "\u8bf4\u660e\uff1a\nCALL", 'He said "ok".\nCALL', "It is small, e.g. 3 KB.\nCALL",
)  # fmt: skip
MADE_IN_A_LINE = (
    "Let me check. CALL", "Let me see: CALL", "I will list the files now CALL", "Okay, CALL\n", 'First "ls": CALL',
    "I can't say yet. CALL", "\u597d\u7684\u3002CALL", "I don't know what is there, so I look: CALL",
    "Let me check CALL\nThen I will report.", "Checking. CALL I will report.",
    "Sure, let me list them CALL and then I will tell you.", "\u6211\u6765\u67e5\u8be2\u76ee\u5f55CALL\u8bf7\u7a0d\u7b49",
    "I'll use it now: CALL, then wait.",
)  # fmt: skip
WHOLE_OUTPUT = frozenset({"llama-json", "xlam", "pythonic-list"})
"""Families without a mark: their calls are none beside other text."""
WHOLE_LINE = WHOLE_OUTPUT | {"command-r", "functools", "gemma-3", "gemma-3-print"}
"""Families whose calls begin a line."""


def count(text: str) -> int:
    return len(parse_output(text, CODING).tool_calls)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_is_mentioned_is_text(family: Family) -> None:
    written = family.write([LIST])
    assert [text for text in MENTIONED if count(text.replace(CALL, written))] == []


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_is_made_is_called(family: Family) -> None:
    written = family.write([LIST])
    texts = () if family.name in WHOLE_OUTPUT else MADE if family.name in WHOLE_LINE else (*MADE, *MADE_IN_A_LINE)
    assert [text for text in texts if count(text.replace(CALL, written)) != text.count(CALL)] == []


@pytest.mark.parametrize("family", FAMILIES[::9], ids=lambda family: family.name)
def test_cuts_do_not_matter(family: Family) -> None:
    written = family.write([LIST])
    texts = [text.replace(CALL, written) for text in (*MENTIONED, *MADE, *MADE_IN_A_LINE)]
    assert [text for text in texts if cuts_that_matter(text, CODING, sizes=(1,), step=25)] == []
