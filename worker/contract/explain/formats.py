"""What formats are called, and what a value of each looks like."""

from collections.abc import Mapping
from typing import Any, Final

from worker.contract.shown import show

_TEXT: Final[Mapping[str, tuple[str, str]]] = {
    "date": ("a date", "2026-12-31"),
    "date-time": ("a date and time with an offset", "2026-12-31T23:59:59Z"),
    "duration": ("a duration", "P3DT12H"),
    "email": ("an email address", "name@example.org"),
    "hostname": ("a host name", "www.example.org"),
    "idn-email": ("an email address", "name@example.org"),
    "idn-hostname": ("a host name", "www.example.org"),
    "ipv4": ("an IPv4 address", "192.0.2.1"),
    "ipv6": ("an IPv6 address", "2001:db8::1"),
    "iri": ("an absolute address", "https://example.org/path"),
    "iri-reference": ("an address, absolute or relative", "/path?query"),
    "json-pointer": ("a JSON Pointer", "/items/0/name"),
    "regex": ("a regular expression", "^[a-z]+$"),
    "relative-json-pointer": ("a relative JSON Pointer", "1/name"),
    "time": ("a time with an offset", "23:59:59Z"),
    "uri": ("an absolute URI", "https://example.org/path"),
    "uri-reference": ("a URI, absolute or relative", "/path?query"),
    "uri-template": ("a URI template", "/orders/{id}"),
    "uuid": ("a UUID", "123e4567-e89b-12d3-a456-426614174000"),
}


def format_words(name: str, value: Any, *, secret: bool) -> tuple[str, str]:
    """What is wrong with a value that does not have a format, and how to write one that has."""
    noun, example = _TEXT.get(name, (f"of the format {name}", ""))
    return f"{show(value, secret=secret)} is not {noun}", f"write it like {example}" if example else ""
