"""Writes ``multipart/...`` bodies: a part for each value of each member, in their order (RFC 7578).

Names are escaped as browsers do it (WHATWG HTML, "multipart/form-data encoding algorithm"). The boundary is a digest of
the parts: the same job makes the same bytes whenever it is sent.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from worker.contract import member
from worker.contract.files import Upload
from worker.contract.styles import Flaw

_ESCAPES: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
#: Some servers take a backslash for the beginning of an escape, others for itself; none expects a control character.
_UNSAFE: Final = frozenset(chr(code) for code in (*range(32), 127, ord("\\"))) - {"\r", "\n"}


def write(body: Mapping[str, Any], encodings: member.Encodings) -> tuple[bytes, str]:
    """The bytes of all parts, their files read, and the boundary between them."""
    parts: list[bytes] = []
    for name, value in body.items():
        allowed = member.encoding(encodings, name).content_type
        for _, item in member.items(name, value):
            parts += (_head(name, item, allowed), member.content_of(item, allowed))
    boundary = _boundary(parts)
    opening = f"--{boundary}\r\n".encode()
    made = [piece for at in range(0, len(parts), 2) for piece in (opening, parts[at], parts[at + 1], b"\r\n")]
    return b"".join((*made, f"--{boundary}--\r\n".encode())), boundary


def flaws(body: Mapping[str, Any], encodings: member.Encodings) -> Iterator[Flaw]:
    """What of the parts cannot be written."""
    if not body:
        yield Flaw((), "empty", "a multipart body has at least one part", "fill it, or leave the body out")
    for name, value in body.items():
        if not name or _UNSAFE & set(name):
            detail = "a part's name must not be empty, or hold control characters or backslashes"
            yield Flaw((name,), "name", detail, "give it another name")
        yield from member.flaws(name, value, member.encoding(encodings, name).content_type)
        for path, item in member.items(name, value):
            if isinstance(item, Upload) and _UNSAFE & set(item.filename or ""):
                detail = "a file's name cannot hold control characters or backslashes"
                yield Flaw(path, "file", detail, "give it another filename")


def _head(name: str, value: Any, allowed: str | None) -> bytes:
    file = ""
    if isinstance(value, Upload):
        file = f'; filename="{(value.filename or name).translate(_ESCAPES)}"'  # without one it would be no file
    disposition = f'form-data; name="{name.translate(_ESCAPES)}"{file}'
    return f"Content-Disposition: {disposition}\r\nContent-Type: {member.type_of(value, allowed)}\r\n\r\n".encode()


def _boundary(parts: list[bytes]) -> str:
    """A text that stands in none of the parts."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part)
    while any(digest.hexdigest().encode() in part for part in parts):
        digest.update(b"again")
    return f"preflight-{digest.hexdigest()}"
