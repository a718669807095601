"""A bounded memory of requests that were seen."""

from hashlib import blake2b
from typing import Final, Generic, TypeVar

#: Some 170 bytes each, so 170 MB when full: enough for every benchmark, and an end all the same.
_MOST: Final = 1_000_000

V = TypeVar("V")


class Memory(Generic[V]):
    """Values by digest, ``most`` of them at the most and never fewer than the latest half of that.

    Digests stand for the texts, so that a key of any length costs the same. There are two generations: when the younger
    one is half of ``most``, the older one is forgotten as a whole. So an eviction costs nothing per value; a single
    dict, emptied at its front, would search through the holes that it leaves there.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._half = max(1, most // 2)
        self._young: dict[bytes, V] = {}
        self._old: dict[bytes, V] = {}

    @staticmethod
    def digest(text: str) -> bytes:
        """16 bytes that stand for a text."""
        return blake2b(text.encode(errors="surrogateescape"), digest_size=16).digest()

    def get(self, digest: bytes) -> V | None:
        """What was put, or None."""
        found = self._young.get(digest)
        return self._old.get(digest) if found is None else found

    def put(self, digest: bytes, value: V) -> None:
        """Remember a value; makes room if need be."""
        self._old.pop(digest, None)
        self._young[digest] = value
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old = {}, {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
