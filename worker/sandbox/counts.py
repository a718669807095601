"""What the sandbox answered, in numbers; and, when asked to remember, every request that it saw."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

import orjson

from worker.clock import to_rfc3339
from worker.sandbox.received import Received

#: Longer bodies are remembered by their digest only.
_SMALL_BYTES: Final = 4096

#: Lines that go out at once; a long list is neither joined into one piece nor sent in crumbs.
_PAGE: Final = 512


@dataclass(slots=True)
class Counts:
    """Numbers since the start or the last reset.

    Attributes:
        requests: all that came to the API's paths, whatever became of them.
        statuses: answers by status. A processed request whose connection was then dropped counts as its good answer, a
            replayed one does not count again: so good statuses are deliveries, each once.
        operations: the same by operation; a path that no operation has is in none.
        dropped: connections closed without an answer.
        replayed: requests that got the stored answer of an earlier one with the same idempotency key.
        connections: connections opened, those to ``/__sandbox__`` included.
    """

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    dropped: int = 0
    replayed: int = 0
    connections: int = 0

    def as_json(self, peak: int) -> dict[str, Any]:
        """The answer to ``GET /__sandbox__/counts``; ``peak`` is that of the rate limits."""
        return {
            "requests": self.requests,
            "statuses": _texts(self.statuses),
            "operations": {name: _texts(counter) for name, counter in self.operations.items()},
            "dropped": self.dropped,
            "replayed": self.replayed,
            "connections": self.connections,
            "peak_per_window": peak,
        }


def _texts(counter: Counter[int]) -> dict[str, int]:
    return {str(status): counter[status] for status in sorted(counter)}


class Records:
    """Every request that was seen, a JSON line each: some 400 bytes, and the body where it is small."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []

    def add(self, request: Received, seen: dict[str, Any], at: float) -> None:
        """Remember a request; ``seen`` is what became of it, ``at`` is in epoch seconds."""
        line = {
            "n": len(self._lines) + 1,
            "method": request.method,
            "path": _text(request.path),
            "query": _text(request.query),
            **{name: _text(value) if isinstance(value, str) else value for name, value in seen.items()},
            "body_sha256": sha256(request.body).hexdigest(),
            "body": _readable(request.body),
            "at": to_rfc3339(at),
        }
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def clear(self) -> None:
        """Forget everything."""
        self._lines.clear()

    def pages(self) -> Iterator[bytes]:
        """The lines so far, several at once."""
        lines = self._lines[:]  # of now: requests go on while these go out
        for start in range(0, len(lines), _PAGE):
            yield b"".join(lines[start : start + _PAGE])


def _text(text: str) -> str:
    """Bytes that are no UTF-8 become escapes: JSON has no other way to say them."""
    return text.encode(errors="backslashreplace").decode()


def _readable(body: bytes) -> Any:
    """JSON where it is JSON, text where it is not or goes too deep to be written; None where it is empty or long."""
    if not body or len(body) > _SMALL_BYTES:
        return None
    try:
        return orjson.Fragment(orjson.dumps(orjson.loads(body)))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return body.decode(errors="replace")
