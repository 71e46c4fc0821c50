"""The steps by hand that documentation and page show: whole, and right for names and keys of any kind."""

from __future__ import annotations

import json
import shlex

import pytest
from msgspec.structs import replace
from tests.start.test_by_hand import FACTS, KEY, ODD

from unsloth_studio.api.clients import KEY as PLACEHOLDER
from unsloth_studio.clients.by_hand import Shell
from unsloth_studio.clients.guides import FORMS, GUIDES, SHELLS, Guide, Step

HELD_BACK = replace(FACTS, key=PLACEHOLDER)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.id)
def test_a_key_can_be_put_in_later(guide: Guide, shell: Shell) -> None:
    """Which the page does: it knows the key, and the server does not know it any more."""
    for now, later in zip(guide.steps(FACTS, shell), guide.steps(HELD_BACK, shell), strict=True):
        assert later.text.replace(PLACEHOLDER, KEY) == now.text
        assert "\n" not in now.path


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.id)
def test_address_model_and_key_are_named(guide: Guide) -> None:
    plain = replace(FACTS, model="my-model")
    for shell in SHELLS:
        text = "\n".join(step.text for step in guide.steps(plain, shell))
        assert KEY in text
        assert "my-model" in text
        assert ("http://127.0.0.1:8888" in text) == (guide.id != "cursor")  # whose own servers could not reach that


def steps(name: str, shell: Shell = "unix") -> tuple[Step, ...]:
    return next(guide for guide in FORMS if guide.id == name).steps(FACTS, shell)


def test_programs_and_commands_survive_odd_names() -> None:
    for name in ("python", "javascript"):
        (_, program) = steps(name)
        assert json.dumps(ODD) in program.text
    compile(steps("python")[1].text, "hello.py", "exec")
    (curl,) = steps("curl")
    words = shlex.split(curl.text)
    assert json.loads(words[words.index("-d") + 1])["model"] == ODD
    (windows,) = steps("curl", "powershell")
    body = windows.text.splitlines()[0].removeprefix("$body = '").removesuffix("'").replace("''", "'")
    assert json.loads(body)["model"] == ODD


def test_a_form_is_a_line_for_each_field() -> None:
    (form,) = steps("cline-vscode")
    lines = form.text.splitlines()
    assert len(lines) == len(form.fields) == 5
    assert all(
        line.startswith(name) and line.endswith(value) for line, (name, value) in zip(lines, form.fields, strict=True)
    )
    assert len({line.index(value) for line, (_, value) in zip(lines, form.fields, strict=True)}) == 1
