"""Takes a multipart/form-data body apart (RFC 7578, RFC 2046)."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from worker.sandbox import media
from worker.sandbox.values import whole

#: More parts than this are no form that anybody fills in.
_MOST_PARTS: Final = 10_000

#: As much as servers take for the headers of a request.
_MOST_HEAD_BYTES: Final = 16 * 1024

_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]")

#: How browsers write what a quoted name cannot have.
_ESCAPES: Final = {"%22": '"', "%0d": "\r", "%0a": "\n"}
_ESCAPE: Final = re.compile("|".join(_ESCAPES), re.IGNORECASE)


class Part(NamedTuple):
    """One part.

    Attributes:
        media: its media type in lower case; empty where it says none.
        headers: names in lower case.
    """

    name: str
    media: str
    headers: Mapping[str, str]
    content: bytes


def parts_of(content: bytes, boundary: str) -> list[Part]:
    """The parts in their order.

    Raises:
        ValueError: there is no boundary, the body does not keep to it, or a part has no name.
    """
    if not _BOUNDARY.fullmatch(boundary):
        raise ValueError("the content type names no usable boundary")
    delimiter = b"\r\n--" + boundary.encode()
    preamble, *pieces = (b"\r\n" + content).split(delimiter)
    if preamble.strip(b"\r\n") or not pieces or not pieces[-1].startswith(b"--"):
        raise ValueError(f"it does not begin with --{boundary} and end with --{boundary}--")
    if len(pieces) > _MOST_PARTS:
        raise ValueError(f"it has more than {_MOST_PARTS} parts")
    return [_part(number, piece) for number, piece in enumerate(pieces[:-1])]


def _part(number: int, piece: bytes) -> Part:
    line, _, rest = piece.partition(b"\r\n")
    if line.strip(b" \t"):
        raise ValueError(f"part {number}: there is something behind its boundary")
    head, blank, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if not blank or len(head) > _MOST_HEAD_BYTES:
        raise ValueError(f"part {number} has no blank line behind its headers, or too many of them")
    headers: dict[str, str] = {}
    for text in head.split(b"\r\n")[1:]:
        name, colon, value = whole(text.decode("utf-8", "surrogateescape")).partition(":")
        if not colon or not name or name.lower() in headers:
            raise ValueError(f"part {number}: {text[:80]!r} is no header, or stands there twice")
        headers[name.lower()] = value.strip(" \t")
    kind, said = media.parse(headers.get("content-disposition", ""))
    if kind != "form-data" or "name" not in said:
        raise ValueError(f"part {number} has no `Content-Disposition: form-data; name=...`")
    name = _ESCAPE.sub(lambda found: _ESCAPES[found[0].lower()], said["name"])
    return Part(name, media.parse(headers.get("content-type", ""))[0], headers, content)
