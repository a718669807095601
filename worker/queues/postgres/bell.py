"""Hears when jobs come: PostgreSQL tells everyone who listens, once for each batch, when it is committed."""

from collections.abc import Callable
from typing import Final

from worker.ports import Clock
from worker.queues.postgres.address import Address
from worker.queues.postgres.pool import connect
from worker.queues.postgres.statements import placed
from worker.queues.postgres.translation import translated

_ALIVE_S: Final = 5.0  # a connection of which nothing has been heard for so long is asked whether it is there
_CHANNEL: Final = "preflight.ready"


async def hear(address: Address, clock: Clock, ring: Callable[[], None]) -> None:
    """Listen on a connection of our own until it breaks; see ``ListeningBell``.

    Raises:
        StoreError: it could not be made, or it broke.
    """
    with translated(address.shown, address.schema):
        connection = await connect(address)
        try:
            await connection.add_listener(placed(_CHANNEL, address.schema), lambda *_: ring())
            ring()
            while True:
                await clock.sleep(_ALIVE_S)
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()
