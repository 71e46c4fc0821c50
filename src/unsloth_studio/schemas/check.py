"""What of one finished turn violates its schemas, and the sentence that asks for it again.

The rule: only what the model wrote whole is judged; a turn that was cut at its limit is the caller's to leave alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from msgspec import Struct

from unsloth_studio.schemas.validate import Violation, first_violation
from unsloth_studio.schemas.words import type_names
from unsloth_studio.turn.messages import OutputFormat, Part, TextPart, ToolCallPart, ToolDefinition
from unsloth_studio.turn.record import FaultKind


class Fault(Struct, frozen=True):
    """`call_id` and `name` are those of the call at fault, both None when it is the answer."""

    violation: Violation
    call_id: str | None = None
    name: str | None = None
    kind: FaultKind = "schema"


def check_turn(parts: Iterable[Part], tools: Iterable[ToolDefinition], output: OutputFormat) -> tuple[Fault, ...]:
    """The faults of a turn's calls in their order, or else of its answer: a turn with calls has no answer yet."""
    known = {tool.name: tool for tool in tools}
    given = tuple(parts)
    calls = [part for part in given if isinstance(part, ToolCallPart)]
    faults = [fault for call in calls if (fault := _check_call(call, known)) is not None]
    if not calls and output.kind != "text":
        answer = "".join(part.text for part in given if isinstance(part, TextPart))
        if violation := _check_answer(answer, output):
            faults.append(Fault(violation))
    return tuple(faults)


def complaint(fault: Fault) -> str:
    """What the model is told before it is asked once more."""
    where = f" at `{fault.violation.path}`" if fault.violation.path else ""
    if fault.name is None:
        return f"That answer does not fit its schema{where}: {fault.violation.message}. Answer again, in full."
    return (
        f"The arguments of that call of `{fault.name}` do not fit its schema{where}: {fault.violation.message}. "
        "Write the arguments again, all of them, as one JSON object and nothing else."
    )


def _check_call(call: ToolCallPart, known: dict[str, ToolDefinition]) -> Fault | None:
    tool = known.get(call.name)
    if tool is None:
        names = ", ".join(f"`{name}`" for name in list(known)[:20])
        no_tool = Violation("", f"there is no such tool; there are {names or 'none'}")
        return Fault(no_tool, call.call_id, call.name, "unknown_tool")
    value, broken = _parsed(call.arguments.strip() or "{}")
    if broken is None and not isinstance(value, dict):
        broken = Violation("", "the arguments must be a JSON object")
    if broken is not None:
        return Fault(broken, call.call_id, call.name, "not_json")
    violation = first_violation(value, tool.parameters) if _takes_objects(tool) else None
    return None if violation is None else Fault(violation, call.call_id, call.name)


def _takes_objects(tool: ToolDefinition) -> bool:
    """Arguments are an object whatever the schema says: one that says otherwise cannot be complied with."""
    names = type_names(tool.parameters.get("type"))
    return (not names or "object" in names) and not tool.parameters.keys() & {"enum", "const"}


def _check_answer(answer: str, output: OutputFormat) -> Violation | None:
    value, broken = _parsed(answer)
    if broken is None and output.kind == "json_object" and not isinstance(value, dict):
        return Violation("", "the answer must be a JSON object")
    return broken or first_violation(value, output.schema)


def _parsed(text: str) -> tuple[Any, Violation | None]:
    try:
        return orjson.loads(text), None
    except orjson.JSONDecodeError as error:
        return None, Violation("", f"this is no valid JSON ({error})")
