"""A file of results that follows the ledger while others are at work."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from worker.engine.results import following
from worker.errors import DependencyError, UsageError
from worker.failure import ending_json
from worker.job import Entry, Lane
from worker.outcome import Attempt, Cause, Dead, Delivered, Outcome, Parked, Problem, Settlement
from worker.ports import Edit, Want
from worker.queues.memory import MemoryStore
from worker.testing import ManualClock

_LANE: Final = Lane("shop", "order")
_PROBLEM: Final = Problem(Cause.REJECTED, "judge", "refused", "the API said no", 422)
_KEYS: Final = [
    *("id", "api", "operation", "status", "elapsed_ms", "attempts", "reply", "meta", "delivered_at"),
    *("outcome", "cause", "number"),
]


class Work:
    """A queue on which jobs end, and the file that follows it."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.store = MemoryStore(self.clock)
        self.path = folder / "results.jsonl"
        self._last = 0

    async def end(self, *outcomes: Outcome) -> list[str]:
        """Let a job end in each of these ways; their ids."""
        for _ in outcomes:
            self._last += 1
            payload = {"id": f"o{self._last}", "api": "shop", "operation": "order", "meta": {"row": self._last}}
            await self.store.queue.enqueue([Entry(f"o{self._last}", _LANE, orjson.dumps(payload).decode())])
        leases = await self.store.queue.lease([Want(_LANE, len(outcomes))], 60)
        attempt = Attempt(1, self.clock.now(), 12.34, 200, None, "{}")
        await self.store.queue.settle(
            [Settlement(lease, one, attempt) for lease, one in zip(leases, outcomes, strict=True)]
        )
        return [lease.payload["id"] for lease in leases]

    async def follow(self, *outcomes: Outcome) -> None:
        """One run with the file, in which these jobs end."""
        async with following(self.path, self.store.ledger, self.clock):
            await self.end(*outcomes)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The file."""
        return [orjson.loads(line) for line in self.path.read_bytes().splitlines()]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Id and outcome of every line."""
        return [(line["id"], line["outcome"]) for line in self.lines]


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Work]:
    """A queue without jobs, and no file yet."""
    made = Work(tmp_path)
    yield made
    await made.store.close()


async def test_every_job_that_ends_is_a_line(work: Work) -> None:
    """That of ``results export``, and what became of it; failures have the same keys."""
    await work.follow(Delivered(), Dead(_PROBLEM), Parked(_PROBLEM))
    assert work.told == [("o1", "delivered"), ("o2", "dead"), ("o3", "parked")]
    assert [list(line) for line in work.lines] == [_KEYS] * 3
    delivered, dead, _ = work.lines
    assert (delivered["status"], delivered["cause"], delivered["meta"]) == (200, None, {"row": 1})
    assert (dead["status"], dead["cause"], dead["reply"], dead["delivered_at"]) == (422, "rejected", "{}", None)
    assert work.path.stat().st_mode & 0o077 == 0


async def test_lines_are_there_while_others_are_at_work(work: Work) -> None:
    """No later than half a second after."""
    async with following(work.path, work.store.ledger, work.clock):
        await work.end(Delivered())
        while not work.path.stat().st_size:
            work.clock.advance(1)
            await work.clock.sleep(0)
        assert work.told == [("o1", "delivered")]


async def test_a_run_adds_what_is_missing_and_nothing_else(work: Work) -> None:
    """Also what ended in runs that wrote no file, and more than is read at once."""
    await work.end(Delivered())
    await work.follow(*[Delivered()] * 1200)
    await work.follow()
    await work.end(Dead(_PROBLEM))
    await work.follow(Delivered())
    assert [line["number"] for line in work.lines] == list(range(1, 1204))


async def test_a_line_that_was_cut_by_a_crash_is_written_again(work: Work) -> None:
    """Wherever the cut is; lines that never got to the disk whole go with it."""
    await work.follow(Delivered(), Delivered(), Delivered())
    whole = work.path.read_bytes()
    first = whole.index(b"\n") + 1
    for left in (first, first + 1, len(whole) - 1, whole.rindex(b"\n", 0, -1)):
        work.path.write_bytes(whole[:left])
        await work.follow()
        assert work.path.read_bytes() == whole
    work.path.write_bytes(whole[:first] + b"\0" * 40 + b"\n" + whole[-20:])
    await work.follow()
    assert work.path.read_bytes() == whole


async def test_a_job_that_is_sent_again_gets_another_line(work: Work) -> None:
    """Its last one counts; also where every job of the file is sent again."""
    await work.follow(Dead(_PROBLEM))
    await work.store.ledger.replay([Edit("o1")])
    lease = (await work.store.queue.lease([Want(_LANE, 1)], 60))[0]
    await work.store.queue.settle([Settlement(lease, Delivered())])
    await work.follow(Delivered())
    assert work.told == [("o1", "dead"), ("o1", "delivered"), ("o2", "delivered")]


async def test_what_a_power_cut_took_from_the_queue_is_told_once_more(work: Work, tmp_path: Path) -> None:
    """Numbers begin again where the queue does; the file is followed from the last line that both agree upon."""
    await work.follow(Delivered(), Delivered())
    earlier = Work(tmp_path)  # the same queue, as it was before its second job ended
    await earlier.end(Delivered())
    earlier.clock.advance(5)
    await earlier.follow(Delivered(), Delivered())
    assert [line["number"] for line in earlier.lines] == [1, 2, 2, 3]


@pytest.mark.parametrize("text", [b"notes", b'{"id":"o1","operation":"order"}\n', b"[]\n", b"\n", b'{"id":"o1"'])
async def test_another_file_is_left_as_it_is(work: Work, text: bytes) -> None:
    """A file of jobs is easily named by mistake."""
    work.path.write_bytes(text)
    with pytest.raises(UsageError, match="no file of results"):
        await work.follow()
    assert work.path.read_bytes() == text


async def test_two_runs_do_not_write_to_one_file(work: Work) -> None:
    """The second is told before it sends anything."""
    async with following(work.path, work.store.ledger, work.clock):
        with pytest.raises(UsageError, match="another run"):
            await work.follow()


@pytest.mark.parametrize("name", ["gone/results.jsonl", "."])
async def test_what_cannot_be_written_is_a_usage_error(work: Work, name: str) -> None:
    """With the remedy, before anything is sent."""
    work.path = work.path.parent / name
    with pytest.raises(UsageError, match="choose another --results"):
        await work.follow()


async def test_what_is_no_file_cannot_be_taken_up(work: Work) -> None:
    """A pipe has no end to begin at."""
    os.mkfifo(work.path)
    with pytest.raises(UsageError, match="cannot be taken up again"):
        await work.follow()


async def test_a_full_disk_does_not_stop_the_work(work: Work) -> None:
    """What is missing is told in the end, with what to do; the file holds whole lines only."""
    await work.follow(Delivered())
    whole = work.path.read_bytes()
    import resource  # noqa: PLC0415 - only where there is one

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 10, hard))
    try:
        with pytest.raises(DependencyError, match=r"lines are missing \(File too large\).*same --results"):
            await work.follow(Delivered())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert work.path.read_bytes() == whole
    await work.follow()
    assert work.told == [("o1", "delivered"), ("o2", "delivered")]


async def test_a_line_is_what_the_ledger_says(work: Work) -> None:
    """Nothing is made up on the way."""
    await work.follow(Delivered(), Dead(_PROBLEM))
    assert work.lines == [ending_json(one) for one in await work.store.ledger.endings()]


async def test_without_locks_on_files_it_says_what_to_do_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows; runs without a file of results do not notice."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(UsageError, match=r"leave --results out and read `preflight results` afterwards"):
        await Work(tmp_path).follow()
