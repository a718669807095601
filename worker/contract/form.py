"""Writes ``application/x-www-form-urlencoded`` bodies.

OpenAPI has two ways. A member for which the contract sets a style is written like a query's parameter. All others are
written by media type, and that is percent-encoded: single values as text, a list as one pair for each of its values,
objects as JSON.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from worker.contract import member, styles
from worker.contract.files import Upload
from worker.contract.operation import Encoding
from worker.contract.styles import Flaw, Style, empty, nothing, pairs, spread, style_of


def write(body: Mapping[str, Any], encodings: member.Encodings) -> bytes:
    """The text of a form, its files read."""
    made: list[str] = []
    for name, value in body.items():
        encoding = member.encoding(encodings, name)
        encoded = quote(name, safe="")
        if (style := _style(encoding, value)) is not None:
            made += pairs(encoded, value, style)
        else:
            contents = (member.content_of(item.value, encoding.content_type) for item in member.items(name, value))
            made += (f"{encoded}={quote(content, safe='')}" for content in contents)
    return "&".join(made).encode()


def flaws(body: Mapping[str, Any], encodings: member.Encodings) -> Iterator[Flaw]:
    """What of a form cannot be written."""
    for name, value in body.items():
        encoding = member.encoding(encodings, name)
        if not name:
            yield Flaw((name,), "name", "a member's name must not be empty", "give it a name")
        elif (style := _style(encoding, value)) is None:
            yield from member.flaws(name, value, encoding.content_type)
        else:
            yield from _styled(name, value, style, body)


def _styled(name: str, value: Any, style: Style, body: Mapping[str, Any]) -> Iterator[Flaw]:
    for flaw in (*styles.flaws(value, style), *spread(value, style, body.keys() - {name})):
        yield flaw._replace(path=(name, *flaw.path))
    if empty(value):
        yield nothing((name,))


def _style(encoding: Encoding, value: Any) -> Style | None:
    """How a member is written if it is to be written like a parameter, which no file can be."""
    if encoding.style is None or any(isinstance(item.value, Upload) for item in member.items("", value)):
        return None
    return style_of(encoding.style, explode=encoding.explode, allow_reserved=encoding.allow_reserved)
