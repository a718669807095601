"""What a worker may count on, whichever server its store is on."""

import pytest

from tests.chaos.wire import Wire
from worker import service
from worker.clock import SystemClock
from worker.errors import StoreGoneError
from worker.job import Entry, Lane
from worker.ports import Want
from worker.settings import Settings
from worker.settings.settings import QueueSettings

_LANE = Lane("shop", "order")
_LEASE_S = 6.0


@pytest.mark.parametrize("server", ["postgres_schema", "valkey_prefix"])
async def test_a_renewal_that_is_not_answered_leaves_time_for_another(
    server: str, request: pytest.FixtureRequest
) -> None:
    """A connection may be silent for ever: who waits for it as long as it takes has lost his jobs by then."""
    with Wire(request.getfixturevalue(server)) as wire:
        settings = Settings(queue=QueueSettings(wire.url))
        async with service.open_store(settings, SystemClock(), _LEASE_S) as store:
            await store.queue.enqueue([Entry("1", _LANE, '{"id":"1"}')])
            leases = await store.queue.lease([Want(_LANE, 1)], _LEASE_S)
            wire.silence()
            with pytest.raises(StoreGoneError):
                await store.queue.renew(leases, _LEASE_S)
            wire.mend()
            await store.queue.reclaim()
            assert await store.queue.renew(leases, _LEASE_S) == [True]
