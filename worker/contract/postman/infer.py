"""Infers a JSON Schema from examples: what they have in common, and nothing that they do not show.

Examples say what may be there, never what may not: no schema made here forbids other members.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

from worker.clock import from_rfc3339


class Unknown(Enum):
    """Where an example has a variable whose value is not known: ``VALUE`` of any type, or ``TEXT``."""

    VALUE = "value"
    TEXT = "text"


_MAX_DEPTH: Final = 50  # levels that are described; each is two or three of the schema, and encoders stop at 254
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[!#$%&'()*+,/:;=?@\[\]A-Za-z0-9._~-]+")
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")


def infer(samples: Iterable[Any]) -> dict[str, Any]:
    """A schema that all samples satisfy; an empty one where nothing is known of them."""
    return _inferred(list(samples), _MAX_DEPTH)


def infer_text(samples: Sequence[str | Unknown]) -> dict[str, Any]:
    """A schema of a value that is written as text in a URL, a header or a form: there ``17`` may be either."""
    schema = infer([Unknown.TEXT if isinstance(one, Unknown) else one for one in samples])
    known = [one for one in samples if isinstance(one, str) and one]
    for kind, pattern in (("integer", _INTEGER), ("number", _NUMBER), ("boolean", re.compile("true|false"))):
        if known and all(pattern.fullmatch(one) for one in known):
            return {"type": [kind, "string"]}
    return schema or {"type": "string"}


def _inferred(samples: list[Any], levels: int) -> dict[str, Any]:
    if not levels:
        return {}
    known = [sample for sample in samples if sample is not Unknown.VALUE]
    types = list(dict.fromkeys(map(_type, known)))
    if "number" in types and "integer" in types:
        types.remove("integer")
    if "null" in types and len(types) == 1:
        return {}  # nothing is known but that it may be null
    if not types:
        return {}
    ordered = [kind for kind in types if kind != "null"] + ["null"] * ("null" in types)
    schema: dict[str, Any] = {"type": ordered[0] if len(ordered) == 1 else ordered}
    if texts := [sample for sample in known if _type(sample) == "string"]:
        schema |= _format(texts)
    if objects := [sample for sample in known if isinstance(sample, Mapping)]:
        schema |= _members(objects, levels)
    if items := [item for sample in known if isinstance(sample, list) for item in sample]:
        schema["items"] = _inferred(items, levels - 1)
    return schema


def _type(sample: Any) -> str:
    match sample:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case list():
            return "array"
        case Mapping():
            return "object"
    return "string"


def _members(objects: Sequence[Mapping[str, Any]], levels: int) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for one in objects:
        for name, value in one.items():
            found.setdefault(name, []).append(value)
    schema: dict[str, Any] = {"properties": {name: _inferred(values, levels - 1) for name, values in found.items()}}
    if required := [name for name, values in found.items() if len(values) == len(objects)]:
        schema["required"] = required
    return schema


def _format(texts: Sequence[Any]) -> dict[str, Any]:
    """The format that all texts have, if there is one."""
    for name, has in _FORMATS.items():
        if all(isinstance(one, str) and has(one) for one in texts):
            return {"format": name}
    return {}


def _is_date(given: str) -> bool:
    return _DATE.fullmatch(given) is not None and _reads(date.fromisoformat, given)


def _is_date_time(given: str) -> bool:
    return _DATE_TIME.fullmatch(given) is not None and _reads(from_rfc3339, given)


def _is_uri(given: str) -> bool:
    return _URI.fullmatch(given) is not None and _reads(urlsplit, given)


def _reads(reader: Callable[[str], Any], given: str) -> bool:
    try:
        reader(given)
    except ValueError:
        return False
    return True


_FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date": _is_date,
    "date-time": _is_date_time,
    "uuid": lambda given: _UUID.fullmatch(given) is not None,
    "email": lambda given: _EMAIL.fullmatch(given) is not None,
    "uri": _is_uri,
}
