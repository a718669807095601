"""Media types and the ranges that contracts write for them."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from worker.sandbox.operation import Media

_PARAMETER: Final = re.compile(r';\s*([^\s;="]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]*)(?=\s*(?:;|$))')


@lru_cache(maxsize=256)
def parse(header: str) -> tuple[str, Mapping[str, str]]:
    """``Text/Plain; charset="UTF-8"`` -> ``("text/plain", {"charset": "UTF-8"})``."""
    kind, _, _ = header.partition(";")
    found = {name.lower(): _unquote(value) for name, value in _PARAMETER.findall(header)}
    return kind.strip().lower(), found


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text


def fits(kind: str, wanted: str) -> bool:
    """Whether a media type falls into a range: ``image/png`` into itself, ``image/*`` and ``*/*``."""
    return wanted in (kind, kind.partition("/")[0] + "/*", "*/*")


def choose(kind: str, parameters: Mapping[str, str], offered: Iterable[Media]) -> Media | None:
    """What a body of this type is read as: the narrowest range wins, then the one with more of the parameters."""
    sent = {(name, value.lower()) for name, value in parameters.items()}
    fitting = [media for media in offered if fits(kind, media.range) and media.parameters <= sent]
    return min(fitting, key=lambda media: (media.range.count("*"), -len(media.parameters)), default=None)


def is_json(kind: str) -> bool:
    """``application/json`` and everything ``+json``."""
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def is_text(kind: str) -> bool:
    """What a program can take as characters without knowing more about it."""
    return kind.startswith("text/") or kind.endswith(("/xml", "+xml"))
