"""What a restart of the server may cost: known of the one that answers now, as it is set up now, and said once."""

from typing import Final

import structlog

from worker.finding import Finding
from worker.ports import Clock
from worker.queues.valkey.condition import Condition, findings_of, persistence_of, read_condition
from worker.queues.valkey.connection import Connection

log = structlog.get_logger(__name__)

#: How often to ask a server whose disk cannot be waited for whether it can be by now: nothing else would tell.
_AGAIN_S: Final = 60.0


class Durability:
    """Whether the disk is waited for, and what may be lost where it is not.

    Args:
        connection: to the server.
        clock: tells when to ask again.
        condition: how the server was when the connection was made; None where it does not tell.
    """

    def __init__(self, connection: Connection, clock: Clock, condition: Condition | None) -> None:
        self._connection = connection
        self._clock = clock
        self._said: Finding | None = None
        self._note(condition)

    async def look(self) -> None:
        """Ask again where the server may be another, or otherwise set up; say what those who work with jobs must know.

        Raises:
            StoreAwayError: there is no connection.
        """
        late = not self._connection.waits_for_disk and self._clock.monotonic() >= self._again_at
        if self._connection.in_doubt or late:
            self._connection.in_doubt = False  # until something happens while it is asked
            self._note(await read_condition(self._connection))
        if self._found.severity != "ok" and self._found != self._said:
            log.error(  # also where only errors are shown: what was accepted may be lost
                "store_not_durable", store=self._connection.shown, detail=self._found.detail, remedy=self._found.remedy
            )
        self._said = self._found

    def _note(self, condition: Condition | None) -> None:
        self._connection.waits_for_disk = condition is not None and condition.waits_for_disk
        self._found = findings_of(None)[0] if condition is None else persistence_of(condition)
        self._again_at = self._clock.monotonic() + _AGAIN_S
