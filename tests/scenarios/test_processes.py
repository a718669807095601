"""Many processes at work on one queue: together they do what one does, and no death of any costs a job."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import psutil
import pytest

from tests.servers.process import free_port
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]
Eventually = Callable[[Callable[[], bool]], None]

#: Leases that run out soon, so that the jobs of one that was killed come back within the test.
_WORKER: Final = '[worker]\nlease = "2s"\ndrain = "5s"\n'
_API: Final = 'timeout = "1s"\nconnect_timeout = "500ms"\n'
_SLOW: Final = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.04),))


def children(running: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The worker processes of a supervisor, in the order in which they were started."""
    return sorted(psutil.Process(running.pid).children(), key=lambda one: one.create_time())


def gone(process: psutil.Process) -> bool:
    """Whether it has ended."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_together_they_do_what_one_does(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """One object with the sums, one file of results, and the exit code that one process would have had."""
    shop = open_shop()
    shell.write("a.jsonl", [*orders(400), *orders(6, 400, qty=0)])
    shell("submit", "a.jsonl")
    told = shell("--log-level", "error", "run", "--until-empty", "--processes", "3", "--results", "r.jsonl", "--json")
    names = ["delivered", "dead", "parked", "waiting", "refused", "attempts", "retried", "seconds", "jobs_per_s"]
    lines = [json.loads(line) for line in (shell.folder / "r.jsonl").read_text().splitlines()]
    assert (told.code, told.err, len(told.lines)) == (1, "", 1)
    assert list(told.json) == names
    assert told.json.items() >= {"delivered": 400, "dead": 6, "waiting": 0, "refused": {"invalid": 6}}.items()
    assert told.json["attempts"] == shop.requests == 400
    assert {line["id"] for line in lines} == {f"o{number}" for number in range(406)}


def test_the_config_says_how_many_and_the_flag_has_the_last_word(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Each is a worker of its own, in a session of its own; none of them starts others."""
    shop = open_shop(_SLOW, before="[worker]\nprocesses = 3\n")
    shell.write("a.jsonl", orders(300))
    shell("submit", "a.jsonl")
    for arguments, number in (((), 3), (("--processes", "2"), 2), (("--processes", "1"), 0)):
        with shell.start("run", *arguments) as running:
            before = shop.requests
            eventually(lambda before=before: shop.requests > before)  # type: ignore[misc]
            found = children(running)
            sessions = {os.getsid(one.pid) for one in found}
            running.terminate()
            running.communicate(timeout=20)
        assert len(found) == number
        assert sessions == {one.pid for one in found}
        assert running.returncode == 0


def test_one_that_is_killed_is_started_again_and_nothing_is_lost(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """It is told of; what it had in hand comes back when its leases run out, and is sent with the same key."""
    shop = open_shop(_SLOW, before=_WORKER, api=_API)
    shell.write("a.jsonl", orders(300))
    shell("submit", "a.jsonl")
    with shell.start("run", "--until-empty", "--processes", "2", "--json") as running:
        eventually(lambda: shop.requests >= 40)
        children(running)[0].kill()
        out, err = running.communicate(timeout=40)
    died = next(json.loads(line) for line in err.splitlines() if "process_died" in line)
    assert running.returncode == 0
    assert (died["level"], died["by"]) == ("error", "SIGKILL")
    assert json.loads(out)["waiting"] == 0
    assert shell.states == {"delivered": 300}
    assert len({record["key"] for record in shop.records}) == 300


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_all_of_them_finish(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually, number: signal.Signals
) -> None:
    """Every request that was made has been recorded, by whichever process; the next run delivers the rest."""
    shop = open_shop(_SLOW, after="max_attempts = 1")
    shell.write("a.jsonl", orders(300))
    shell("submit", "a.jsonl")
    with shell.start("run", "--until-empty", "--processes", "2", "--json") as running:
        eventually(lambda: shop.requests >= 40)
        running.send_signal(number)
        out, err = running.communicate(timeout=20)
    stopped, sent, states = json.loads(out), shop.requests, shell.states
    ran = shell("run", "--until-empty", "--processes", "2", "--json")
    assert running.returncode == 130
    assert err.count("stopping: requests in flight finish") == 1
    assert stopped["delivered"] == sent
    assert states == {"delivered": sent, "ready": 300 - sent}
    assert (ran.code, ran.json["delivered"]) == (0, 300 - sent)
    assert shop.statuses == {201: 300}


def test_who_stops_every_process_of_a_service_at_once_cuts_none_off(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """As systemd does: each hears of it twice, and has been told to stop once."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.5),)), after="max_attempts = 1")
    shell.write("a.jsonl", orders(100))
    shell("submit", "a.jsonl")
    with shell.start("run", "--processes", "2", "--json") as running:
        eventually(lambda: shop.requests >= 8)
        for one in [psutil.Process(running.pid), *children(running)]:
            one.terminate()
        out, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    assert json.loads(out)["delivered"] == shop.requests
    assert shell.states == {"delivered": shop.requests, "ready": 100 - shop.requests}


def test_a_second_signal_ends_all_of_them_at_once(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Although the requests in flight would take twenty seconds; what was in hand is leased, and comes back."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=20.0),)))
    shell.write("a.jsonl", orders(200))
    shell("submit", "a.jsonl")
    with shell.heard("run", "--until-empty", "--processes", "2") as (running, heard):
        eventually(lambda: shop.requests == 16)
        found = children(running)
        running.send_signal(signal.SIGINT)
        heard.line("stopping")
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode == 130
    eventually(lambda: all(gone(one) for one in found))
    states = shell.states
    assert states["leased"] >= 16
    assert sum(states.values()) == states["leased"] + states.get("ready", 0) == 200


def test_processes_whose_supervisor_was_killed_finish_and_end(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Nobody would start them again or stop them any more; what they had sent is recorded, the rest handed back."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.3),)), after="max_attempts = 1")
    shell.write("a.jsonl", orders(100))
    shell("submit", "a.jsonl")
    with shell.start("run", "--processes", "2") as running:
        eventually(lambda: shop.requests >= 16)
        found = children(running)
        running.kill()
        running.communicate(timeout=10)
    eventually(lambda: all(gone(one) for one in found))
    assert len(found) == 2
    assert shell.states == {"delivered": shop.requests, "ready": 100 - shop.requests}


def test_where_none_can_begin_it_says_why_and_gives_up(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """With the last that one of them said; the counts are there all the same, and no job was touched."""
    open_shop(api='checks = ["licence:check"]\n')
    shell.write("licence.py", _LICENCE)
    shell.environ["PYTHONPATH"] = str(shell.folder)
    shell.write("a.jsonl", orders(3))
    shell("submit", "a.jsonl")
    told = shell("run", "--until-empty", "--processes", "2", "--json")
    assert (told.code, told.json["waiting"]) == (1, 3)
    assert "error: no worker process could begin to work; the last ended by exit code 1\n" in told.err
    assert "  no licence for more than one\n" in told.err
    assert shell.states == {"ready": 3}


_LICENCE: Final = """
import sys

if any(word.startswith("--supervised") for word in sys.argv):
    sys.exit("no licence for more than one")

def check(job, operation):
    return ()
"""


@pytest.mark.parametrize(
    ("arguments", "queue", "words"),
    [
        (("--processes", "2"), "memory://", "worker.processes = 2: the queue memory:// is seen by one process only"),
        (("--processes", "2", "--canary", "5"), "", "--canary watches the answers of one process"),
        (("--processes", "2", "--brake", "0.5"), "", "--brake watches the answers of one process"),
        (("--processes", "0"), "", "worker.processes = 0 is out of range: write 1 to 256 (processes) | cores"),
        (("--processes", "core"), "", 'worker.processes = "core"'),
    ],
)
def test_what_several_processes_cannot_do_is_refused(
    shell: "Shell", open_shop: OpenShop, arguments: tuple[str, ...], queue: str, words: str
) -> None:
    """With exit code 2, and what to do instead."""
    open_shop()
    shell.environ["PREFLIGHT_QUEUE_URL"] = queue
    told = shell("run", *arguments)
    assert told.code == 2
    assert words in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("scheme", ["postgresql", "valkey"])
def test_a_store_that_is_away_ends_it_before_it_begins(
    shell: "Shell", open_shop: OpenShop, scheme: str, processes: str
) -> None:
    """Exit code 3, and one line: where the store is, without the password, why, and what to do."""
    open_shop()
    address = f"127.0.0.1:{free_port()}"
    shell.environ["PREFLIGHT_QUEUE_URL"] = f"{scheme}://ada:hunter2@{address}/0"
    told = shell("run", "--processes", processes)
    assert (told.code, told.out, told.err.count("\n")) == (3, "", 1)
    assert f"{scheme}://ada:...@{address}/0" in told.err
    assert "refused" in told.err
    assert "hunter2" not in told.err


def test_what_stands_still_for_all_is_told_once(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Each of them found it; every job waits untouched."""
    open_shop()
    shell.write("a.jsonl", orders(20))
    shell("submit", "a.jsonl")
    shell("lanes", "pause", "shop", "--reason", "stocktaking")
    told = shell("--log-level", "error", "run", "--until-empty", "--processes", "2", "--json")
    assert (told.code, told.json["waiting"]) == (1, 20)
    remedy = "once its reason is gone, `preflight lanes resume 'shop'`"
    assert told.err.count(f"stocktaking; 20 jobs wait untouched: {remedy}") == 1
    assert shell.states == {"ready": 20}
