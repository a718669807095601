"""Strikes secrets out of what an API says, in whatever spelling it repeats them."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Final

from worker.redaction import REDACTED

#: Shorter than this it is no secret, and would be found in any text; no more of one is kept at the end of a cut text.
SHORTEST: Final = 6

_STRUCK: Final = REDACTED.encode()
_MARKS: Final = (b"\\", b"%", b"&", b"+")  # an escape begins with one of these; ``+`` is a blank in a form

#: An escape of JSON, of an address or of HTML; the first two also where they were escaped again.
_ESCAPE: Final = re.compile(
    rb"\\+(?:u([0-9A-Fa-f]{4})|(.))|%(?:25)*([0-9A-Fa-f]{2})|(&#?[0-9A-Za-z]{1,31};)", re.DOTALL
)
_HALF_ESCAPE: Final = re.compile(rb"(?:\\+(?:u[0-9A-Fa-f]{0,3})?|%(?:25)*[0-9A-Fa-f]?|&#?[0-9A-Za-z]{0,31})\Z")
_LONGEST_ESCAPE: Final = 34  # bytes


def strike(text: bytes, secrets: Sequence[bytes], *, cut: bool = False) -> bytes:
    """Text with every secret replaced: those that stand there as they are, and those that are escaped in any way.

    Of a text that was ``cut`` short, what may be the beginning of a secret is taken from the end.
    """
    if cut:
        half = _HALF_ESCAPE.search(text, max(0, len(text) - _LONGEST_ESCAPE))
        text = text[: half.start()] if half else text
    if cut or any(mark in text for mark in _MARKS):
        text = _without_spelled(text, secrets, cut=cut)
    for secret in secrets:  # last, for it may leave half of an escape
        if secret in text:
            text = text.replace(secret, _STRUCK)
    return text


def _without_spelled(text: bytes, secrets: Sequence[bytes], *, cut: bool) -> bytes:
    plain = _plain(text)
    spans = sorted(span for secret in secrets for span in _spans(plain, _plain(secret), cut=cut))
    if not spans:
        return text
    places, made, end = _places(text), [], 0
    for first, last in spans:
        start = places[first]
        if start >= end:
            made += [text[end:start], _STRUCK]
        end = max(end, places[last])
    return b"".join((*made, text[end:]))


def _plain(text: bytes) -> bytes:
    """Text without escapes; no text itself, for what looks like an escape may be none: only to be searched."""
    return _ESCAPE.sub(_character, text).replace(b"+", b" ")


def _character(escape: re.Match[bytes]) -> bytes:
    point, itself, octet, entity = escape.groups()
    if point:
        return chr(int(point, 16)).encode("utf-8", "replace")
    if octet:
        return bytes.fromhex(octet.decode())
    return itself or html.unescape(entity.decode()).encode("utf-8", "replace")


def _spans(plain: bytes, secret: bytes, *, cut: bool) -> Iterator[tuple[int, int]]:
    """Where a secret begins and ends."""
    if not secret:
        return
    at = plain.find(secret)
    while at >= 0:
        yield at, at + len(secret)
        at = plain.find(secret, at + len(secret))
    if cut:
        for length in range(len(secret) - 1, SHORTEST - 1, -1):
            if plain.endswith(secret[:length]):
                yield len(plain) - length, len(plain)
                return


def _places(text: bytes) -> list[int]:
    """Where in a text each byte of its plain form comes from, and last its end."""
    found: list[int] = []
    end = 0
    for escape in _ESCAPE.finditer(text):
        found += range(end, escape.start())
        found += [escape.start()] * len(_character(escape))
        end = escape.end()
    return [*found, *range(end, len(text) + 1)]
