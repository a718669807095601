"""What an operation asks for before it lets anybody in: security schemes, in alternatives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from worker.contract.document import fragment
from worker.contract.library import Library
from worker.contract.reference import follow
from worker.errors import ContractError

#: How a scheme is met: by a header, query parameter or cookie of some name, by a kind of ``Authorization`` header, or
#: by the client's certificate.
Kind = Literal["header", "query", "cookie", "basic", "bearer", "other_http", "mutual_tls"]

_HTTP: Final[Mapping[str, Kind]] = {"basic": "basic", "bearer": "bearer"}
_KEY_PLACES: Final[tuple[Kind, ...]] = ("header", "query", "cookie")


@dataclass(frozen=True, slots=True)
class Scheme:
    """One way to say who one is.

    Attributes:
        name: what the contract calls it.
        carrier: the name of the header, query parameter or cookie; of other kinds the scheme of HTTP, or nothing.
    """

    name: str
    kind: Kind
    carrier: str = ""

    def __str__(self) -> str:
        where = {"other_http": f"HTTP {self.carrier}", "mutual_tls": "a client certificate"}
        told = where.get(self.kind, f"{self.kind} {self.carrier}".strip())
        return f"{self.name} ({told})"


#: Any one of them lets in, by all of its schemes together; none at all means that nobody is asked.
Alternatives = tuple[tuple[Scheme, ...], ...]


def read(library: Library, required: Any) -> Alternatives:
    """What a ``security`` list asks for; () where it lets everybody in.

    A scheme that the document does not describe, or describes as something unknown, cannot be met: it is left out.
    """
    alternatives = []
    for requirement in required if isinstance(required, list) else ():
        names = requirement if isinstance(requirement, dict) else {}
        alternatives.append(tuple(scheme for name in names if (scheme := _scheme(library, name)) is not None))
    return tuple(alternatives) if all(alternatives) else ()


def undescribed(library: Library, required: Any) -> Iterator[str]:
    """The names in a ``security`` list that stand for nothing that can be asked for."""
    for requirement in required if isinstance(required, list) else ():
        for name in requirement if isinstance(requirement, dict) else ():
            if _scheme(library, name) is None:
                yield name


def _scheme(library: Library, name: str) -> Scheme | None:
    components = library.root.get("components")
    described = components.get("securitySchemes") if isinstance(components, dict) else None
    given = described.get(name) if isinstance(described, dict) else None
    try:
        found, _ = follow(library, given, f"{library.uri}#{fragment('components', 'securitySchemes', name)}")
    except ContractError:
        return None
    return _described(name, found) if isinstance(found, dict) else None


def _described(name: str, found: Mapping[str, Any]) -> Scheme | None:
    match found.get("type"):
        case "http":
            given = str(found.get("scheme", "")).lower()
            return Scheme(name, _HTTP[given]) if given in _HTTP else Scheme(name, "other_http", given)
        case "oauth2" | "openIdConnect":
            return Scheme(name, "bearer")
        case "mutualTLS":
            return Scheme(name, "mutual_tls")
        case "apiKey" if found.get("in") in _KEY_PLACES and isinstance(found.get("name"), str):
            return Scheme(name, found["in"], found["name"])
    return None
