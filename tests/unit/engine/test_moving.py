"""A queue moves house: all of it, once, and nobody works it meanwhile."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import pytest

from worker.engine.census import Difference
from worker.engine.moving import Moved, Moving, Progress, Side
from worker.errors import StoreError, UsageError
from worker.failure import Failure, Result
from worker.job import Entry, Lane, Scope, Standstill, State, Stop
from worker.outcome import Cause, Problem
from worker.ports import Accepted, Want
from worker.queues.memory import MemoryStore
from worker.record import Record
from worker.testing import ManualClock

LANE: Final = Lane("shop", "order")
PROBLEM: Final = Problem(Cause.INVALID, "judge", "t", "d")
PAUSED: Final = Stop(Scope("shop"), Standstill.PAUSED, "paused by ada", 5.0)
EVERYTHING: Final = Scope("*")
LEFT: Final = "its jobs were copied to valkey://new: work that queue; worked here too, they are sent twice"
UNFINISHED: Final = "run that copy to its end; if both are worked, jobs are sent twice"

HOUSEHOLD: Final = (
    Record("ready", LANE, '{"id":"ready"}', State.READY),
    Record("dead", LANE, '{"id":"dead"}', State.DEAD, problem=PROBLEM, failed_at=7.0),
    Record("done", LANE, "{}", State.DELIVERED, attempts=1, result=Result("done", LANE, 201, 1.0, 1, None, None, 8.0)),
    Failure("row-1", Lane("shop", ""), PROBLEM, None, 9.0),
)


Act = Callable[[], Awaitable[object]]


class Meddled:
    """A store in which something happens whenever records are written."""

    def __init__(self, store: MemoryStore, act: Act) -> None:
        self.queue, self.ledger, self.stops, self.clock = store.queue, store.ledger, store.stops, store.clock
        self.archive = self
        self.read, self.prune = store.archive.read, store.archive.prune
        self._write, self._act = store.archive.write, act

    async def write(self, records: Sequence[Record | Failure]) -> Accepted:
        """Keep them; then it happens."""
        accepted = await self._write(records)
        await self._act()
        return accepted


async def nothing() -> None:
    """What happens usually."""


class Move:
    """Two stores, and the way from one to the other."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.old, self.new = MemoryStore(self.clock), MemoryStore(self.clock)
        self.progress = Progress()

    async def run(self, meanwhile: Act = nothing, target: MemoryStore | None = None) -> Moved:
        """Copy all there is; and say what happens meanwhile."""
        coming = Meddled(target or self.new, meanwhile)
        sides = Side(self.old, "sqlite:///old.db"), Side(coming, "valkey://new")
        self.progress = Progress()
        return await self.clock.run_until(Moving(*sides, self.progress, lambda _: None).run())

    async def contents(self, store: MemoryStore) -> list[Record | Failure]:
        """All that a store holds."""
        return (await store.archive.read())[0]

    async def standing(self, store: MemoryStore) -> list[str]:
        """Why all of a store stands still."""
        return [stop.reason for stop in await store.stops.all() if stop.scope == EVERYTHING]


@pytest.fixture
async def move() -> Move:
    """An old store with a household, and an empty new one."""
    move = Move()
    await move.old.archive.write(HOUSEHOLD)
    return move


async def test_everything_moves(move: Move) -> None:
    """Jobs, rejected rows and what stands still; the old queue says where they went, the new one may be worked."""
    await move.old.stops.put([PAUSED])

    moved = await move.run()

    assert moved.complete
    assert moved.progress == Progress(total=4, jobs=3, rejected=1, copied=4)
    assert await move.contents(move.new) == list(HOUSEHOLD)
    assert await move.new.stops.all() == [PAUSED]
    assert await move.standing(move.old) == [LEFT]


async def test_nobody_works_either_queue_meanwhile(move: Move) -> None:
    """Each says why it stands still."""
    seen: list[Stop] = []

    async def look() -> None:
        seen.extend([*await move.old.stops.all(), *await move.new.stops.all()])

    await move.run(look)

    assert [(stop.scope, stop.kind, stop.reason) for stop in seen] == [
        (EVERYTHING, Standstill.PAUSED, f"its jobs are being copied to valkey://new: {UNFINISHED}"),
        (EVERYTHING, Standstill.PAUSED, f"jobs are being copied here from sqlite:///old.db: {UNFINISHED}"),
    ]


async def test_a_copy_is_made_again_where_it_was_interrupted(move: Move) -> None:
    """What is there is skipped; both queues stand still in between."""

    async def die() -> None:
        raise StoreError("gone")

    with pytest.raises(StoreError, match="gone"):
        await move.run(die)
    assert [await move.standing(store) for store in (move.old, move.new)] != [[], []]
    await move.new.ledger.discard(["row-1"])

    moved = await move.run()

    assert moved.complete
    assert (moved.progress.copied, moved.progress.already_there) == (1, 3)
    assert await move.contents(move.new) == list(HOUSEHOLD)
    assert await move.standing(move.new) == []


async def test_what_the_new_queue_had_stays(move: Move) -> None:
    """And is no difference; its own stops are not replaced by older ones."""
    newer = Stop(Scope("shop"), Standstill.PAUSED, "paused by grace", 6.0)
    await move.new.queue.enqueue([Entry("own", LANE, "{}")])
    await move.new.stops.put([newer])
    await move.old.stops.put([PAUSED])

    moved = await move.run()

    assert moved.complete
    assert moved.target.states[State.READY] == 2
    assert [record.id for record in await move.contents(move.new)] == ["own", "ready", "dead", "done", "row-1"]
    assert await move.new.stops.all() == [newer]


async def test_a_job_of_the_same_id_that_is_another_is_told(move: Move) -> None:
    """It is not copied, so not all has moved."""
    await move.new.queue.enqueue([Entry("ready", LANE, '{"id":"ready","body":1}')])

    moved = await move.run()

    assert not moved.complete
    assert (moved.progress.conflicts, moved.progress.conflicting, moved.differences) == (1, ["ready"], ())
    assert await move.standing(move.new) == []


@pytest.mark.parametrize("which", ["old", "new"])
async def test_jobs_in_workers_hands_are_waited_for_by_a_person(move: Move, which: str) -> None:
    """Nothing is touched; those of a worker that died are taken back first."""
    side: MemoryStore = getattr(move, which)
    await side.queue.enqueue([Entry("held", LANE, "{}"), Entry("other", LANE, "{}")])
    await side.queue.lease([Want(LANE, 3)], 60)

    with pytest.raises(UsageError, match="are in workers' hands: stop its workers"):
        await move.run()

    assert (await move.standing(move.old), await move.standing(move.new)) == ([], [])
    move.clock.advance(61)
    assert (await move.run()).complete


async def test_a_job_that_a_worker_took_before_it_heard_is_noticed(move: Move) -> None:
    """Workers hear of a stop a moment after it was put up."""
    sleep = move.clock.sleep

    async def lease(seconds: float) -> None:
        await move.old.queue.lease([Want(LANE, 1)], 60)
        await sleep(seconds)

    move.clock.sleep = lease  # type: ignore[method-assign]
    with pytest.raises(UsageError, match=r"1 jobs of sqlite:///old[.]db are in workers' hands"):
        await move.run()

    assert await move.contents(move.new) == []


async def test_a_queue_is_not_copied_into_itself(move: Move) -> None:
    """However differently its URLs are written; it goes on as before."""
    with pytest.raises(UsageError, match="are the same store"):
        await move.run(target=move.old)

    assert await move.old.stops.all() == []


@pytest.mark.parametrize("which", ["old", "new"])
@pytest.mark.parametrize(
    "reason",
    [
        "its jobs are being copied to valkey://third",
        "its jobs were copied to valkey://third: work that queue",
        "jobs are being copied here from valkey://third",
        "paused by ada",
    ],
)
async def test_a_queue_that_stands_still_for_another_reason_goes_on_doing_so(
    move: Move, which: str, reason: str
) -> None:
    """Jobs that are on their way elsewhere, or were taken there, would be sent from both queues."""
    side: MemoryStore = getattr(move, which)
    stop = Stop(EVERYTHING, Standstill.PAUSED, reason, 5.0)
    await side.stops.put([stop])

    with pytest.raises(UsageError, match=f"stands still as a whole: {reason}; .* preflight lanes resume"):
        await move.run()

    assert [*await move.old.stops.all(), *await move.new.stops.all()] == [stop]
    assert await move.contents(move.new) == []


async def test_a_queue_is_not_copied_back(move: Move) -> None:
    """What was delivered from the new one would be sent once more from the old one."""
    await move.run()
    there, back = Side(move.new, "valkey://new"), Side(move.old, "sqlite:///old.db")

    with pytest.raises(UsageError, match="stands still as a whole: its jobs were copied to valkey://new"):
        await move.clock.run_until(Moving(there, back, Progress(), lambda _: None).run())

    assert await move.standing(move.old) == [LEFT]


async def test_of_two_copies_that_begin_at_the_same_moment_one_ends(move: Move) -> None:
    """A queue is not filled while it is taken elsewhere."""
    other = Stop(EVERYTHING, Standstill.PAUSED, "its jobs are being copied to valkey://third", 5.0)
    sleep = move.clock.sleep

    async def begin(seconds: float) -> None:
        await move.new.stops.put([other])
        await sleep(seconds)

    move.clock.sleep = begin  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="its jobs are being copied to valkey://third"):
        await move.run()

    assert await move.new.stops.all() == [other]


async def test_a_pause_that_comes_meanwhile_stays(move: Move) -> None:
    """Of the whole queue, by a person."""
    pause = Stop(EVERYTHING, Standstill.PAUSED, "paused by ada", 5.0)

    await move.run(lambda: move.new.stops.put([pause]))

    assert await move.new.stops.all() == [pause]


async def test_a_target_that_a_person_lets_go_on_does_not_stand_still_for_the_source(move: Move) -> None:
    """Why the source stands still is its own affair."""

    async def resume() -> None:
        await move.new.stops.lift(await move.new.stops.all())

    await move.run(resume)

    assert await move.new.stops.all() == []


async def test_what_came_meanwhile_is_told(move: Move) -> None:
    """Jobs and rejected rows: the next copy takes them."""
    late: list[Record | Failure] = [Record("late", LANE, "{}", State.READY), Failure("row-2", LANE, PROBLEM, None, 9.0)]

    moved = await move.run(lambda: move.old.archive.write(late))

    assert (moved.complete, moved.late, moved.differences) == (False, 2, ())
    assert (await move.run()).complete
    assert (await move.contents(move.new))[3:] == [late[0], HOUSEHOLD[3], late[1]]


async def test_counts_that_do_not_match_are_told(move: Move) -> None:
    """Somebody works one of the queues: both go on standing still."""
    moved = await move.run(lambda: move.old.ledger.discard(["dead"]))

    assert moved.differences == (
        ("sqlite:///old.db", Difference("dead", 1, 0)),
        ("sqlite:///old.db", Difference("failed: invalid", 2, 1)),
    )
    assert await move.standing(move.new) == [f"jobs are being copied here from sqlite:///old.db: {UNFINISHED}"]
