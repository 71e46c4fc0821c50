"""Objects, arrays, strings and numbers: the words of each type as the engine's compiler takes them.

Evidence per rule is in the function; the limits are the compiler's (2,000 repetitions, 64 bits) with room below.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from unsloth_studio.schemas.patterns import engine_pattern
from unsloth_studio.schemas.words import COUNTED, EITHER, NUMBER_BOUNDS, is_number

Json = Mapping[str, Any]
Words = dict[str, Any]
Child = Callable[[Any], Words]

MAX_PROPERTIES = 256  # of one object; the compiler's work grows with the square
MAX_ITEMS = 256
MAX_LENGTH = 1024  # characters of a string that is bounded while it is written
WIDEST = 10**15 - 1  # digits that the compiler counts right
_HUNDRED = 100  # from here on a lone minimum is compiled wrongly
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.:/@$ ]+")
_UNSPEAKABLE = frozenset({"$ref", "$defs"})  # as names of properties they are taken for the keywords


def object_words(flat: Json, child: Child) -> Words:
    """The compiler closes an object unless `additionalProperties` opens it: what must or may be there is named."""
    given = _properties(flat)
    required = [name for name in _list(flat.get("required")) if isinstance(name, str)]
    patterned = [part for part in _mapping(flat.get("patternProperties")).values() if part is not False]
    rest = flat.get("additionalProperties")
    for name in required:
        if name not in given and (given or "required" in flat):
            given[name] = rest if isinstance(rest, Mapping) else {}
    hidden = [name for name in given if name in _UNSPEAKABLE]
    names = [name for name in given if name not in _UNSPEAKABLE]
    words: Words = {}
    if names or isinstance(flat.get("properties"), Mapping):
        words["properties"] = {name: child(given[name]) for name in names[:MAX_PROPERTIES]}
    if kept := [name for name in dict.fromkeys(required) if name in words.get("properties", {})]:
        words["required"] = kept
    elif isinstance(flat.get("required"), list) and not required:
        words["required"] = []
    odd = not all(_PLAIN_NAME.fullmatch(name) for name in names)
    opened = _rest(rest, patterned, child, bare=not names)
    if hidden or len(names) > MAX_PROPERTIES:
        opened = True
    if opened is False or (opened is not None and not odd):
        words["additionalProperties"] = opened
    return words | _counts(flat)


def _properties(flat: Json) -> Words:
    """The properties that may be there, those of `then`, `else` and `dependentSchemas` among them."""
    given = {name: part for name, part in _mapping(flat.get("properties")).items() if part is not False}
    if not given:
        return given
    further = [_mapping(flat.get(key)) for key in EITHER]
    for key in ("dependentSchemas", "dependencies"):
        further += [_mapping(part) for part in _mapping(flat.get(key)).values()]
    for part in further:
        for name, inner in _mapping(part.get("properties")).items():
            if name not in given and inner is not False:
                given[name] = inner
    return given


def _rest(rest: Any, patterned: list[Any], child: Child, *, bare: bool) -> Any:
    """What `additionalProperties` becomes; None leaves it out. Patterns of names cannot be enforced, their values can."""
    if patterned and bare and rest in (None, False):
        rest = patterned[0] if len(patterned) == 1 else {"anyOf": patterned}
    if isinstance(rest, Mapping):
        lowered = child(cast("Any", rest))
        return True if lowered == child({}) else lowered
    return rest if isinstance(rest, bool) else None


def array_words(flat: Json, child: Child) -> Words:
    """The compiler looks at `items` or else at `prefixItems`, and writes a list of schemas out as exactly so many items."""
    items, prefix = flat.get("items"), _list(flat.get("prefixItems"))
    listed = "prefixItems"
    if isinstance(items, list) and not prefix:
        prefix, items, listed = cast("list[Any]", items), flat.get("additionalItems"), "items"
    least, most = _count(flat.get("minItems"), MAX_ITEMS), _count(flat.get("maxItems"), MAX_ITEMS)
    if least is not None and most is not None and least > most:
        least = most = None
    words: Words = {}
    if prefix and most != 0:
        wanted = min(max(len(prefix), least or 0), MAX_ITEMS if most is None else most)
        rest: Json = cast("Json", items) if isinstance(items, Mapping) else {}
        words[listed] = [child(part) for part in [*prefix[:wanted], *[rest] * (wanted - len(prefix))]]
    elif isinstance(items, Mapping):
        words["items"] = child(cast("Any", items)) if items else child({})
    elif least or most is not None:
        words["items"] = child({})
    if least is not None:
        words["minItems"] = least
    if most is not None:
        words["maxItems"] = most
    return words | ({"uniqueItems": flat["uniqueItems"]} if isinstance(flat.get("uniqueItems"), bool) else {})


def string_words(flat: Json) -> Words:
    """The compiler looks at the first of pattern, format and lengths only, and refuses patterns that it cannot read."""
    least, most = _count(flat.get("minLength"), MAX_LENGTH), _count(flat.get("maxLength"), MAX_LENGTH)
    if least is not None and most is not None and least > most:
        least = most = None
    words: Words = {}
    if least is not None:
        words["minLength"] = least
    if most is not None:
        words["maxLength"] = most
    if isinstance(form := flat.get("format"), str):
        words["format"] = form
    if isinstance(pattern := flat.get("pattern"), str):
        written = engine_pattern(pattern, least or 0, most) or engine_pattern(pattern)
        if written:
            words["pattern"] = written
    return words


def number_words(flat: Json, *, whole: bool) -> Words:
    """Whole numbers get whole, inclusive bounds below 16 digits; others keep what is a number, for the model to read."""
    if not whole:
        kept = {key: flat[key] for key in (*NUMBER_BOUNDS, "multipleOf") if is_number(flat.get(key))}
        pairs = (NUMBER_BOUNDS[:2], NUMBER_BOUNDS[2:])
        wrong = {key for pair in pairs if set(pair) <= kept.keys() and kept[pair[0]] > kept[pair[1]] for key in pair}
        return {key: value for key, value in kept.items() if key not in wrong}
    least, most = least_and_most(flat)
    if least is not None and most is not None and least > most:
        least = most = None
    if least is not None and least >= _HUNDRED and most is None:
        most = WIDEST
    if most is not None and most < 0 and least is None:
        least = -WIDEST
    words = {key: value for key, value in (("minimum", least), ("maximum", most)) if value is not None}
    return words | ({"multipleOf": flat["multipleOf"]} if is_number(flat.get("multipleOf")) else {})


def least_and_most(flat: Json) -> tuple[int | None, int | None]:
    """The smallest and the largest whole number that the bounds allow."""
    return _bound(flat, "inimum", math.ceil, 1), _bound(flat, "aximum", math.floor, -1)


def _bound(flat: Json, word: str, whole: Callable[[float], int], step: int) -> int | None:
    """One inclusive bound out of two words; the older form of `exclusive…` is a boolean beside the bound."""
    bound, beyond = flat.get(f"m{word}"), flat.get(f"exclusiveM{word}")
    found: list[int] = []
    if is_number(bound):
        inclusive = whole(cast("float", bound))
        found.append(inclusive + step if beyond is True and inclusive == bound else inclusive)
    if is_number(beyond):
        edge = whole(cast("float", beyond))
        found.append(edge + step if edge == beyond else edge)
    within = [value for value in found if abs(value) <= WIDEST]
    return (max(within) if step > 0 else min(within)) if within else None


def _count(value: Any, most: int) -> int | None:
    """A number of items or characters that the compiler is asked to count; more is left to the check afterwards."""
    return int(value) if is_number(value) and 0 <= value <= most and int(value) == value else None


def _counts(flat: Json) -> Words:
    return {key: flat[key] for key in COUNTED[:2] if is_number(flat.get(key))}


def _mapping(value: Any) -> Json:
    return cast("Json", value) if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []
