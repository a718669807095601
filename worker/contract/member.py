"""The members of a form: the items of each, what each is written as, and what of it cannot be written."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import orjson

from worker.contract.files import Upload
from worker.contract.media import covers, is_media_type, kind_of
from worker.contract.operation import Encoding
from worker.contract.styles import Flaw, empty, nothing, null, text_of

_UNKNOWN: Final = "application/octet-stream"
_DEFAULT: Final = Encoding()

Encodings = Mapping[str, Encoding]


class Item(NamedTuple):
    """One of the values of a member; ``path`` leads to it in the body."""

    path: tuple[str | int, ...]
    value: Any


def encoding(encodings: Encodings, name: str) -> Encoding:
    """What the contract says of how a member is written; OpenAPI's defaults where it says nothing."""
    return encodings.get(name, _DEFAULT)


def items(name: str, value: Any) -> list[Item]:
    """The values that are written one by one: those of a list, or the value itself."""
    if isinstance(value, list):
        return [Item((name, at), item) for at, item in enumerate(value)]
    return [Item((name,), value)]


def content_of(value: Any, allowed: str | None) -> bytes:
    """An item's bytes: a file's own, text as it is, all else as JSON.

    Args:
        value: an item's, its file read.
        allowed: the media types that the contract asks for; None where it does not.
    """
    if isinstance(value, Upload):
        return value.content
    if isinstance(value, list | dict) or _is_json(allowed):
        return orjson.dumps(value)
    return text_of(value).encode()


def type_of(value: Any, allowed: str | None) -> str:
    """The media type that an item is sent as."""
    if isinstance(value, Upload):
        return fitting(value, allowed) or _UNKNOWN
    if allowed is not None and (exact := _exact(allowed)):
        return exact
    return "application/json" if isinstance(value, list | dict) else "text/plain; charset=utf-8"


def fitting(upload: Upload, allowed: str | None) -> str | None:
    """The media type of a file: what is said of it where that is allowed, else what is allowed; None of too many."""
    said = upload.content_type or upload.likely_type
    if allowed is None:
        return said or _UNKNOWN
    if said is not None and _covers(allowed, said):
        return said
    return _exact(allowed) or (_UNKNOWN if _covers(allowed, _UNKNOWN) else None)


def flaws(name: str, value: Any, allowed: str | None) -> Iterator[Flaw]:
    """What of a member's value cannot be written."""
    if empty(value) and isinstance(value, list):
        yield nothing((name,))
    for path, item in items(name, value):
        if isinstance(item, Upload):
            yield from type_flaws(path, item, allowed)
        elif item is None and not _is_json(allowed):
            yield null(path)
        elif isinstance(item, list | dict) and allowed is not None and not _is_json(allowed) and _exact(allowed):
            detail = f"{allowed} is text, and this is a list or an object"
            yield Flaw(path, "text", detail, f"write it as {allowed} yourself, in quotes")


def type_flaws(path: tuple[str | int, ...], upload: Upload, allowed: str | None) -> Iterator[Flaw]:
    """What is wrong with the media type of a file, or that nobody can tell it."""
    said = upload.content_type
    if said is not None and allowed is not None and not _covers(allowed, said):
        detail, hint = f"the contract takes {allowed} here, and not {said}", f"one of: {allowed}"
        yield Flaw(path, "content-type", detail, hint)
    elif fitting(upload, allowed) is None:
        detail = f"the contract takes {allowed} here, and nothing says which of them this is"
        yield Flaw(path, "content-type", detail, "add content_type to the file")


def _covers(allowed: str, media_type: str) -> bool:
    return any(covers(one, media_type) for one in allowed.split(","))


def _exact(allowed: str) -> str | None:
    """The first of several media types, ranges left out."""
    return next((one.strip() for one in allowed.split(",") if is_media_type(one.strip())), None)


def _is_json(allowed: str | None) -> bool:
    return allowed is not None and (exact := _exact(allowed)) is not None and kind_of(exact) == "json"
