"""``preflight queue copy``: what it says, what it refuses, and what is left when it is killed."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from worker.clock import SystemClock
from worker.failure import Failure
from worker.job import Lane, State
from worker.outcome import Cause, Problem
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.record import Record

if TYPE_CHECKING:
    from tests.conftest import Shell

LANE: Final = Lane("shop", "createOrder")
PROBLEM: Final = Problem(Cause.INVALID, "judge", "t", "d")
_COPY: Final = ("queue", "copy", "sqlite:///queue.db", "sqlite:///new.db")


def with_store(path: Path, act: Callable[[SqliteStore], Any]) -> Any:
    """What ``act`` makes of a file."""

    async def main() -> Any:
        store = await SqliteStore.open(path, SystemClock())
        try:
            return await act(store)
        finally:
            await store.close()

    return asyncio.run(main())


def fill(path: Path, jobs: int, start: int = 0) -> None:
    """Put jobs and a rejected row into a file; the first has failed."""
    records: list[Record | Failure] = [Record(f"j{n}", LANE, "{}", State.READY) for n in range(start, start + jobs)]
    records[0] = Record(f"j{start}", LANE, "{}", State.DEAD, problem=PROBLEM, failed_at=5.0)
    with_store(path, lambda store: store.archive.write([*records, Failure("row-1", LANE, PROBLEM, None, 6.0)]))


def contents(path: Path) -> list[Record | Failure]:
    """All that a file holds."""
    found: list[Record | Failure] = with_store(path, lambda store: store.archive.read(limit=100_000))[0]
    return found


def test_it_says_what_it_did(shell: "Shell") -> None:
    """To a person on standard error, to a program on standard output."""
    fill(shell.folder / "queue.db", 5)
    person, program = shell(*_COPY), shell(*_COPY, "--json")

    assert (person.code, person.out) == (0, "")
    first, second = person.err.splitlines()
    assert first.startswith("5 jobs and 1 rejected rows: 6 copied, 0 there already in ")
    assert second == f"set queue.url to sqlite:///{shell.folder}/new.db; the old queue stands still and says so"
    assert (program.code, program.err) == (0, "")
    counts = {
        "queue": {"ready": 4, "leased": 0, "delayed": 0, "delivered": 0, "dead": 1, "parked": 0},
        "failures": {"invalid": 2},
    }
    assert program.json.pop("seconds") >= 0
    assert program.json | {"seconds": 0} == {
        "jobs": 5,
        "rejected": 1,
        "copied": 0,
        "already_there": 6,
        "conflicts": 0,
        "late": 0,
        "seconds": 0,
        "counts": {"from": counts, "to": counts},
        "differences": [],
    }
    assert contents(shell.folder / "new.db") == contents(shell.folder / "queue.db")


def test_the_old_queue_sends_nothing_and_says_where_its_jobs_are(shell: "Shell") -> None:
    """A worker that still runs on it ends at once; a person may let it go on."""
    shell.configure("http://127.0.0.1:9")
    fill(shell.folder / "queue.db", 2)
    shell(*_COPY)

    run = shell("run", "--until-empty", "--json")
    status = shell("status", "--json")

    assert (run.code, run.json["waiting"], run.json["attempts"]) == (1, 1, 0)
    (lane,) = status.json["lanes"]
    assert lane["state"] == "paused"
    assert lane["reason"].startswith(f"its jobs were copied to sqlite:///{shell.folder}/new.db: work that queue; ")
    assert shell("lanes", "resume", "*").code == 0
    (lane,) = shell("status", "--json").json["lanes"]
    assert lane["state"] == "running"


def test_a_queue_is_not_copied_to_two_others(shell: "Shell") -> None:
    """Both would send its jobs: a person has to give the first one up."""
    fill(shell.folder / "queue.db", 2)
    first, second = shell(*_COPY), shell("queue", "copy", "sqlite:///queue.db", "sqlite:///other.db")

    assert (first.code, second.code) == (0, 2)
    assert "only if no other queue sends its jobs, let it go on, and run this again" in second.err
    assert contents(shell.folder / "other.db") == []


def test_urls_may_leave_their_secrets_to_the_environment(shell: "Shell") -> None:
    """What is wrong with them is told without repeating them."""
    fill(shell.folder / "queue.db", 1)
    shell.environ["TARGET"] = "new.db"
    assert shell("queue", "copy", "sqlite:///queue.db", "sqlite:///${env:TARGET}").code == 0

    for target, said in (
        ("postgresql://ada:hunter2@${env:NOWHERE}/x", "TO needs the environment variable NOWHERE"),
        ("mysql://ada:hunter2@db/x", "TO is no store: write sqlite:///FILE"),
        ("memory://", "TO: what is in memory ends with its process"),
    ):
        told = shell("queue", "copy", "sqlite:///queue.db", target)
        assert told.code == 2
        assert said in told.err
        assert "hunter2" not in told.err


def test_what_is_not_there_is_not_made(shell: "Shell") -> None:
    """A misspelt file would be an empty queue."""
    told = shell(*_COPY)

    assert told.code == 2
    assert told.err == f"error: FROM: there is no queue at sqlite:///{shell.folder}/queue.db: correct the URL\n"
    assert list(shell.folder.iterdir()) == []


def test_a_schema_that_is_not_there_is_not_made(shell: "Shell", postgres_schema: str) -> None:
    """Nor by looking at it."""
    shell.configure("http://127.0.0.1:9")
    shell.environ["PREFLIGHT_QUEUE_URL"] = postgres_schema

    looked = shell("doctor", "--json")
    told = shell("queue", "copy", postgres_schema, "sqlite:///new.db")

    assert looked.code == 0
    assert looked.lines[-2]["detail"].endswith(" has no tables yet: the first submit makes them")
    assert told.code == 2
    assert "FROM: there is no queue at postgresql://" in told.err
    assert not (shell.folder / "new.db").exists()


def test_a_prefix_that_is_not_there_is_not_made(shell: "Shell", valkey_prefix: str) -> None:
    """Nor by looking at it."""
    told = [shell("queue", "copy", valkey_prefix, "sqlite:///new.db") for _ in range(2)]

    assert [one.code for one in told] == [2, 2]
    assert all(one.err.startswith("error: FROM: there is no queue at valkey://") for one in told)
    assert not (shell.folder / "new.db").exists()


def test_jobs_in_workers_hands_are_not_copied(shell: "Shell") -> None:
    """It is said how many there are."""
    fill(shell.folder / "queue.db", 3)
    with_store(shell.folder / "queue.db", lambda store: store.queue.lease([Want(LANE, 2)], 60))

    told = shell(*_COPY)

    assert told.code == 2
    assert f"2 jobs of sqlite:///{shell.folder}/queue.db are in workers' hands: stop its workers" in told.err


def test_what_was_not_copied_is_told(shell: "Shell") -> None:
    """With the ids of jobs that are others in the new queue."""
    fill(shell.folder / "queue.db", 3)
    other = Record("j1", LANE, '{"body":1}', State.READY)
    with_store(shell.folder / "new.db", lambda store: store.archive.write([other]))

    told = shell(*_COPY)

    assert told.code == 1
    assert "1 jobs were not copied: the new queue has other jobs under their ids: j1" in told.err


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_copy_that_is_interrupted_is_taken_up_again(
    shell: "Shell", eventually: Callable[[Callable[[], bool]], None], kill: signal.Signals
) -> None:
    """Whatever ended it, and however far it was: in the end all is there, once."""
    jobs = 10_000
    old, new = shell.folder / "queue.db", shell.folder / "new.db"
    fill(old, jobs)
    with shell.start(*_COPY) as copying:
        eventually(lambda: new.exists() and new.stat().st_size > 0 and any(counted(new).values()))
        copying.send_signal(kill)
    assert sum(counted(new).values()) > 0

    told = shell(*_COPY, "--json")

    assert told.code == 0
    assert told.json["jobs"] == jobs
    assert told.json["already_there"] > 0
    assert contents(new) == contents(old)


def counted(path: Path) -> dict[State, int]:
    """Jobs by state."""
    counts = with_store(path, lambda store: store.ledger.counts())
    return dict(counts.states)
