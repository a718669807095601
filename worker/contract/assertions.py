"""What ``format`` asserts beyond what a dialect's own engine knows: later drafts' formats, and OpenAPI's.

An API that declares ``uuid`` in an OpenAPI 3.0 document means it as much as one that does so in 3.1. Only text is held
to its format: what ``int32`` says of numbers, ``dialect.py`` turns into bounds.
"""

import binascii
from collections.abc import Callable, Iterable, Mapping
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


def checks(dialects: Iterable[str], value: Any) -> dict[str, Check]:
    """The checks of text that schemas inside of a value ask for, and an engine of these dialects does not have.

    Only those: with any of them, every look at a job costs 0.2 us more.
    """
    found = {name: check for dialect in dialects for name, check in _BY_DIALECT[dialect].items()}
    try:
        text = orjson.dumps(value)
    except orjson.JSONEncodeError:  # numbers of 400 digits, nesting without end
        return found
    return {name: check for name, check in found.items() if f'"format":"{name}"'.encode() in text}
