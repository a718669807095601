"""What every store remembers of lanes that stand still."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from worker.job import Scope, Standstill, Stop
from worker.queues.sqlite import SqliteStore
from worker.testing import ManualClock

_CLOSED = Stop(Scope("shop"), Standstill.CLOSED, "429 Too Many Requests", 1767225600.1234567, 1767225610.7654321)
_PAUSED = Stop(Scope("shop", "order", 'a\x00"é'), Standstill.PAUSED, 'by "me"\x00\n', 1767225599.5)


async def test_nothing_stands_still_at_first(store: Any) -> None:
    """Nor is it an error to lift what was never put up."""
    await store.stops.lift([_CLOSED])
    await store.stops.put([])
    assert await store.stops.all() == []


async def test_a_stop_comes_back_as_it_was_put(store: Any) -> None:
    """To the last digit and character, the oldest first."""
    await store.stops.put([_CLOSED, _PAUSED])
    assert await store.stops.all() == [_PAUSED, _CLOSED]


async def test_the_last_word_of_a_scope_and_kind_counts(store: Any) -> None:
    """Another kind of the same scope stands beside it."""
    longer = replace(_CLOSED, reason="503 Service Unavailable", until=1767225700.0)
    other = replace(_CLOSED, kind=Standstill.BREAKER_OPEN, since=1767225601.0)
    await store.stops.put([_CLOSED, other])
    await store.stops.put([longer])
    assert await store.stops.all() == [longer, other]


async def test_a_stop_is_lifted_alone(store: Any) -> None:
    """The others stay: other kinds of its scope, other scopes of its kind."""
    other = replace(_CLOSED, kind=Standstill.BREAKER_OPEN)
    await store.stops.put([_CLOSED, other, _PAUSED])
    await store.stops.lift([_PAUSED, other, replace(_CLOSED, scope=Scope("shop", "order"))])
    assert await store.stops.all() == [_CLOSED]


@pytest.mark.parametrize("newer", [{"until": 1767225700.0}, {"since": 1767225601.0}, {"reason": "503"}])
async def test_a_stop_that_took_the_place_of_the_lifted_one_stays(store: Any, newer: dict[str, Any]) -> None:
    """Another worker has found out meanwhile that the API is to be left alone for longer."""
    await store.stops.put([_CLOSED])
    (known,) = await store.stops.all()
    await store.stops.put([replace(_CLOSED, **newer)])
    await store.stops.lift([known])
    assert await store.stops.all() == [replace(_CLOSED, **newer)]


async def test_a_stop_whose_time_has_passed_is_shown_until_it_is_lifted(store: Any, clock: ManualClock) -> None:
    """Somebody has to find out first whether the lane may go on."""
    await store.stops.put([_CLOSED])
    clock.advance(3600)
    assert await store.stops.all() == [_CLOSED]


async def test_workers_of_one_file_see_each_others_stops(tmp_path: Path, clock: ManualClock) -> None:
    """And so does whoever comes after them."""
    first = await SqliteStore.open(tmp_path / "queue.db", clock)
    second = await SqliteStore.open(tmp_path / "queue.db", clock)
    await first.stops.put([_PAUSED])
    assert await second.stops.all() == [_PAUSED]
    await first.close()
    await second.close()
    third = await SqliteStore.open(tmp_path / "queue.db", clock)
    assert await third.stops.all() == [_PAUSED]
    await third.close()
