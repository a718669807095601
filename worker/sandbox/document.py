"""A contract's document as it was read: plain JSON values, found by JSON Pointer.

The document is kept whole. A ``$ref`` is followed where it stands and never inlined, so that recursion and 13 MB of
schemas cost nothing.
"""

import math
import re
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote

import orjson
import yaml

from worker.errors import ContractError

#: The name under which a document's own schemas are known to the validators.
ROOT: Final = "urn:sandbox"

#: Longer chains of references than this are a loop or a prank.
_MOST_HOPS: Final = 64

#: Longer whole numbers are beyond 64 bits without counting further.
_MOST_DIGITS: Final = 32

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _JsonLikeLoader(_Loader):  # type: ignore[misc]  # the base is chosen at run time: C where there is one
    """YAML 1.2's idea of plain values: ``2026-12-01``, ``NO``, ``0o17`` and ``12:30`` stay text, as in JSON."""


_JsonLikeLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("merge", r"<<", "<"),
):
    _JsonLikeLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))


def _integer(loader: Any, node: Any) -> int | float:
    """YAML 1.1 reads 017 as octal; JSON has no such thing, and takes what is beyond 64 bits for a float."""
    text = loader.construct_scalar(node)
    number = int(text) if len(text) <= _MOST_DIGITS else float(text)
    if math.isinf(number):
        raise yaml.YAMLError(f"{text[:32]}... is beyond every number that JSON can say")
    return number if -(2**63) <= number < 2**64 else float(number)


_JsonLikeLoader.add_constructor("tag:yaml.org,2002:int", _integer)


class Place(NamedTuple):
    """Where a value stands: the resource's name and the unescaped tokens of a JSON Pointer into it."""

    resource: str
    tokens: tuple[str, ...] = ()

    def child(self, *tokens: str) -> "Place":
        """The place of something inside."""
        return Place(self.resource, self.tokens + tokens)

    @property
    def uri(self) -> str:
        """A reference that a JSON Schema validator understands."""
        escaped = (quote(token.replace("~", "~0").replace("/", "~1"), safe="~") for token in self.tokens)
        return self.resource + "#" + "".join(f"/{token}" for token in escaped)


class Document:
    """JSON values by name (``resources``; the contract itself is ``ROOT``) and the way to any place in them."""

    def __init__(self, root: dict[str, Any], more: dict[str, Any] | None = None) -> None:
        self.resources: dict[str, Any] = {ROOT: root, **(more or {})}

    @property
    def root(self) -> dict[str, Any]:
        """The contract itself."""
        return self.resources[ROOT]  # type: ignore[no-any-return]  # JSON

    def get(self, place: Place) -> Any:
        """The value that stands there.

        Raises:
            ContractError: nothing does.
        """
        value = self.resources[place.resource]
        for token in place.tokens:
            try:
                value = value[int(token)] if isinstance(value, list) else value[token]
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise ContractError(f"{place.uri} does not exist: correct the $ref that leads there") from error
        return value

    def find(self, place: Place) -> Any:
        """The value that stands there, or None where nothing does."""
        try:
            return self.get(place)
        except ContractError:
            return None

    def follow(self, place: Place) -> Place:
        """The place at the end of the chain of ``$ref`` that begins here, or the same where there is none.

        Raises:
            ContractError: the chain leads out of the document, to nothing, or in a circle.
        """
        for _ in range(_MOST_HOPS):
            value = self.get(place)
            if not (isinstance(value, dict) and isinstance(value.get("$ref"), str)):
                return place
            place = self._target(place, value["$ref"])
        raise ContractError(f"{place.uri} is part of a circle of $ref: break it")

    def _target(self, place: Place, reference: str) -> Place:
        resource, _, pointer = reference.partition("#")
        resource = resource or place.resource
        if resource not in self.resources or (pointer and not pointer.startswith("/")):
            raise ContractError(
                f"{place.uri} refers to {reference!r}: the sandbox follows only references inside the document; "
                f"bundle the contract into one file"
            )
        return Place(resource, tokens_of(pointer))


def tokens_of(pointer: str) -> tuple[str, ...]:
    """The unescaped tokens of a pointer as references write it: ``/paths/~1a%7Bid%7D`` -> ``("paths", "/a{id}")``."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in unquote(pointer).split("/")[1:])


def read(path: Path) -> dict[str, Any]:
    """The object in a JSON or YAML file.

    Raises:
        ContractError: it cannot be read, is neither, or holds something else than an object.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: {error.strerror or error}: name a file that can be read") from error
    value = _parse(path, content)
    if not isinstance(value, dict):
        raise ContractError(f"{path}: holds no object: an OpenAPI document begins with `openapi: 3.1.0`")
    return value


def _parse(path: Path, content: bytes) -> Any:
    if content.lstrip()[:1] == b"{":
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if path.suffix.lower() == ".json":
                raise ContractError(f"{path}: is not JSON: {error}") from error
    try:
        # Through JSON once, so that what JSON cannot say (keys that are numbers become text) ends here.
        return orjson.loads(
            orjson.dumps(yaml.load(content, _JsonLikeLoader), option=orjson.OPT_NON_STR_KEYS)  # noqa: S506 - a safe loader
        )
    except (yaml.YAMLError, orjson.JSONEncodeError, RecursionError) as error:
        raise ContractError(f"{path}: is neither JSON nor YAML that means JSON: {error}") from error
