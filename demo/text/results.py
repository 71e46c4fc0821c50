"""What tools answer, in the formats that real ones use, and what the model then says.

The one rule: results are random, not true, so that the model has to read them.
"""

from __future__ import annotations

import json

from demo.text import values
from demo.text.conversation import to_json
from demo.text.draw import Draw
from demo.text.objects import fields
from demo.text.skills import Request, Skill


def result_of(draw: Draw, skill: Skill, request: Request) -> tuple[str, str]:
    """A result of this tool, and the answer made from it."""
    if draw.chance(0.05):
        return _error(draw)
    if skill.topic == "calculate":
        return _printed(draw)
    if skill.topic == "search" and draw.chance(0.85):
        return _found(draw)
    if skill.topic == "shell":
        return draw.pick_by_weight([(0.55, _lines), (0.25, _printed), (0.2, _plain)])(draw)
    if draw.chance(0.42):
        return _object(draw, request)
    return draw.pick_by_weight([(0.7, _plain), (0.3, _lines)])(draw)


def short_result(draw: Draw) -> tuple[str, str]:
    """For several calls at once: a result, and what stands for it in the list of results."""
    text = _plain_text(draw)
    return text + draw.pick(("", "\n")), text


def _error(draw: Draw) -> tuple[str, str]:
    problem = draw.pick(
        (
            draw.sentence(3, 7), f"{draw.word()} not found", "timeout", f"permission denied: {values.path(draw)}", f"NameError: name '{draw.word()}' is not defined",
            f"SyntaxError: invalid syntax {draw.word()}", f"timeout after {draw.integer()} s", "ZeroDivisionError: division by zero", f"{draw.invented()}: command not found",
        )
    )  # fmt: skip
    shown = draw.pick((to_json({"error": problem}), f"Error: {problem}", f"error: {problem}", f"Error: {problem}\n"))
    return shown, f"The tool reported an error: {problem}"


def _printed(draw: Draw) -> tuple[str, str]:
    text = draw.pick(
        (
            draw.integer,
            draw.integer,
            draw.number,
            lambda: _quotient(draw),
            lambda: _quotient(draw),
            lambda: str(draw.between(0, 9)) + draw.integer() + draw.integer(),
            lambda: values.value(draw),
        )
    )()
    form = draw.pick(
        (
            text, text + "\n", text + "\n", text + "\n", f"stdout:\n{text}\n", f"stdout:\n{text}", to_json({"stdout": text + "\n", "stderr": "", "exit_code": 0}), to_json({"output": text}),
            to_json({"result": text}), f"Output: {text}", to_json({"stdout": text}), f"Exit code: 0\nOutput:\n{text}", f"exit code 0\n{text}\n", f"Result: {text}", to_json({"ok": True, "stdout": text + "\n"}),
            f'{{"result": {text}}}' if text.isdigit() else text,
        )
    )  # fmt: skip
    return form, f"The result is {text}."


def _quotient(draw: Draw) -> str:
    """As Python prints it: 1462.95612 or 44.360000000000014."""
    made = draw.between(1, 10**6) / draw.between(2, 999) if draw.chance(0.5) else draw.between(1, 10**9) * 0.001 + 0.1
    return draw.pick(("", "", "-")) + str(made)


def _found(draw: Draw) -> tuple[str, str]:
    """Search results; the first one is reported with its source."""
    found = [(draw.sentence(2, 6), values.url(draw), draw.sentence(4, 12) + ".") for _ in range(draw.between(1, 4))]
    entries = [{"title": title, "url": url, "snippet": snippet} for title, url, snippet in found]
    form = draw.pick(
        (
            "\n".join(f"{at}. {title}\n   {url}\n   {snippet}" for at, (title, url, snippet) in enumerate(found, 1)),
            "\n\n".join(f"Title: {title}\nURL: {url}\nSnippet: {snippet}" for title, url, snippet in found),
            to_json(entries), to_json({"results": entries}), "\n".join(f"[{title}]({url}): {snippet}" for title, url, snippet in found),
            "\n".join(f"- {title} ({url}): {snippet}" for title, url, snippet in found), "\n\n".join(f"{title}\n{url}\n{snippet}" for title, url, snippet in found),
        )
    )  # fmt: skip
    title, url, snippet = found[0]
    return form, f"{snippet} (Source: {title}, {url})"


def _object(draw: Draw, request: Request) -> tuple[str, str]:
    entries = {one.key: one.value for one in fields(draw, draw.pick((1, 2, 2, 3, 3, 4)))}
    if request.arguments and draw.chance(0.35):
        key = next(iter(request.arguments))
        entries = {key: request.arguments[key], **entries}
    shown = ", ".join(
        f"{key}: {value if isinstance(value, str) else json.dumps(value)}" for key, value in entries.items()
    )
    return to_json(entries), f"Here is the result: {shown}."


def _plain_text(draw: Draw) -> str:
    make = draw.pick(
        (
            lambda: draw.sentence(2, 10), lambda: values.value(draw), draw.number, lambda: f"{draw.adjective()}, {draw.between(-20, 45)}°C",
            lambda: f"{draw.between(-20, 45)} degrees, {draw.pick(('rain', 'sun', 'snow', 'wind', draw.adjective()))}", lambda: f"{draw.between(-20, 45)} degrees and {draw.adjective()}",
            lambda: draw.phrase(1, 4), lambda: draw.pick(("ok", "done", "success", "Done")), lambda: values.clock(draw),
        )
    )  # fmt: skip
    return make().rstrip(".!? ") or draw.noun()


def _plain(draw: Draw) -> tuple[str, str]:
    text = _plain_text(draw)
    return text + draw.pick(("", "", "\n", ".")), f"Here is the result: {text}."


def _lines(draw: Draw) -> tuple[str, str]:
    make = (
        lambda: values.file_name(draw), lambda: values.file_name(draw), lambda: values.path(draw), lambda: draw.phrase(1, 4), lambda: values.value(draw), lambda: f"{draw.word()}: {draw.number()}",
    )  # fmt: skip
    lines = [draw.pick(make)() for _ in range(draw.between(2, 6))]
    text = "\n".join(lines)
    return text + draw.pick(("", "\n")), f"Here is the output:\n\n```\n{text}\n```"
