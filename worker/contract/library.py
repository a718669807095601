"""A contract's document and the files that it refers to: read once, found by reference, kept whole."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

from worker.contract import document
from worker.contract.document import Decode, fragment, pointer_tokens, resolve
from worker.errors import ContractError

#: What files are called inside a set of schemas, so that references from one to another are resolved as URIs are. The
#: host cannot exist (RFC 6761), and nothing is ever fetched.
_ROOT: Final = "https://contract.invalid"

#: A reference that does not start with ``#``, in JSON or YAML.
_LEAVES: Final = re.compile(rb"""\$ref["']?\s*:\s*["']?[^#"'\s]""")
_MAX_FILES: Final = 1000  # real contracts have tens; this only stops a folder full of files that name each other


def uri_of(path: Path) -> str:
    """What a file is called inside a set of schemas."""
    return path.absolute().as_uri().replace("file://", _ROOT, 1)


def absolute(reference: str, base: str) -> str:
    """A reference that stands in the document ``base``, with the document's own address."""
    if reference.startswith("#"):
        return base + reference
    try:
        return urljoin(base, reference)
    except ValueError:  # such as "http://[": no URI, so nothing that could be found
        return reference


class Library:
    """Documents by URI. References are followed inside of it, and never out of it.

    Attributes:
        uri: the root document's.
        documents: decoded, by URI; the root's first.
    """

    def __init__(self, root: Any, uri: str = f"{_ROOT}/contract") -> None:
        self.uri = uri
        self.documents: dict[str, Any] = {uri: root}
        self._refused: dict[str, str] = {}  # why a file that something refers to is not here

    @property
    def root(self) -> Any:
        """The document that was asked for."""
        return self.documents[self.uri]

    def find(self, reference: str, base: str) -> tuple[Any, str]:
        """What a reference that stands in the document ``base`` points to, and where that stands (``URI#pointer``).

        Raises:
            ContractError: it leaves the library, or points to nothing.
        """
        uri, _, given = absolute(reference, base).partition("#")
        if uri not in self.documents:
            reason = self._refused.get(uri, "it leaves the contract; only files beside it are read")
            raise ContractError(f"$ref {reference!r}: {reason}")
        return resolve(self.documents[uri], f"#{given}"), f"{uri}#{fragment(*pointer_tokens(unquote(given)))}"

    def lookup(self, reference: str) -> Any:
        """What an absolute reference points to.

        Raises:
            ContractError: it leaves the library, or points to nothing.
        """
        return self.find(reference, self.uri)[0]

    def is_inside(self, reference: str, base: str) -> bool:
        """Whether a reference names a document of the library, be there anything at its pointer or not."""
        return absolute(reference, base).partition("#")[0] in self.documents

    def shown(self, at: str) -> str:
        """A place as a person reads it: ``#/paths/...``, or ``common.yaml#/...`` in another file."""
        uri, _, pointer = at.partition("#")
        if uri == self.uri:
            return f"#{pointer}"
        return f"{unquote(uri).rpartition('/')[2]}#{pointer}"

    def without_root(self, text: str) -> str:
        """Text of somebody who knows URIs only, with the files called as they are called in the contract."""
        return text.replace(self.uri, "").replace(self.uri.rpartition("/")[0] + "/", "")

    def add_files(self, folders: Sequence[Path], decode: Decode) -> None:
        """Read every file that a document refers to, and those that they refer to, as far as the folders allow."""
        waiting = [self.uri]
        while waiting:
            base = waiting.pop()
            for uri in dict.fromkeys(
                absolute(one, base).partition("#")[0] for one in _references(self.documents[base])
            ):
                if uri in self.documents or uri in self._refused or not uri.startswith(f"{_ROOT}/"):
                    continue
                try:
                    self.documents[uri] = self._read(uri, folders, decode)
                    waiting.append(uri)
                except ContractError as error:  # told only where the reference is needed: an example may have some
                    self._refused[uri] = str(error)

    def _read(self, uri: str, folders: Sequence[Path], decode: Decode) -> Any:
        path = Path(url2pathname(urlsplit(uri).path)).resolve()
        if not any(path.is_relative_to(folder.resolve()) for folder in folders):
            raise ContractError(f"{path} is outside of the contract's folder; allow its folder with contract_folders")
        if len(self.documents) == _MAX_FILES:
            raise ContractError(f"the contract refers to more than {_MAX_FILES} files")
        return document.read(path, decode)


def load(path: Path, folders: Sequence[Path], decode: Decode) -> Library:
    """Read a document and the files that it refers to.

    Args:
        path: of the document.
        folders: where files may be taken from, besides the document's own folder and those inside of it.
        decode: makes a value of a file's bytes.

    Raises:
        ContractError: the document cannot be read; the message names the file.
    """
    library = Library(document.read(path, decode), uri_of(path))
    library.add_files([path.parent, *folders], decode)
    return library


def stands_alone(data: bytes) -> bool:
    """Whether a document, as JSON or YAML, refers to no file: nearly all do not."""
    return _LEAVES.search(data) is None


def _references(value: Any) -> Iterator[str]:
    """Every ``$ref`` that leaves its document, wherever it stands."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Mapping() as here:
                if isinstance(reference := here.get("$ref"), str) and not reference.startswith("#"):
                    yield reference
                waiting.extend(here.values())
            case list() as here:
                waiting.extend(here)
