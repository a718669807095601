"""A bounded memory of requests that were seen."""

from hashlib import blake2b
from typing import Final, Generic, TypeVar

#: About 180 bytes each, so 180 MB when full: enough for every benchmark, and an end all the same.
_MOST: Final = 1_000_000

V = TypeVar("V")


class Memory(Generic[V]):
    """Values by digest; over ``most`` of them, the one that has been there for longest is forgotten first.

    Digests stand for the texts, so that a key of any length costs the same, and a dict keeps the order of arrival.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._values: dict[bytes, V] = {}

    @staticmethod
    def digest(text: str) -> bytes:
        """16 bytes that stand for a text."""
        return blake2b(text.encode(errors="surrogateescape"), digest_size=16).digest()

    def get(self, digest: bytes) -> V | None:
        """What was put, or None."""
        return self._values.get(digest)

    def put(self, digest: bytes, value: V) -> None:
        """Remember a value; makes room if need be."""
        self._values[digest] = value
        if len(self._values) > self._most:
            del self._values[next(iter(self._values))]

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()

    def __len__(self) -> int:
        return len(self._values)
