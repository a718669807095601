"""Processes that are kept going: real ones, each a few lines of Python, and a clock whose pauses take no time."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from worker.supervisor.process import Process
from worker.supervisor.supervisor import Supervisor
from worker.testing import ManualClock

Make = Callable[..., Supervisor]

_LOOK_S = 0.005
_TRIES = 6000  # half a minute

#: What every process begins with: ``say`` reports, and ``life`` counts how many there were before.
_PRELUDE = """
import os, pathlib, signal, socket, sys, threading
from worker.engine.tally import RunTally
from worker.supervisor.report import Ended, Report
link = socket.socket(fileno=int(sys.argv[-1].partition("=")[2]))
def say(delivered, ended=None, generation=0):
    link.sendall(Report(RunTally(delivered), 1, 2, 0, None, generation, ended).line)
def born():
    for number in range(1000):
        try:
            pathlib.Path(f"life-{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        return number
def wait():
    signal.signal(signal.SIGTERM, lambda *_: (say(0, Ended()), os._exit(0)))
    say(0)
    threading.Event().wait()
life = born()
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A supervisor of processes that run a script; ``again`` as in ``Supervisor``."""
    monkeypatch.chdir(tmp_path)

    def begin(script: str, number: int = 2, *, again: bool = False) -> Supervisor:
        command = [sys.executable, "-c", _PRELUDE + script]
        return Supervisor(lambda: Process.start(command, lambda _: None), number, ManualClock(), again=again)

    return begin


async def run(supervisor: Supervisor) -> None:
    """Until all have ended."""
    clock = supervisor._clock
    assert isinstance(clock, ManualClock)
    await clock.run_until(supervisor.run())


async def stop_when(supervisor: Supervisor, reached: Callable[[], bool]) -> None:
    """Stop it once something holds, while it runs."""
    running = asyncio.create_task(run(supervisor))
    await until(running, reached)
    supervisor.stop()
    await running


async def until(running: asyncio.Task[None], reached: Callable[[], bool]) -> None:
    """Let it run until something holds, for a bounded time."""
    for _ in range(_TRIES):
        if reached():
            return
        assert not running.done()
        await asyncio.wait([running], timeout=_LOOK_S)
    pytest.fail("the condition never came to hold")


async def test_what_all_of_them_did_is_added_up(make: Make) -> None:
    """Those that ended in order are not started again where there is an end."""
    supervisor = make("say(3); say(5, Ended(interrupted=life == 0))", 3)
    await run(supervisor)
    assert supervisor.tally.delivered == 15
    assert (supervisor.restarted, supervisor.running, supervisor.gave_up) == (0, 0, None)
    assert sorted(ended.interrupted for ended in supervisor.endings) == [False, False, True]


async def test_one_that_dies_is_started_again_and_what_it_did_counts(make: Make) -> None:
    """As it said last; with each death it is told how many jobs come back only when their leases run out."""
    supervisor = make("say(1); os.kill(os.getpid(), signal.SIGKILL) if life < 3 else say(2, Ended())", 1)
    with capture_logs() as told:
        await run(supervisor)
    assert supervisor.tally.delivered == 1 + 1 + 1 + 2
    assert (supervisor.restarted, supervisor.gave_up) == (3, None)
    assert [(line["event"], line["process"], line["by"], line["jobs_in_hand"]) for line in told] == [
        ("process_died", 1, "SIGKILL", 2)
    ] * 3
    assert all("leases run out" in line["remedy"] for line in told)


async def test_one_that_dies_again_and_again_ends_all_of_them_in_order(make: Make) -> None:
    """By what, and what it had said, is told."""
    supervisor = make(
        "wait() if life == 0 else (say(1), print('no licence', flush=True), os.kill(os.getpid(), signal.SIGSEGV))"
    )
    await run(supervisor)
    assert supervisor.gave_up is not None
    assert "died 5 times within a minute, the last time by SIGSEGV" in supervisor.gave_up.why
    assert supervisor.gave_up.last_lines == ("no licence",)
    assert supervisor.gave_up.exit_code == 1
    assert len(supervisor.endings) == 1
    assert supervisor.tally.delivered == 5


@pytest.mark.parametrize(("code", "exit_code"), [(3, 3), (7, 1)])
async def test_where_none_can_begin_nothing_is_tried_for_long(make: Make, code: int, exit_code: int) -> None:
    """Each had one chance at least; 3 says that what is needed is not there, and stays 3."""
    supervisor = make(f"sys.exit({code})", 3)
    await run(supervisor)
    assert supervisor.gave_up is not None
    assert supervisor.gave_up.why == f"no worker process could begin to work; the last ended by exit code {code}"
    assert supervisor.gave_up.exit_code == exit_code


async def test_what_cannot_be_started_at_all_is_told(tmp_path: Path) -> None:
    """With the reason of the system."""
    supervisor = Supervisor(
        lambda: Process.start([str(tmp_path / "nothing")], lambda _: None), 2, ManualClock(), again=True
    )
    await run(supervisor)
    assert supervisor.gave_up is not None
    assert supervisor.gave_up.last_lines == ("it could not be started: No such file or directory",)


async def test_a_config_that_was_broken_meanwhile_stops_nobody_who_works(make: Make) -> None:
    """Exit code 2 of one, however often, while another is at work: the running ones have a good one."""
    supervisor = make("wait() if life == 0 else sys.exit(2) if life < 8 else say(4, Ended())")
    await stop_when(supervisor, lambda: supervisor.tally.delivered == 4)
    assert supervisor.gave_up is None
    assert supervisor.restarted == 7


async def test_a_store_that_is_away_at_a_start_stops_nobody_who_waits_for_it(make: Make) -> None:
    """Exit code 3 of one, however often, while another is at work."""
    supervisor = make("wait() if life == 0 else sys.exit(3) if life < 8 else say(4, Ended())")
    await stop_when(supervisor, lambda: supervisor.tally.delivered == 4)
    assert supervisor.gave_up is None
    assert supervisor.restarted == 7


async def test_where_all_have_waited_for_the_store_in_vain_it_gives_up(make: Make) -> None:
    """As each of them did: with exit code 3."""
    supervisor = make("say(1) if life < 2 else None; sys.exit(3)", again=True)
    await run(supervisor)
    assert supervisor.gave_up is not None
    assert "died 5 times within a minute, the last time by exit code 3" in supervisor.gave_up.why
    assert supervisor.gave_up.exit_code == 3


async def test_a_service_starts_again_also_what_ended_in_order(make: Make) -> None:
    """Somebody has stopped one by hand."""
    supervisor = make("say(1, Ended()) if life == 0 else wait()", 1, again=True)
    await stop_when(supervisor, lambda: supervisor.restarted == 1 and supervisor.in_flight > 0)
    assert (supervisor.restarted, supervisor.gave_up) == (1, None)
    assert supervisor.tally.delivered == 1


async def test_one_that_fails_where_it_was_to_end_in_order_is_told_of(make: Make) -> None:
    """Its exit code counts."""
    supervisor = make("signal.signal(signal.SIGTERM, lambda *_: os._exit(3)); say(1); threading.Event().wait()", 2)
    await stop_when(supervisor, lambda: supervisor.in_flight == 2)
    assert supervisor.gave_up is not None
    assert supervisor.gave_up.why.endswith("was told to stop, and ended by exit code 3")
    assert supervisor.gave_up.exit_code == 3


async def test_a_config_is_read_again_once_every_process_has_said_so(make: Make, tmp_path: Path) -> None:
    """That they were told is not enough; one that comes later has read it at its start."""
    supervisor = make(_READER, 3)
    running = asyncio.create_task(run(supervisor))
    await until(running, lambda: supervisor.in_flight == 3)
    supervisor.read_again()
    await until(running, lambda: len(list(tmp_path.glob("heard-1-*"))) == 3)
    told = [supervisor.up_to_date]
    for life in (0, 1):
        (tmp_path / f"read-{life}").touch()
        await until(running, lambda life=life: supervisor.tally.delivered == life + 1)  # type: ignore[misc]
        told.append(supervisor.up_to_date)
    (tmp_path / "die-2").touch()
    await until(running, lambda: supervisor.restarted == 1 and supervisor.in_flight == 3)
    told.append(supervisor.up_to_date)
    supervisor.stop()
    await running
    assert told == [False, False, False, True]


#: Says what it has heard, and reads only when it may.
_READER = """
signal.signal(signal.SIGTERM, lambda *_: (say(0, Ended()), os._exit(0)))
say(0)
number = int(link.makefile("rb").readline().split()[-1])
pathlib.Path(f"heard-{number}-{life}").touch()
while not pathlib.Path(f"read-{life}").exists():
    if pathlib.Path(f"die-{life}").exists():
        os._exit(1)
    threading.Event().wait(0.005)
say(1, generation=number)
threading.Event().wait()
"""


async def test_a_process_that_cannot_be_understood_is_told_of_at_once(make: Make) -> None:
    """What it does from then on is not counted; it goes on, and ends in order."""
    supervisor = make("say(1); link.sendall(b'what?\\n'); wait()", 1)
    with capture_logs() as told:
        await stop_when(supervisor, lambda: bool(told))
    assert [(line["event"], line["log_level"]) for line in told] == [("process_not_heard", "error")]
    assert supervisor.tally.delivered == 1
    assert supervisor.gave_up is None
