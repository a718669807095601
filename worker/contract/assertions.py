"""What ``format`` asserts beyond what a dialect's own engine knows: later drafts' formats, and OpenAPI's.

An API that declares ``uuid`` in an OpenAPI 3.0 document means it as much as one that does so in 3.1. Formats about
numbers become bounds (``bounds``): engines hold only text to its format.
"""

import binascii
from collections.abc import Callable, Mapping
from typing import Any, Final

import jsonschema_rs
import orjson

Check = Callable[[str], bool]


def is_base64(text: str) -> bool:
    """Whether a text is base64 as of RFC 4648, section 4: with padding, in one line."""
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    return True


def _newest(name: str) -> Check:
    """The newest dialect's check of a format, for those that do not know it."""
    return jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True).is_valid


_OPENAPI: Final[dict[str, Check]] = {"byte": is_base64}
_SINCE_2019: Final = _OPENAPI | {name: _newest(name) for name in ("duration", "uuid")}
_SINCE_7: Final = _SINCE_2019 | {
    name: _newest(name) for name in ("idn-hostname", "iri", "iri-reference", "relative-json-pointer")
}
_SINCE_6: Final = _SINCE_7 | {name: _newest(name) for name in ("json-pointer", "uri-reference", "uri-template")}
_BY_DIALECT: Final[Mapping[str, Mapping[str, Check]]] = {
    "draft4": _SINCE_6,
    "draft6": _SINCE_7,
    "draft7": _SINCE_2019,
    "2019-09": _OPENAPI,
    "2020-12": _OPENAPI,
}

#: The least and the greatest value, ends included (OpenAPI's format registry).
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    "double-int": (1 - 2**53, 2**53 - 1),
}


def checks(dialect: str, value: Any) -> dict[str, Check]:
    """The checks of text that schemas inside of a value ask for and the dialect's engine does not have.

    Only those: with any of them, every look at a job costs 0.2 us more.
    """
    found = _BY_DIALECT[dialect]
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # numbers of 400 digits, nesting without end
        return dict(found)
    return {name: check for name, check in found.items() if f'"format":"{name}"'.encode() in text}


def bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that make a schema assert what its ``format`` says about numbers.

    ``{"type": "integer", "format": "int32"}`` -> ``{"minimum": -2147483648, "maximum": 2147483647}``. To be put into
    the schema in place of what stands there: bounds that are narrower by themselves are not among them. Empty where
    the format says nothing about numbers.
    """
    name, kind = schema.get("format"), schema.get("type", "number")
    if not isinstance(name, str) or name not in _RANGES:
        return {}
    if not any(one in ("integer", "number") for one in (kind if isinstance(kind, list) else [kind])):
        return {}  # digits in a text, as some write an int64
    low, high = _RANGES[name]
    least = _bound(schema, "Minimum", low, is_wider=lambda given: given < low)
    return least | _bound(schema, "Maximum", high, is_wider=lambda given: given > high)


def _bound(schema: Mapping[str, Any], name: str, limit: int, is_wider: Callable[[float], bool]) -> dict[str, Any]:
    given = schema.get(name.lower())
    if isinstance(given, int | float) and not is_wider(given):
        return {}
    flag = f"exclusive{name}"  # in Draft 4 it speaks of the bound that is replaced
    return {name.lower(): limit, flag: False} if schema.get(flag) is True else {name.lower(): limit}
