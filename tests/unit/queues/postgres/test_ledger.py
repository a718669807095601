"""What only PostgreSQL's ledger has to stand: writers and readers at the same time, on many connections."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from worker.failure import Ending, Failure, Selection
from worker.job import Entry, Lane, Scope, Source, Standstill, State, Stop
from worker.outcome import Cause, Dead, Delivered, Parked, Problem, Settlement
from worker.ports import Edit, Want
from worker.queues.postgres.address import address_of
from worker.queues.postgres.statements import placed
from worker.queues.postgres.store import PostgresStore
from worker.testing import ManualClock

LANE = Lane("shop", "order")
PROBLEM = Problem(Cause.INVALID, "judge", "it failed", "because it failed")


async def submit(store: PostgresStore, *ids: str, lane: Lane = LANE, payload: str = "{}") -> None:
    """Put jobs with these ids on the queue."""
    assert (await store.queue.enqueue([Entry(id_, lane, payload) for id_ in ids])).accepted == len(ids)


async def fail(store: PostgresStore, *ids: str, parked: bool = False, lane: Lane = LANE) -> None:
    """Let jobs with these ids fail."""
    await submit(store, *ids, lane=lane)
    outcome = Parked(PROBLEM) if parked else Dead(PROBLEM)
    leases = await store.queue.lease([Want(lane, len(ids))], 60)
    assert all(await store.queue.settle([Settlement(lease, outcome) for lease in leases]))


def ids_of(endings: Sequence[Ending]) -> list[str]:
    """Which jobs have ended."""
    return [ending.end.id for ending in endings]


async def test_an_ending_that_is_committed_late_is_behind_those_that_were_read(store: PostgresStore, sql: Any) -> None:
    """Whoever reads on from the last number gets it, though it came to be before those that he has read."""
    await fail(store, "early")
    await sql.execute("DELETE FROM endings")
    slow = sql.transaction()
    await slow.start()
    await sql.execute("INSERT INTO endings (seq) SELECT seq FROM failures")
    await fail(store, "late")

    (read,) = await store.ledger.endings()
    assert read.end.id == "late"
    await slow.commit()

    assert ids_of(await store.ledger.endings(read.number)) == ["early"]
    assert ids_of(await store.ledger.endings()) == ["late", "early"]


async def test_who_follows_the_endings_misses_none_of_many_writers(store: PostgresStore, other: PostgresStore) -> None:
    """And reads each once, in numbers that grow, whoever else reads at the same time."""
    await submit(store, *map(str, range(400)))
    writing = True

    async def write(store: PostgresStore) -> None:
        while leases := await store.queue.lease([Want(LANE, 3)], 60):
            await store.queue.settle([Settlement(lease, Delivered()) for lease in leases])

    async def follow(store: PostgresStore) -> list[Ending]:
        found: list[Ending] = []
        while True:
            last = not writing
            page = await store.ledger.endings(found[-1].number if found else 0, 7)
            found += page
            if last and not page:
                return found

    following = [asyncio.create_task(follow(one)) for one in (store, other)]
    await asyncio.gather(*(write(one) for one in (store, other) for _ in range(3)))
    writing = False
    one, another = await asyncio.gather(*following)

    assert one == another
    assert sorted(ids_of(one)) == sorted(map(str, range(400)))
    assert [ending.number for ending in one] == sorted({ending.number for ending in one})


async def test_two_people_who_replay_the_same_jobs_send_them_once(store: PostgresStore, other: PostgresStore) -> None:
    """One of them is told for each job that it was done, and nobody waits for the other for ever."""
    ids = [str(number) for number in range(60)]
    await fail(store, *ids)

    done = await asyncio.gather(
        store.ledger.replay([Edit(id_) for id_ in ids]),
        other.ledger.replay([Edit(id_, '{"api":"shop","operation":"order"}') for id_ in reversed(ids)]),
    )

    assert sum(done) == 60
    assert (await store.ledger.counts()).states[State.READY] == 60
    assert (await store.ledger.counts()).failures == {}


async def test_a_job_is_resolved_or_discarded_but_not_both(store: PostgresStore, other: PostgresStore) -> None:
    """What two people decide at the same time is decided once."""
    ids = [str(number) for number in range(60)]
    await fail(store, *ids, parked=True)

    resolved, discarded = await asyncio.gather(
        store.ledger.resolve(ids, 77.0), other.ledger.discard(list(reversed(ids)))
    )

    assert resolved + discarded == 60
    assert (await store.ledger.counts()).states[State.DELIVERED] == resolved
    assert len((await store.ledger.results())[0]) == resolved
    assert len(await store.ledger.endings()) == resolved


async def test_a_replayed_job_rings_the_bell(store: PostgresStore, postgres_schema: str, sql: Any) -> None:
    """Also where it is the only one; one that waits for its time rings for nobody."""
    await fail(store, "now", "later")
    rung: asyncio.Queue[str] = asyncio.Queue()
    channel = placed("preflight.ready", address_of(postgres_schema).schema)
    await sql.add_listener(channel, lambda *_: rung.put_nowait("rung"))

    await store.ledger.replay([Edit("later", due_at=store.clock.now() + 60)])
    await sql.fetch("SELECT 1")
    assert rung.empty()

    await store.ledger.replay([Edit("now")])
    assert await rung.get() == "rung"


async def test_pages_of_big_jobs_are_short_and_complete(store: PostgresStore) -> None:
    """A page that is shorter than its limit still says how to go on; a job that is too big for any comes alone."""
    await submit(store, "a", "b")
    await submit(store, "huge", payload=f'{{"body":"{"x" * 33_000_000}"}}')
    await submit(store, "c")
    while leases := await store.queue.lease([Want(LANE, 9)], 60):
        await store.queue.settle([Settlement(lease, Delivered()) for lease in leases])

    pages, after = [], 0
    while True:
        page, more = await store.ledger.results(after)
        pages.append([result.id for result in page])
        if more is None:
            break
        after = more

    assert pages == [["a", "b"], ["huge"], ["c"]]
    endings = await store.ledger.endings()
    assert ids_of(endings) == ["a", "b"]
    assert ids_of(await store.ledger.endings(endings[-1].number)) == ["huge"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
async def test_a_page_that_ends_with_the_last_job_says_whether_rows_follow(store: PostgresStore, limit: int) -> None:
    """Failed jobs and rejected rows are two tables, and one list."""
    await fail(store, "a", "b")
    await store.ledger.reject([Failure("row", LANE, PROBLEM, None, 1.0)])

    found, after = [], 0
    while True:
        page, more = await store.ledger.failures(Selection(), after, limit)
        assert page
        found += [failure.id for failure in page]
        if more is None:
            break
        after = more

    assert found == ["a", "b", "row"]


@pytest.mark.parametrize(
    ("api", "operation", "ids"),
    [
        ("shop", None, {"plain", "keyed"}),
        (None, "order", {"plain", "odd key"}),
        ("shop", "order", {"plain"}),
        ('sh"op', "order", {"odd key"}),
        ("sh", None, set()),
        (None, "rder", set()),
        (None, "k", set()),
        ('x","order', None, {"odd api"}),
        ("sh%p", None, set()),
    ],
)
async def test_a_lane_is_chosen_by_the_whole_of_its_names(
    store: PostgresStore, api: str | None, operation: str | None, ids: set[str]
) -> None:
    """Names are kept as one text; no quote, comma or NUL in one of them makes it look like another."""
    lanes = {
        "plain": Lane("shop", "order"),
        "keyed": Lane("shop", "refund", "order"),
        "odd key": Lane('sh"op', "order", 'a\0","k",'),
        "odd api": Lane('x","order', "refund", "k"),
    }
    for id_, lane in lanes.items():
        await fail(store, id_, lane=lane)

    found, _ = await store.ledger.failures(Selection(api=api, operation=operation))

    assert {failure.id for failure in found} == ids


async def test_names_that_postgresql_cannot_hold_are_kept(store: PostgresStore) -> None:
    """A NUL comes back; half a character, as some file systems have it, is shown by its number."""
    for number, file in enumerate(("a\0b.csv", "a\udc80.csv")):
        await store.queue.enqueue([Entry(f"{number}\0\\", LANE, "{}", line=1)], file)
        (lease,) = await store.queue.lease([Want(LANE, 1)], 60)
        await store.queue.settle([Settlement(lease, Dead(PROBLEM))])

    failures, _ = await store.ledger.failures(Selection(ids=frozenset({"0\0\\", "1\0\\"})))

    assert [(failure.id, failure.source) for failure in failures] == [
        ("0\0\\", Source("a\0b.csv", 1)),
        ("1\0\\", Source("a\\udc80.csv", 1)),
    ]


async def test_workers_of_one_schema_see_each_others_stops(
    store: PostgresStore, other: PostgresStore, clock: ManualClock
) -> None:
    """The last word of a batch counts, where it names a scope twice."""
    first = Stop(Scope("shop"), Standstill.CLOSED, "429", clock.now())
    last = Stop(Scope("shop"), Standstill.CLOSED, "503", clock.now())

    await store.stops.put([first, last])

    assert await other.stops.all() == [last]
