"""Reads a contract document from a file, JSON or YAML, and finds what a local ``$ref`` points to."""

import hashlib
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

import orjson
import yaml

from worker.contract import yaml_document
from worker.contract.cache import CodeCache
from worker.errors import ContractError

_MAX_BYTES: Final = 256 * 1024 * 1024  # the largest public contracts are 13 MB; this only stops a wrong file
_MAX_YAML_BYTES: Final = 32 * 1024 * 1024  # about a second for each MB
_YAML_EDITION: Final = 1  # grows whenever yaml_document reads the same text as something else

#: Makes a value of a file's bytes; the path is for messages, and its ending says which of the two formats it is.
Decode = Callable[[bytes, Path], Any]


def decode(data: bytes, path: Path) -> Any:
    """The value that a JSON or YAML file holds.

    Raises:
        ContractError: it is neither; the message says where.
    """
    return _decode_yaml(data, path) if is_yaml(path) else _decode_json(data, path)


def decoder(cache: CodeCache) -> Decode:
    """``decode``, with YAML kept as JSON in a cache: to read it takes a hundred times as long."""

    def call(data: bytes, path: Path) -> Any:
        if not is_yaml(path):
            return decode(data, path)
        return cache.value(f"yaml {_YAML_EDITION} {digest(data)}", lambda: decode(data, path))

    return call


def digest(data: bytes) -> str:
    """What tells contents of files apart."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()


def is_yaml(path: Path) -> bool:
    """Whether a file is read as YAML, going by its name."""
    return path.suffix in {".yaml", ".yml"}


def read(path: Path, decode: Decode = decode) -> Any:
    """Decode a JSON or YAML file.

    Raises:
        ContractError: the file is not there, too large, or neither JSON nor YAML; the message says where.
    """
    return decode(read_bytes(path), path)


def read_bytes(path: Path) -> bytes:
    """A file's bytes.

    Raises:
        ContractError: the file is not there, or larger than any contract.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise ContractError(f"{path}: cannot be read (it is no plain file); check the path")
        if found.st_size > _MAX_BYTES:
            raise ContractError(
                f"{path}: larger than {_MAX_BYTES >> 20} MB, which no contract is; is it the right file?"
            )
        return path.read_bytes()
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def _decode_json(data: bytes, path: Path) -> Any:
    try:
        return orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise ContractError(f"{path}: broken JSON: {error}; YAML files need the ending .yaml") from error


def _decode_yaml(data: bytes, path: Path) -> Any:
    if len(data) > _MAX_YAML_BYTES:
        limit = f"{_MAX_YAML_BYTES >> 20} MB"
        raise ContractError(f"{path}: YAML of more than {limit} takes minutes to read; convert it to JSON once")
    try:
        return yaml_document.decode(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: broken YAML: {error}") from error
    except ValueError as error:
        raise ContractError(f"{path}: {error}") from error


def resolve(document: Any, reference: str) -> Any:
    """What a local reference (``#/components/schemas/Order``) points to.

    Raises:
        ContractError: the reference leaves the document, or points to nothing.
    """
    return trail(document, reference)[-1]


def trail(document: Any, reference: str) -> list[Any]:
    """Every value on the way to what a local reference points to: the document first, the target last.

    Raises:
        ContractError: the reference leaves the document, or points to nothing.
    """
    if not reference.startswith("#"):
        raise ContractError(f"$ref {reference!r} leaves the document; only references that start with # are followed")
    given = unquote(reference[1:])
    if given and not given.startswith("/"):
        raise ContractError(f"$ref {reference!r} is no JSON Pointer; write #/ and the way to what is meant")
    found = [document]
    for token in pointer_tokens(given):
        match found[-1]:
            case Mapping() as here if token in here:
                found.append(here[token])
            case list() as here if token.isascii() and token.isdecimal() and int(token) < len(here):
                found.append(here[int(token)])
            case _:
                raise ContractError(f"$ref {reference!r} points to nothing (at {token!r})")
    return found


def pointer_tokens(pointer: str) -> list[str]:
    """``/a~1b/0`` -> ``["a/b", "0"]``."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def pointer(*tokens: str | int) -> str:
    """``("a/b", 0)`` -> ``/a~1b/0``."""
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in tokens)


def fragment(*tokens: str | int) -> str:
    """A JSON Pointer as a URI fragment, percent-encoded where a URI needs it: what may follow ``#`` in a ``$ref``."""
    return quote(pointer(*tokens), safe="/~!$&'()*+,;=:@?", errors="surrogatepass")
