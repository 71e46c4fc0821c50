"""The conformance corpus: every case, put together from the wire forms (`wire/`) and the tables (`cases/`)."""

from __future__ import annotations

from tests.conformance.case import Case
from tests.conformance.cases import (
    malformed_json,
    malformed_python,
    malformed_reported,
    malformed_tags,
    negative,
    well_formed,
    well_formed_forms,
)
from tests.conformance.wire import gemma, json_bodies, python_calls, tagged

FAMILIES = (*json_bodies.FAMILIES, *tagged.FAMILIES, *python_calls.FAMILIES, *gemma.FAMILIES)


def corpus() -> list[Case]:
    cases = [case for family in FAMILIES for case in well_formed.cases(family)]
    cases += well_formed_forms.cases()
    cases += malformed_json.cases()
    cases += malformed_tags.cases()
    cases += malformed_python.cases()
    cases += malformed_reported.cases()
    cases += (case for family in FAMILIES for case in negative.of_family(family))
    cases += negative.general()
    return list({(case.text, case.tools): case for case in reversed(cases)}.values())[::-1]  # families share some forms


CASES = corpus()
