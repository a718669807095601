"""A record that no store can hold takes no other with it."""

from pathlib import Path

import orjson
import structlog

from worker.events import Bus
from worker.job import Entry, Lane, State
from worker.outcome import Attempt, Delivered, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.stages.settle import Settler
from worker.testing import ManualClock

_LANE = Lane("shop", "order")


async def test_a_record_that_cannot_be_written_parks_its_own_job_only(tmp_path: Path) -> None:
    """Half a surrogate pair in one answer: that job is parked, the others are delivered, and it is logged."""
    clock = ManualClock()
    store = await SqliteStore.open(tmp_path / "queue.db", clock)
    payload = {"api": "shop", "operation": "order"}
    entries = [Entry(name, _LANE, orjson.dumps({"id": name, **payload}).decode()) for name in ("a", "b", "c")]
    await store.queue.enqueue(entries)
    leases = await store.queue.lease([Want(_LANE, 3)], 60.0)
    settler = Settler(store.queue, Bus(), clock, lambda _: None)
    for lease in leases:
        reply = "\ud800" if lease.payload["id"] == "b" else "{}"
        settler.put_now(Settlement(lease, Delivered(), Attempt(1, 0.0, 1.0, 200, reply=reply)))

    with structlog.testing.capture_logs() as lines:
        await settler.flush()

    states = (await store.ledger.counts()).states
    await store.close()
    assert (states[State.DELIVERED], states[State.PARKED], states[State.LEASED]) == (2, 1, 0)
    assert [line["event"] for line in lines] == ["record_not_writable"]
