"""Where a `$ref` leads inside one schema: JSON pointers, anchors and ids. Nothing is ever fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

Json = Mapping[str, Any]

_NAMES = ("$anchor", "$dynamicAnchor", "$id", "id")
_MAX_DEPTH = 64


class Places:
    """The places of one schema, found once. `size` is the number of its objects, schemas and others."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.size = 0
        self._named: dict[str, Any] = {}
        self._collect(root, 0)

    def find(self, reference: Any) -> Any:
        """What `reference` points at, a schema object or a boolean; None when it leads nowhere in this document."""
        if not isinstance(reference, str):
            return None
        base, mark, fragment = reference.partition("#")
        start = self.root if not base else self._named.get(base)
        if start is None or not mark or not fragment:
            return start
        if not fragment.startswith("/"):
            return self._named.get(f"#{fragment}")
        return _follow(start, fragment)

    def _collect(self, value: Any, depth: int) -> None:
        if depth > _MAX_DEPTH:
            return
        if isinstance(value, Mapping):
            part = cast("Json", value)
            self.size += 1
            for key in _NAMES:
                if isinstance(name := part.get(key), str):
                    spelled = f"#{name}" if "nchor" in key else name.rstrip("#")
                    self._named.setdefault(spelled, part)
            for inner in part.values():
                self._collect(inner, depth + 1)
        elif isinstance(value, list):
            for inner in cast("list[Any]", value):
                self._collect(inner, depth + 1)


def _follow(here: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping):
            here = cast("Json", here).get(name)
        elif isinstance(here, list) and name.isdigit() and int(name[:6]) < len(cast("list[Any]", here)):
            here = cast("list[Any]", here)[int(name)]
        else:
            return None
    return cast("Any", here) if isinstance(here, Mapping | bool) else None
