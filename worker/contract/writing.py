"""Writes bodies: a job's value as the bytes of its media type; and says what cannot be written.

What decides is the media type that the body is sent as: the contract's, or what the job asks for by its own
``Content-Type`` where the contract has a range.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, assert_never

import orjson

from worker.contract import form, member, multipart
from worker.contract.files import MAX_BYTES, Files, Upload, is_reference, replaced
from worker.contract.media import Kind, covers, is_media_type, is_range, kind_of, sent_as
from worker.contract.operation import Content
from worker.contract.styles import Flaw, text_of
from worker.outcome import Cause, Fault

_BOUNDARY: Final = re.compile(r"\s*;\s*boundary=(\"[^\"]*\"|[^;]*)", re.IGNORECASE)
_CHARSET: Final = re.compile(r";\s*charset=\"?([^\s\";]+)", re.IGNORECASE)
#: What text may be written in, if the media type says so; UTF-8 where it says nothing.
_CHARSETS: Final = frozenset({"utf-8", "us-ascii", "iso-8859-1", "windows-1252"})


class Written(NamedTuple):
    """A body, and the ``Content-Type`` to send with it."""

    content: bytes
    media_type: str


class Seen(NamedTuple):
    """A body as its schema is to see it: text stands for each file.

    Attributes:
        files: paths in the body to where the files are; what a schema says of text there is not meant for them.
    """

    body: Any
    files: frozenset[tuple[str | int, ...]]


def kind_sent(content: Content, asked: str | None) -> Kind:
    """How a body is written; ``asked`` is the job's own ``Content-Type``, or None."""
    return content.written or _kind(content.media_type if asked is None else _chosen(content, asked))


@lru_cache(maxsize=1024)
def _kind(media_type: str) -> Kind:
    return kind_of(media_type)  # remembered, as it is asked for every job


def _chosen(content: Content, asked: str | None) -> str:
    if asked is not None and is_media_type(asked) and not is_range(asked) and covers(content.media_type, asked):
        return asked
    return content.media_type


def charset_fault(asked: str) -> Fault | None:
    """What is wrong with the charset that a job asks for with JSON, which is UTF-8 whatever it is called."""
    if (match := _CHARSET.search(asked)) is None or match[1].lower() in {"utf-8", "utf8"}:
        return None
    detail, hint = f"JSON is sent as UTF-8, and not as {match[1]}", "leave the charset out"
    return Fault("#/headers/Content-Type", "header", "charset", detail, hint, Cause.MALFORMED)


def seen(content: Content, body: Any, asked: str | None = None) -> Seen:
    """A body as its schema is to see it."""
    places: set[tuple[str | int, ...]] = set()

    def mark(path: tuple[str | int, ...], _: Mapping[str, Any]) -> str:
        places.add(path)
        return f"file {len(places)}"  # no two alike, whatever the schema asks of lists

    return Seen(replaced(kind_sent(content, asked), body, mark), frozenset(places))


def names_files(content: Content, body: Any, asked: str | None = None) -> bool:
    """Whether files have to be read to write a body."""
    names: list[str] = []
    replaced(kind_sent(content, asked), body, lambda _, reference: names.extend(reference))
    return "$file" in names


def faults(content: Content, body: Any, files: Files, asked: str | None = None) -> list[Fault]:
    """What of a body cannot be written, whatever its schema says. Files are looked for, and not read.

    Args:
        content: the body's.
        body: the job's value.
        files: those that it may name.
        asked: the job's own ``Content-Type``, which ``content`` covers; None where it has none.
    """
    looked_at, found = _filled(content, asked, body, files.look)
    if looked_at != "" or not found:  # of a body that is a bad file there is nothing more to say
        found += _flaws(content, asked, looked_at)
    return [flaw.fault("body", "body") for flaw in found]


def write(content: Content, body: Any, files: Files, asked: str | None = None) -> Written | list[Fault]:
    """The bytes of a body without faults; faults where a file is not as it was. Blocks where files are named."""
    filled, found = _filled(content, asked, body, files.read)
    return [flaw.fault("body", "body") for flaw in found] or _written(content, asked, filled)


def _filled(
    content: Content, asked: str | None, body: Any, get: Callable[[Mapping[str, Any]], Upload | Flaw]
) -> tuple[Any, list[Flaw]]:
    """A body with its files in their places, and no text where a file cannot be had; and why it cannot."""
    found: list[Flaw] = []
    total = 0

    def put(path: tuple[str | int, ...], reference: Mapping[str, Any]) -> Upload | str:
        nonlocal total
        got = get(reference) if total <= MAX_BYTES else ""
        if isinstance(got, Flaw):
            found.append(got._replace(path=(*path, *got.path)))
            return ""
        if isinstance(got, Upload):
            total += got.size
        return got

    filled = replaced(kind_sent(content, asked), body, put)
    if total > MAX_BYTES:
        detail = f"its files are larger than {MAX_BYTES >> 20} MiB together"
        found.append(Flaw((), "file", detail, "send fewer at once"))
    return filled, found


def _written(content: Content, asked: str | None, body: Any) -> Written:
    chosen = _chosen(content, asked)
    match kind := kind_sent(content, asked):
        case "json":
            return Written(orjson.dumps(body), sent_as(chosen))
        case "form":
            return Written(form.write(body, content.encodings), sent_as(chosen))
        case "multipart":
            made, boundary = multipart.write(body, content.encodings)
            named = "multipart/form-data" if is_range(chosen) else _BOUNDARY.sub("", chosen)
            return Written(made, f"{named}; boundary={boundary}")
        case "text" | "binary" if isinstance(body, Upload):
            return Written(body.content, member.fitting(body, chosen) or sent_as(chosen))
        case "text" | "binary":
            return Written(text_of(body).encode(_charset(chosen)), sent_as(chosen))
    assert_never(kind)


def _flaws(content: Content, asked: str | None, body: Any) -> Iterator[Flaw]:
    """What of a body cannot be written, in which each file is an Upload, without its bytes."""
    chosen = _chosen(content, asked)
    match kind_sent(content, asked), body:
        case ("json", _):
            return
        case ("form", dict()) if not is_reference(body):
            yield from form.flaws(body, content.encodings)
        case ("multipart", dict()) if not is_reference(body):
            yield from multipart.flaws(body, content.encodings)
        case ("form" | "multipart", _):
            yield Flaw((), "type", f"a body of {chosen} is an object: a member for each of its fields", "name them")
        case (kind, _):
            yield from _plain_flaws(kind, chosen, body)


def _plain_flaws(kind: Kind, chosen: str, body: Any) -> Iterator[Flaw]:
    """Of a body that is sent as it is."""
    match kind, body:
        case (_, Upload()):
            yield from member.type_flaws((), body, chosen)
        case ("binary", str()) if member.fitting(Upload(), chosen) is None:
            detail = f"the contract takes {chosen}, and nothing says which of them this is"
            yield Flaw((), "content-type", detail, "add the header Content-Type to the job")
        case ("text", bool() | int() | float() | str()) | ("binary", str()):
            yield from _text_flaws(text_of(body), _charset(chosen))
        case (_, _):
            detail = f"a body of {chosen} is sent as it is, which only text or a file can be"
            yield Flaw((), "type", detail, 'send text, or {"$file": "..."}, or {"$base64": "..."}')


def _text_flaws(text: str, charset: str) -> Iterator[Flaw]:
    if charset not in _CHARSETS:
        hint = f"one of: {', '.join(sorted(_CHARSETS))}"
        yield Flaw((), "charset", f"text cannot be written in {charset!r}", hint)
    elif charset != "utf-8" and text.encode(charset, "replace").decode(charset) != text:
        yield Flaw((), "charset", f"{charset} has not all of the body's characters", "take utf-8")


def _charset(media_type: str) -> str:
    match = _CHARSET.search(media_type)
    return match[1].lower() if match else "utf-8"
