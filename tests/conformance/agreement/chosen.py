"""Chooses operations of the corpus: by digest, and so that the rare kinds are among them."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from tests.conformance.agreement.document import followed

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_MOST_OF_ONE: Final = 3  # operations of one document: the same hand writes the same things again and again
#: Larger documents, ten of 2,649, take as long to read as all others together; GitHub's is below.
_MAX_BYTES: Final = 15_000_000


class Chosen(NamedTuple):
    """One operation, and where it stands in which document.

    Attributes:
        kind: what is rare about it.
    """

    file: Path
    path: str
    method: str
    kind: str

    def __str__(self) -> str:
        return f"{self.file.name}: {self.method.upper()} {self.path}"


def operations(files: list[Path], root: Path) -> Iterator[Chosen]:
    """Operations without end, as it were: of each document those whose kinds are rarest so far.

    Args:
        files: of documents.
        root: that their names are told from, so that the choice does not depend on where it is.
    """
    counts: Counter[str] = Counter()
    for file in _in_turn(files, root):
        if file.stat().st_size > _MAX_BYTES:
            continue
        by_kind = _by_kind(file, orjson.loads(file.read_bytes()))
        for kind in sorted(by_kind, key=lambda one: (counts[one], one))[:_MOST_OF_ONE]:
            counts[kind] += 1
            yield by_kind[kind]


def _in_turn(files: list[Path], root: Path) -> list[Path]:
    """Documents by digest, but the second of a provider comes after the first of all others, and 3.1 before 3.0."""
    seen: Counter[str] = Counter()
    turns = []
    for file in sorted(files, key=lambda one: _digest(one.relative_to(root))):
        provider = file.relative_to(root).parts[1]
        turns.append((seen[provider], not _is_newer(file), file))
        seen[provider] += 1
    return [file for *_, file in sorted(turns, key=lambda turn: turn[:2])]


def _is_newer(file: Path) -> bool:
    """Whether a document is of OpenAPI 3.1, which 46 of 2,649 are; they all say so at once."""
    with file.open("rb") as opened:
        return re.search(rb'"openapi": ?"3\.1', opened.read(200)) is not None


def _by_kind(file: Path, document: Any) -> dict[str, Chosen]:
    """One operation of each kind that a document has: that with the least digest."""
    found: dict[str, Chosen] = {}
    for path, item in (document.get("paths") or {}).items():
        for method in _METHODS:
            if not isinstance(item, dict) or not isinstance(item.get(method), dict):
                continue
            if (kind := _kind(document, item, item[method])) is None:
                continue
            one = Chosen(file, path, method, kind)
            if kind not in found or _digest(path, method) < _digest(found[kind].path, found[kind].method):
                found[kind] = one
    return found


def _kind(document: dict[str, Any], item: dict[str, Any], operation: dict[str, Any]) -> str | None:
    """The rarest thing about an operation: how its body is written, or where its parameters are; None of no input."""
    version = str(document.get("openapi"))[:3]
    body = followed(document, operation.get("requestBody"))
    media = next(iter(body.get("content") or {}), "") if isinstance(body, dict) else ""
    given = [followed(document, one) for one in (*(item.get("parameters") or ()), *(operation.get("parameters") or ()))]
    parameters = [one for one in given if isinstance(one, dict)]
    styles = {one["style"] for one in parameters if one.get("style") not in {None, "form", "simple"}}
    contents = {"content" for one in parameters if "content" in one}
    lists = {"list" for one in parameters if isinstance(one.get("schema"), dict) and "items" in one["schema"]}
    places = {place for one in parameters if (place := one.get("in")) in {"header", "cookie"}}
    special = sorted(styles | contents | places | lists)
    plain = "query" if any(one.get("in") == "query" for one in parameters) else "path"
    told = media.partition(";")[0] or next(iter(special), plain)
    return f"{version} {told}" if media or parameters else None


def _digest(*names: object) -> bytes:
    return hashlib.sha256("\0".join(map(str, names)).encode()).digest()
