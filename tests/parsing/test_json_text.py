"""JSON text that models damage has one reading, several or none; valid JSON is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsloth_studio.parsing.json_scan import JsonScan, end_of_value
from unsloth_studio.parsing.json_text import failed, readings, strict
from unsloth_studio.parsing.quote_search import STEPS, QuoteSearch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
HOSTILE = st.text(alphabet="{}[]()\"'`:,;\\ \n#/*“”‘’&u0x1e-.TrueNonfalsab<>|", max_size=60)  # noqa: RUF001

REPAIRED: dict[str, tuple[str, Any, str]] = {
    "single quotes": ("{'city': 'Bergen'}", {"city": "Bergen"}, "single_quotes"),
    "an apostrophe in single quotes": ("{'note': 'it's late'}", {"note": "it's late"}, "escaped_quotes"),
    "curly quotes": ("{“city”: “Bergen”}", {"city": "Bergen"}, "foreign_quotes"),
    "an apostrophe in curly quotes": ("{‘note’: ‘it’s late’}", {"note": "it’s late"}, "foreign_quotes"),  # noqa: RUF001
    "backticks": ('{"sql": `select "a"`}', {"sql": 'select "a"'}, "foreign_quotes"),
    "bare keys": ("{city: 3, to-do: 4}", {"city": 3, "to-do": 4}, "bare_keys"),
    "Python words": ('{"a": True, "b": False, "c": None}', {"a": True, "b": False, "c": None}, "python_words"),
    "a tuple": ('{"span": (3, 9)}', {"span": [3, 9]}, "python_tuples"),
    "a tuple of one": ('{"span": (3,)}', {"span": [3]}, "python_tuples"),
    "comments": ('{"a": 1, // first\n "b": 2 /* and\n last */}', {"a": 1, "b": 2}, "comments"),
    "a comment of Python": ('{"a": 1, # first\n "b": 2}', {"a": 1, "b": 2}, "comments"),
    "a trailing comma": ('{"a": [1, 2,], }', {"a": [1, 2]}, "trailing_commas"),
    "two commas": ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}, "extra_commas"),
    "a missing comma": ('{"a": "x"\n "b": 2}', {"a": "x", "b": 2}, "missing_commas"),
    "a raw newline": ('{"text": "one\ntwo\t."}', {"text": "one\ntwo\t."}, "raw_control_characters"),
    "a raw newline beside an escaped one": (
        '{"text": "one\ntwo\\nthree"}',
        {"text": "one\ntwo\nthree"},
        "raw_control_characters",
    ),
    "a path with bad escapes": (r'{"path": "C:\docs\img"}', {"path": r"C:\docs\img"}, "bad_escapes"),
    "a cut unicode escape": (r'{"t": "\u12 \u0041"}', {"t": r"\u12 A"}, "bad_escapes"),
    "a lone surrogate": (r'{"t": "\ud83d!"}', {"t": r"\ud83d!"}, "bad_escapes"),
    "a byte order mark": ('\ufeff{"a": 1}', {"a": 1}, "invisible_characters"),
    "a zero-width space": ('{"a":\u200b 1}', {"a": 1}, "invisible_characters"),
    "leading zeros": ('{"n": 0042, "m": -07}', {"n": 42, "m": -7}, "odd_numbers"),
    "escaped structure": (r"{\"a\": \"x\"}", {"a": "x"}, "escaped_structure"),
    "entities as quotes": ("{&quot;a&quot;: &quot;x &amp;amp; y&quot;}", {"a": "x &amp; y"}, "entities"),
    "a missing last brace": ('{"a": {"b": 7}', {"a": {"b": 7}}, "closed_brackets"),
    "one brace too many": ('{"a": {"b": 7}}}', {"a": {"b": 7}}, "trailing_text"),
    "one brace too many in the middle": ('{"a": {"b": 7}}, "c": 8}', {"a": {"b": 7}, "c": 8}, "extra_brackets"),
    "a missing first brace": ('"a": {"b": 7}}', {"a": {"b": 7}}, "opened_brackets"),
    "a bracket closed by a brace": ('{"a": [4, 5}}', {"a": [4, 5]}, "closed_brackets"),
    "a bracket forgotten": ('{"a": [{"b": 7}}', {"a": [{"b": 7}]}, "closed_brackets"),
    "a brace in place of a bracket": ('{"o": {"a": [4}, "b": 5}}', {"o": {"a": [4], "b": 5}}, "closed_brackets"),
    "a brace forgotten between objects": ('[{"a": 4, {"a": 5}]', [{"a": 4}, {"a": 5}], "closed_brackets"),
    "quotes around a word": ('{"say": "the "blue" one"}', {"say": 'the "blue" one'}, "escaped_quotes"),
    "quotes at the end": ('{"say": "it is "blue"", "n": 1}', {"say": 'it is "blue"', "n": 1}, "escaped_quotes"),
    "code with quotes": ('{"code": "print("ok")"}', {"code": 'print("ok")'}, "escaped_quotes"),
    "code with a dict": ('{"code": "d = {"k": "v"}"}', {"code": 'd = {"k": "v"}'}, "escaped_quotes"),
    "quotes and a raw newline": ('{"t": "a "b"\nc"}', {"t": 'a "b"\nc'}, "escaped_quotes"),
    "quotes and a missing brace": ('{"say": "the "blue" one"', {"say": 'the "blue" one'}, "escaped_quotes"),
    "quotes, and a brace missing in an envelope": (
        '{"name": "n", "arguments": {"t": "it is "fine", ok: yes", "n": [true]}',
        {"name": "n", "arguments": {"t": 'it is "fine", ok: yes', "n": [True]}},
        "escaped_quotes",
    ),
    "code with a dict, and a brace missing": (
        '{"name": "n", "arguments": {"code": "d = {"k": "v"}"}',
        {"name": "n", "arguments": {"code": 'd = {"k": "v"}'}},
        "escaped_quotes",
    ),
    "a key without its first quote": ('{city": 3}', {"city": 3}, "bare_keys"),
    "newlines written out between members": (r'{\n "a": 1,\n "b": 2\n}', {"a": 1, "b": 2}, "escaped_structure"),
    "entities after the first key": ('{"a": &quot;x&quot;}', {"a": "x"}, "entities"),
    "a fence around it": ('```json\n{"a": 1}\n```', {"a": 1}, "code_fence"),
    "a semicolon behind": ('{"a": 1};', {"a": 1}, "trailing_text"),
}


@pytest.mark.parametrize(("text", "value", "repair"), REPAIRED.values(), ids=REPAIRED)
def test_damage_has_one_reading(text: str, value: Any, repair: str) -> None:
    (found,) = readings(text)
    assert found.value == value
    assert repair in found.repairs


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "hello", '{"a": 1e999}', "1e999", "NaN", '{"a": NaN}', "[Infinity]", '{"a": ...}', '{"a" "b"}', "{1, 2}",
        '{"a": "x', '{"a":', '{"a": x}', '{"a": 1} and more', '{"a": 12abc}', "[" * 97 + "]" * 97, "<x>", ",", "{,}",
    ],
)  # fmt: skip
def test_hopeless_text_has_none(text: str) -> None:
    assert readings(text) == []


def test_a_text_with_two_meanings_has_two_readings() -> None:
    values = [each.value for each in readings('{"q": "say "a", "b": "c" now"}')]
    assert values == [{"q": 'say "a', "b": 'c" now'}, {"q": 'say "a", "b": "c" now'}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"n": 2', None),
        ('{"n": 2, "m": tru', None),
        ("25", None),
        ('{"n": "2', None),
        ('{"n": "2",', None),
        ('{"name": "n", "arguments": {"t": "the "blue" one"}', None),
        ('{"n":', None),
        ('{"n": "2"', {"n": "2"}),
        ('{"n": {"m": 2}', {"n": {"m": 2}}),
        ('{"n": [1, 2]', {"n": [1, 2]}),
        ('{"n": 2}', {"n": 2}),
    ],
)
def test_a_cut_text_is_closed_only_after_a_value_that_ended(text: str, value: Any) -> None:
    assert [each.value for each in readings(text, cut=True)] == ([] if value is None else [value])


def test_what_was_closed_for_the_model_is_not_complete() -> None:
    assert not readings('{"a": {"b": 7}')[0].complete
    assert readings('{"a": {"b": 7}}}')[0].complete


def test_an_integer_beyond_64_bits_keeps_its_digits() -> None:
    assert readings('{"n": 1234567890123456789012}')[0].value == {"n": 1234567890123456789012}


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_valid_json_comes_through_unchanged(value: Any) -> None:
    text = json.dumps(value)
    if "\\ud" not in text:
        (found,) = readings(text)
        assert json.dumps(found.value) == text or found.value == json.loads(text)
        assert found.repairs == ()


@given(HOSTILE, st.booleans())
@settings(max_examples=600, deadline=None)
def test_no_text_raises_and_a_reading_reads_as_itself(text: str, cut: bool) -> None:
    for found in readings(text, cut=cut):
        again = readings(json.dumps(found.value))
        assert [each.value for each in again] == [found.value]
        assert again[0].repairs == ()
        assert found.repairs or failed(strict(text)) is False


@given(JSON, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_json_with_a_character_gone_does_not_raise(value: Any, random: Any) -> None:
    text = json.dumps(value)
    at = random.randrange(len(text))
    readings(text[:at] + text[at + 1 :])
    readings(text[:at], cut=True)


@pytest.mark.parametrize(
    "text", ['["' + "', '" * 50_000, '{"a": "' + 'x" y' * 50_000, '{"a": "b "c", ' * 15_000, '"' * 200_000]
)
def test_the_search_for_quotes_stays_within_its_budget(text: str) -> None:
    search = QuoteSearch(text)
    assert search.run(most=16) is None
    assert search.steps > -(len(text) + STEPS)


@given(JSON, st.text(alphabet=" \n,]}ab", max_size=5), st.integers(1, 7))
@settings(max_examples=150, deadline=None)
def test_the_end_of_a_value_is_found_in_any_pieces(value: Any, rest: str, size: int) -> None:
    text = json.dumps([value], ensure_ascii=False)
    scan = JsonScan()
    whole = text + rest
    ends = [scan.feed(whole[at : at + size]) for at in range(0, len(whole), size)]
    assert ends[-1] == len(text) == end_of_value(whole)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ('{"a": "}"} x', 10),
        (r'{"a": "\"}"} x', 12),
        ("{'a': '}'} x", 10),
        ('{"a": [1} x', 9),
        ('{"a": it\'s} x', 11),
        ('  {"a": 1', None),
        ('"a" b', 3),
        ("[" * 50_000 + "}" * 50_000, None),
        ("", None),
    ],
    ids=lambda case: str(case)[:20],
)
def test_the_end_of_a_value(text: str, end: int | None) -> None:
    assert end_of_value(text) == end
