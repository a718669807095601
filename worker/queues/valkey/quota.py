"""Accounts as keys that expire some time after they are full again: one script swaps them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from worker.queues.swapping import Change
from worker.queues.valkey.connection import Connection

#: How much longer than necessary an account is kept: a worker that stood still for a while remembers it still.
_GRACE_S: Final = 60.0


class ValkeyAccounts:
    """See ``Accounts``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """See ``Accounts``."""
        return _texts(names, await self._connection.ask(*(("GET", f"quota:{name}") for name in names)))

    async def swap(self, changes: Sequence[Change], now: float) -> Mapping[str, str] | None:
        """See ``Accounts``."""
        words = [
            word
            for name, seen, new, full_at in changes
            for word in (name, seen, new, math.ceil(max(full_at - now, 0.0) + _GRACE_S) * 1000)
        ]
        current = await self._connection.run("swap_quotas", *words)
        return None if current is None else _texts([change.name for change in changes], current)


def _texts(names: Sequence[str], answers: Iterable[bytes | None]) -> dict[str, str]:
    return {name: (answer or b"").decode() for name, answer in zip(names, answers, strict=True)}
