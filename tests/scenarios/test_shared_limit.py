"""Real processes hold a limit together as exactly as one does, and hold still while their store is away."""

import asyncio
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
import pytest

from worker import service
from worker.errors import StoreAwayError
from worker.job import Lane
from worker.limits.budget import from_settings
from worker.ports import Ask, Clock, Quota
from worker.service.store import Store
from worker.settings import LimitSettings, Settings
from worker.settings.settings import QueueSettings

_RATE: Final = 1000
_PROCESSES: Final = 4
_EACH: Final = 300
_BUDGET: Final = from_settings(LimitSettings(rate=_RATE, per_s=1.0))
_PATIENCE_S: Final = 60.0
_TRIES: Final = 3000  # 10 ms apart: half a minute


class Server(Protocol):
    """One that can be killed and started again."""

    @property
    def url(self) -> str:
        """Where it is."""

    def start(self) -> Any:
        """Start it."""

    def kill(self) -> None:
        """Kill it."""


@pytest.fixture(params=["sqlite", "postgres", "valkey", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Each store that processes can share."""
    fixtures = {"postgres": "postgres_schema", "valkey": "valkey_prefix", "redis": "redis_prefix"}
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/queue.db"
    found: str = request.getfixturevalue(fixtures[request.param])
    return found


@pytest.fixture(params=["own_postgres", "own_valkey"])
def server(request: pytest.FixtureRequest) -> Server:
    """A server of which an acknowledged change survives a kill."""
    own: Callable[..., Server] = request.getfixturevalue(request.param)
    return own(durable=True)


def _settings(url: str) -> Settings:
    return Settings(queue=QueueSettings(url))


def test_four_processes_hold_a_limit_as_exactly_as_one(url: str) -> None:
    """No second holds more slots than its rate, whoever got them, and no two of them are closer than one's would be."""
    command = [sys.executable, "-m", "tests.scenarios.drawing", url, str(_RATE), str(_EACH)]
    workers = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(_PROCESSES)]
    drawn = [orjson.loads(worker.communicate(timeout=_PATIENCE_S)[0]) for worker in workers]
    slots = sorted(slot for one in drawn for slot in one)
    assert [len(one) for one in drawn] == [_EACH] * _PROCESSES
    assert max(bisect_left(slots, at + _BUDGET.span_s) - number for number, at in enumerate(slots)) <= _RATE
    assert min(later - at for at, later in pairwise(slots)) >= _BUDGET.interval_s - 1e-6


async def test_nothing_is_granted_while_the_store_is_away(server: Server) -> None:
    """What was granted ahead is all there is; afterwards the accounts know of it, and it counts."""
    async with service.open_store(_settings(server.url), service.system_clock()) as store:
        quota = store.quota({"shop": [_BUDGET]})
        before = await _slots(quota)
        await asyncio.to_thread(server.kill)
        for _ in range(5):
            with pytest.raises(StoreAwayError):
                await _slots(quota)
        await asyncio.to_thread(server.start)
        after = await _once_back(store, quota, store.clock)
        assert after[0] >= before[-1] + _BUDGET.interval_s - 1e-6


async def _once_back(store: Store, quota: Quota, clock: Clock) -> list[float]:
    for _ in range(_TRIES):
        with suppress(StoreAwayError):
            await store.queue.lanes()
            if slots := await _slots(quota):
                return slots
        await clock.sleep(0.01)
    pytest.fail("the store never came back")


async def _slots(quota: Quota) -> list[float]:
    (grant,) = await quota.grant([Ask(Lane("shop", "o"), _RATE)])
    return list(grant.slots)
