"""Defects of tagged values: tags that are missing, doubled or out of place; Python literals; names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.conformance.case import Call, Case, malformed
from tests.conformance.wire.tagged import FORMS, TaggedForm

READ = Call("read_file", {"path": "src/a.py", "limit": 7})
RUN = Call("run_command", {"command": "make", "background": True})
SEARCH = Call("search_code", {"query": "x", "globs": ["it's.py", "b.py"]})

NAMES = [
    ("a name in another case", "READ_FILE"),
    ("a name with hyphens", "read-file"),
    ("a name in CamelCase", "readFile"),
    ("a name with a prefix", "default_api.read_file"),
]


def cases() -> Iterator[Case]:
    for family, form in FORMS.items():
        yield from _values(family, form)
        for title, name in NAMES:
            yield malformed(family, title, form.opener + form.inner(name, READ.arguments) + form.closer, [READ])
        if not family.startswith("glm"):
            yield from _wrappers(family, form)
        if family != "minimax-m3":
            yield from _ends(family, form)


def _values(family: str, form: TaggedForm) -> Iterator[Case]:
    def written(call: Call, *, literal: str) -> str:
        """The call with `literal` in the place of everything that is no string."""

        def value(value: object) -> str:
            return value if isinstance(value, str) else literal

        return replace(form, value=value).write([call])

    yield malformed(family, "Python's True", written(RUN, literal="True"), [RUN])
    yield malformed(family, "a boolean in capitals", written(RUN, literal="TRUE"), [RUN])
    yield malformed(family, "an integer with a fraction of zero", written(READ, literal="7.0"), [READ])
    yield malformed(family, "blanks around a number", written(READ, literal=" 7 "), [READ])
    yield malformed(family, "an integer in quotes", written(READ, literal='"7"'), [READ])
    if family != "minimax-m3":
        literal = "[\"it's.py\", 'b.py']"
        yield malformed(family, "a Python list with both kinds of quotes", written(SEARCH, literal=literal), [SEARCH])
        yield malformed(
            family, "a trailing comma in a list", written(SEARCH, literal='["it\'s.py", "b.py",]'), [SEARCH]
        )


def _wrappers(family: str, form: TaggedForm) -> Iterator[Case]:
    inner = form.inner(READ.name, READ.arguments)
    if not form.opener:
        return
    yield malformed(family, "no wrapper at all", inner, [READ])
    yield malformed(family, "a missing opener and an orphan closer", inner + form.closer, [READ])
    yield malformed(family, "a wrapper that is not closed", form.opener + inner, [READ])
    doubled = form.opener + form.opener + inner + form.closer
    yield malformed(family, "an opener twice", doubled, [READ])
    yield malformed(family, "a closer twice", form.opener + inner + form.closer + form.closer, [READ])
    prose = f"First I read it.\n{inner}{form.closer}"
    yield malformed(family, "a missing opener after prose", prose, [READ], content="First I read it.")
    if form.call_end:
        no_end = inner.removesuffix(form.call_end)
        yield malformed(family, "a call that only the wrapper closes", form.opener + no_end + form.closer, [READ])


def _ends(family: str, form: TaggedForm) -> Iterator[Case]:
    """Closers of values are missing, where the next tag says the same."""
    call = form.opener + form.call(READ.name)
    first = form.key("path", "a") + "src/a.py"
    second = form.key("limit", 7) + "7"
    tail = form.call_end + form.closer
    whole = form.value_end
    yield malformed(family, "the last value not closed", call + first + whole + second + tail, [READ])
    yield malformed(family, "the first value not closed", call + first + "\n" + second + whole + tail, [READ])
    yield malformed(
        family, "a value closed twice", call + first + whole + whole.strip() + second + whole + tail, [READ]
    )
