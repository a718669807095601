"""Files that jobs send: where they may lie, how large they may be, and what is said of those that cannot be sent.

A job names a file as ``{"$file": "photos/1.png"}``, below the folder that the API's config names, or brings its bytes
as ``{"$base64": "..."}``; either may add ``filename`` and ``content_type``. Jobs are not trusted: no path leaves the
folder, by ``..``, as an absolute one or through a link, and only regular files are read.
"""

import base64
import binascii
import mimetypes
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final, NamedTuple

from worker.contract.media import Kind, is_media_type
from worker.contract.styles import Flaw

#: Of all the files of one request: they are in memory while it is under way, as often as requests are. Larger files go
#: in pieces nearly everywhere, by a protocol of the API's own.
MAX_BYTES: Final = 64 * 1024 * 1024
_MEMBERS: Final = frozenset({"$file", "$base64", "filename", "content_type"})
_OPEN: Final = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

Make = Callable[[tuple[str | int, ...], Mapping[str, Any]], Any]


class Upload(NamedTuple):
    """A file as it is sent.

    Attributes:
        content: its bytes; empty while it has only been looked at.
        size: of its bytes, read or not.
        filename: without folders; None where there is none.
        content_type: its media type, as its job says; None where it does not.
    """

    content: bytes = b""
    size: int = 0
    filename: str | None = None
    content_type: str | None = None

    @property
    def likely_type(self) -> str | None:
        """What its name's ending says; None where it says nothing."""
        media_type, packed = _types().guess_type(f"/{self.filename or ''}", strict=False)
        return None if packed else media_type


@cache
def _types() -> mimetypes.MimeTypes:
    """Python's own list and not the machine's, so that the same job makes the same request on each."""
    return mimetypes.MimeTypes()


def is_reference(value: Any) -> bool:
    """Whether a value stands for a file."""
    return isinstance(value, dict) and ("$file" in value or "$base64" in value)


def replaced(kind: Kind, body: Any, make: Make) -> Any:
    """A body with each of its files replaced by what is made of its path in the body and of the reference.

    The body itself may be a file; of a form, members, and items of members that are lists; of JSON, nothing.
    """
    if kind in {"text", "binary"}:
        return make((), body) if is_reference(body) else body
    if kind == "json" or not isinstance(body, dict) or is_reference(body):
        return body
    return {name: _member((name,), value, make) for name, value in body.items()}


def _member(path: tuple[str | int, ...], value: Any, make: Make) -> Any:
    if is_reference(value):
        return make(path, value)
    if isinstance(value, list):
        return [make((*path, at), item) if is_reference(item) else item for at, item in enumerate(value)]
    return value


@dataclass(frozen=True, slots=True)
class Files:
    """The files that jobs for one API may send.

    Attributes:
        folder: that they are in, or below; None where the config names none.
        key: of the config, that names the folder: ``apis.shop.files``.
    """

    folder: Path | None = None
    key: str = "files"

    def look(self, reference: Mapping[str, Any]) -> Upload | Flaw:
        """A file that may be sent, not read yet; or why it may not be sent."""
        if (flaw := _shape_flaw(reference)) is not None:
            return flaw
        if "$base64" in reference:
            decoded = _decoded(reference["$base64"])
            return decoded if isinstance(decoded, Flaw) else _upload(reference, b"", len(decoded))
        found = self._found(reference["$file"])
        return found if isinstance(found, Flaw) else _upload(reference, b"", found[1].st_size)

    def read(self, reference: Mapping[str, Any]) -> Upload | Flaw:
        """A file with its bytes, read now; or why it cannot be sent any more. Blocks."""
        content = self._content(reference)
        return content if isinstance(content, Flaw) else _upload(reference, content, len(content))

    def _content(self, reference: Mapping[str, Any]) -> bytes | Flaw:
        if "$base64" in reference:
            return _decoded(reference["$base64"])
        found = self._found(given := reference["$file"])
        if isinstance(found, Flaw):
            return found
        try:
            with open(os.open(found[0], _OPEN), "rb") as file:  # noqa: PTH123 - the flags are the point
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    return _unfit(given, "is no regular file")
                content = file.read(MAX_BYTES + 1)
        except OSError as error:
            return _unreadable(given, error)
        return _too_large(given) if len(content) > MAX_BYTES else content

    def _found(self, given: str) -> tuple[Path, os.stat_result] | Flaw:
        """Where a file is, without links, and what the system says of it."""
        if self.folder is None:
            hint = f"set {self.key} in the config to the folder that they are in"
            return Flaw((), "file", "no folder is named from which jobs may send files", hint)
        if not given or "\0" in given or _leaves(given):
            return _unfit(given, "is no path inside of the folder of files")
        try:
            folder = self.folder.resolve(strict=True)
            path = (folder / given).resolve(strict=True)
            if not path.is_relative_to(folder):
                return _unfit(given, "leads out of the folder of files")
            about = path.stat()
        except OSError as error:
            return _unreadable(given, error)
        except RuntimeError:  # how Python 3.11 and 3.12 say that links go in a circle
            return _unfit(given, "is a link that leads back to itself")
        if not stat.S_ISREG(about.st_mode):
            return _unfit(given, "is no regular file")
        return _too_large(given) if about.st_size > MAX_BYTES else (path, about)


def _upload(reference: Mapping[str, Any], content: bytes, size: int) -> Upload:
    name = reference.get("filename") or (PurePosixPath(reference["$file"]).name if "$file" in reference else None)
    return Upload(content, size, name, reference.get("content_type"))


def _shape_flaw(reference: Mapping[str, Any]) -> Flaw | None:
    """What is wrong with a reference before anything is looked for."""
    if unknown := [name for name in reference if name not in _MEMBERS]:
        return Flaw(
            (unknown[0],), "file", f"{unknown[0]!r} is not known here", f"one of: {', '.join(sorted(_MEMBERS))}"
        )
    for name, value in reference.items():
        if not isinstance(value, str):
            return Flaw((name,), "file", f"{name} has to be text", "write it in quotes")
    if "$file" in reference and "$base64" in reference:
        return Flaw((), "file", "a file is named or brought along, not both", "leave $file or $base64 out")
    if not is_media_type(reference.get("content_type", "text/plain")):
        return Flaw(("content_type",), "file", "content_type is no media type", "write one such as image/png")
    return None


def _leaves(given: str) -> bool:
    windows, posix = PureWindowsPath(given), PurePosixPath(given)
    return bool(windows.drive or windows.root or posix.root) or ".." in windows.parts


def _decoded(text: str) -> bytes | Flaw:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return Flaw(("$base64",), "file", "this is no base64", "use the standard alphabet, with its padding (RFC 4648)")


def _unfit(given: str, detail: str) -> Flaw:
    return Flaw((), "file", f"{given!r} {detail}", "name a file by its path inside of the folder, with slashes")


def _too_large(given: str) -> Flaw:
    hint = "send it in pieces, if the API can take them"
    return Flaw((), "file", f"{given!r} is larger than {MAX_BYTES >> 20} MiB", hint)


def _unreadable(given: str, error: OSError) -> Flaw:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        hint = "put it there, or mend its path"
        return Flaw((), "file", f"{given!r} is not in the folder of files", hint)
    return Flaw((), "file", f"{given!r} cannot be read: {(error.strerror or 'it fails').lower()}", "check the file")
