"""The tools that these tests offer."""

from __future__ import annotations

from typing import Any

FORECAST: dict[str, Any] = {
    "type": "object",
    "$defs": {"unit": {"type": "string", "enum": ["celsius", "kelvin"]}},
    "properties": {
        "placeName": {"type": "string"},
        "days": {"type": "integer"},
        "limit": {"type": "number"},
        "hourly": {"type": "boolean"},
        "unit": {"$ref": "#/$defs/unit"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "spans": {"type": "array", "items": {"type": "integer"}},
        "area": {"type": "object", "properties": {"max_km": {"type": "integer"}}},
        "station": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "code": {"type": ["string", "integer"]},
        "level": {"enum": [1, 2, 3]},
        "wind": {"allOf": [{"type": "integer"}, {"description": "in m/s"}]},
    },
    "required": ["placeName"],
}

TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": "get_forecast", "description": "A forecast.", "parameters": FORECAST}},
    {
        "name": "run_tool",
        "parameters": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "input": {"type": "string"}, "arguments": {"type": "object"}},
        },
    },
    {"type": "function", "function": {"name": "tide-now", "parameters": {"type": "object", "properties": {}}}},
    {"type": "function", "function": {"name": "readFile", "parameters": {"properties": {"path": {"type": "string"}}}}},
    {"type": "function", "function": {"name": "read-file", "parameters": {"properties": {"path": {"type": "string"}}}}},
]
