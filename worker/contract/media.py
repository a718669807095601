"""Media types and their ranges: which way of writing a body each asks for, and which range covers which type."""

import re
from collections.abc import Mapping
from typing import Final, Literal

#: How a value is written: as JSON, as a form, as parts, as the text itself, or as bytes.
Kind = Literal["json", "form", "multipart", "text", "binary"]

#: Media types, and ranges, that JSON may be sent as, besides all that end in ``+json``.
_JSON: Final = frozenset({"application/json", "application/*", "*/*", "text/json"})
#: Text by another name than ``text/...``: what a job sends there is the text itself.
_TEXT: Final = frozenset({"application/xml", "application/graphql", "application/yaml", "application/x-yaml"})
_TEXT_ENDINGS: Final = ("+xml", "+yaml")
_FORM: Final = "application/x-www-form-urlencoded"
#: What is sent where the contract has a range and the job does not say which.
_OF_RANGE: Final = {"json": "application/json", "text": "text/plain", "binary": "application/octet-stream"}

_WORD: Final = r"[A-Za-z0-9!#$&^_.+-]+"
_MEDIA_TYPE: Final = re.compile(rf"{_WORD}/{_WORD}(\s*;\s*{_WORD}=({_WORD}|\"[\x20\x21\x23-\x5b\x5d-\x7e]*\"))*")


def is_media_type(text: str) -> bool:
    """Whether text is one media type, perhaps with parameters (RFC 9110), and safe as a header."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def named(key: str) -> str | None:
    """The media type, or range, that a contract names with a key; None where it names none that could be sent."""
    for text in (key.strip(), essence(key)):
        if is_media_type(text.replace("*", "x")):
            return text
    return None


def essence(media_type: str) -> str:
    """``Text/Plain; charset=utf-8`` -> ``text/plain``."""
    return media_type.partition(";")[0].strip().lower()


def kind_of(media_type: str) -> Kind:
    """How a value is written as a media type, or as one of a range."""
    name = essence(media_type)
    if name in _JSON or name.endswith("+json"):
        return "json"
    if name == _FORM:
        return "form"
    if name.startswith("multipart/"):
        return "multipart"
    return "text" if name.startswith("text/") or name in _TEXT or name.endswith(_TEXT_ENDINGS) else "binary"


def is_range(media_type: str) -> bool:
    """Whether it stands for several: ``image/*``."""
    return "*" in essence(media_type)


def covers(wide: str, narrow: str) -> bool:
    """Whether a media type or range covers a media type; parameters such as ``charset`` are not compared."""
    one, other = essence(wide), essence(narrow)
    return one in {other, "*/*"} or (one.endswith("/*") and other.startswith(one[:-1]))


def named_in(headers: Mapping[str, str]) -> str | None:
    """What a job's headers say that its body is to be written as."""
    return next((value for name, value in headers.items() if name.lower() == "content-type"), None)


def sent_as(media_type: str) -> str:
    """The media type that is sent for what the contract writes: itself, or the plainest of a range."""
    return _OF_RANGE.get(kind_of(media_type), media_type) if is_range(media_type) else media_type
