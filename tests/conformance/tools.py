"""The sets of tools that the cases offer. Every case names one of them."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
YES_NO = {"type": "boolean"}


def tool(name: str, required: tuple[str, ...] = (), /, **properties: dict[str, Any]) -> dict[str, Any]:
    """A tool as OpenAI's API lists it."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": schema}}


CODING = [
    tool("read_file", ("path",), path=TEXT, limit=WHOLE),
    tool(
        "write_file",
        ("path", "content"),
        path=TEXT,
        content=TEXT,
        mode={"type": "string", "enum": ["append", "replace"]},
    ),
    tool("run_command", ("command",), command=TEXT, timeout=WHOLE, background=YES_NO),
    tool(
        "search_code",
        ("query",),
        query=TEXT,
        globs={"type": "array", "items": TEXT},
        options={"type": "object", "properties": {"case": YES_NO, "depth": WHOLE}},
    ),
    tool("list_tasks"),
    tool("set_volume", ("level",), level={"type": "number"}, muted=YES_NO),
]

REFERRING = tool(
    "scale_image", ("size",), size={"$ref": "#/$defs/size"}, ratio={"anyOf": [{"type": "null"}, {"type": "number"}]}
)
REFERRING["function"]["parameters"]["$defs"] = {
    "size": {"type": "object", "properties": {"width": WHOLE, "crop": YES_NO}}
}

TOOL_SETS: dict[str, list[dict[str, Any]]] = {
    "coding": CODING,
    "none": [],
    "look-alikes": [tool("github_delete_issue", ("id",), id=WHOLE), tool("gitlab_delete_issue", ("id",), id=WHOLE)],
    "own envelope names": [tool("register", ("name", "arguments"), name=TEXT, arguments={"type": "object"})],
    "unions": [
        tool(
            "remember",
            ("value",),
            value={"anyOf": [TEXT, WHOLE, {"type": "array", "items": {"type": ["integer", "string", "null"]}}]},
        ),
    ],
    "references": [REFERRING],
    "keywords": [tool("plan_trip", ("from",), **{"from": TEXT, "class": WHOLE})],
}
