"""A request as it came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(slots=True)
class Received:
    """A request, whole.

    Attributes:
        path: still percent-encoded, without the query and without the sandbox's prefix.
        query: still percent-encoded, without the question mark.
        headers: names in lower case; a repeated header's values joined by a comma and a space.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def cookies(self) -> list[str]:
        """The cookies as they were sent, such as ``["sid=31d4", "lang=en"]``."""
        pieces = self.headers.get("cookie", "").split(";")
        return [cookie for piece in pieces if (cookie := piece.strip(" \t"))]

    def digest(self, salt: bytes = b"") -> bytes:
        """16 bytes that tell this request from others by method, path, query and body; headers do not count."""
        target = f"{self.method} {self.path}?{self.query}\n".encode(errors="surrogateescape")
        return blake2b(target + self.body, digest_size=16, key=salt).digest()
