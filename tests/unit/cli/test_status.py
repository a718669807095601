import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.chaos.wire import Wire
from worker.cli.output import print_table, printable
from worker.cli.status import _rates, command
from worker.clock import SystemClock
from worker.failure import Counts, LaneCounts
from worker.job import Entry, Lane, State
from worker.outcome import Cause, Dead, Problem, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.service import run_async

LANE = Lane("shop", "createOrder", "tenant-7")

Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config, and a queue with two ready jobs of one lane, a leased one, and a dead one."""
    path = tmp_path / "preflight.toml"
    path.write_text(
        '[queue]\nurl = "sqlite:///q.db"\n[apis.shop]\nbase_url = "http://127.0.0.1:1"\n'
        '[apis.shop.operations.createOrder]\nmethod = "POST"\npath = "/orders"\n'
    )
    run_async(lambda: fill(tmp_path / "q.db"))
    return path


async def fill(path: Path) -> None:
    """Four jobs; the first dies, the second is in somebody's hands."""
    store = await SqliteStore.open(path, SystemClock())
    job = '{{"id": "{0}", "api": "shop", "operation": "createOrder", "key": "tenant-7"}}'
    await store.queue.enqueue([Entry(str(number), LANE, job.format(number)) for number in range(4)])
    first, _ = await store.queue.lease([Want(LANE, 2)], 3600)
    problem = Problem(Cause.INVALID, "validate", "t", "d")
    await store.queue.settle([Settlement(first, Dead(problem))])
    await store.close()


def show(config: Path, *arguments: str) -> Result:
    """``preflight status`` with this config."""
    return CliRunner().invoke(command, arguments, obj={"config": config, "log_level": None})


def test_a_program_gets_one_object(config: Path) -> None:
    """Counts by state, failures by cause, every lane with what it has to do."""
    found: dict[str, Any] = json.loads(show(config, "--json").stdout)
    assert found == {
        "queue": {"ready": 2, "delayed": 0, "leased": 1, "delivered": 0, "dead": 1, "parked": 0},
        "failures": {"invalid": 1},
        "lanes": [
            {
                "api": "shop",
                "operation": "createOrder",
                "key": "tenant-7",
                "state": "running",
                "reason": None,
                "since": None,
                "until": None,
                "ready": 2,
                "in_flight": 1,
                "per_s": 0.0,
            }
        ],
        "drift": [],
    }


def test_a_person_gets_a_line_and_a_table(config: Path) -> None:
    """On stdout, since it is what was asked for."""
    line, header, lane = show(config).stdout.splitlines()
    assert line == "2 ready, 0 delayed, 1 leased, 0 delivered, 1 dead, 0 parked; failures: 1 invalid"
    assert header.split()[:2] == ["lane", "state"]
    assert lane.split() == ["shop/createOrder/tenant-7", "running", "2", "1", "0.0"]


def test_watching_goes_on_until_it_is_interrupted(config: Path) -> None:
    """A line each second where no terminal is; Ctrl-C ends it with 130."""
    shell = [sys.executable, "-m", "worker", "--config", str(config), "status", "--watch"]
    with subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        lines = [watching.stdout.readline() for _ in range(2)]
        watching.send_signal(signal.SIGINT)
        assert watching.stderr.read().strip() == ""
    assert lines[0] == lines[1] == "2 ready, 0 delayed, 1 leased, 0 delivered, 1 dead, 0 parked; failures: 1 invalid\n"
    assert watching.returncode == 130


def test_a_terminal_shows_it_in_place(config: Path) -> None:
    """The table again and again, until Ctrl-C."""
    terminal, inside = pty.openpty()
    shell = [sys.executable, "-m", "worker", "--config", str(config), "status", "--watch"]
    with subprocess.Popen(shell, stdout=inside, stderr=inside, env={**os.environ, "TERM": "xterm"}) as watching:
        os.close(inside)
        shown = b""
        while shown.count(b"tenant-7") < 2:
            shown += os.read(terminal, 4096)
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == 130
    os.close(terminal)
    assert b"in flight" in shown


def lane(name: str, ready: int, leased: int) -> LaneCounts:
    """A lane of the shop."""
    return LaneCounts(Lane("shop", name), ready, 0, leased)


def delivered(count: int) -> Counts:
    """That many delivered jobs."""
    return Counts({State.DELIVERED: count}, {})


def test_a_rate_is_shared_out_by_the_jobs_that_left_each_lane() -> None:
    """A lane whose jobs are all still there delivered none of them."""
    before = [lane("fast", 100, 10), lane("slow", 50, 10)]
    after = [lane("fast", 60, 10), lane("slow", 50, 10)]
    assert _rates(delivered(0), delivered(40), before, after, 0.5) == [80.0, 0.0]


def test_where_lanes_are_filled_as_fast_as_they_empty_jobs_in_flight_decide() -> None:
    """Somebody submits while a worker runs."""
    lanes = [lane("a", 10, 30), lane("b", 10, 10)]
    assert _rates(delivered(0), delivered(20), lanes, lanes, 0.5) == [30.0, 10.0]


def test_a_rate_is_never_negative_and_never_made_of_nothing() -> None:
    """Old results may be pruned meanwhile, and lanes may be new."""
    assert _rates(delivered(9), delivered(0), [], [lane("a", 1, 1)], 0.5) == [0.0]
    assert _rates(delivered(0), delivered(9), [], [lane("a", 1, 0)], 0.5) == [0.0]


def test_cells_are_aligned_and_hold_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """What an API answered cannot steer a terminal, nor break a line."""
    print_table(["a", "b"], [["long one", "x\ny"], ["", "\x1b[2J"]])
    assert capsys.readouterr().out == "a         b\nlong one  x\\ny\n          \\x1b[2J\n"


def test_text_in_any_language_is_printable() -> None:
    """Only what is no letter, sign or space is written out."""
    assert printable("Größe 大小 \u202e\x9b") == "Größe 大小 \\u202e\\x9b"


def test_who_only_looks_makes_no_queue(tmp_path: Path) -> None:
    """A misspelt name is told of, and not made true."""
    (tmp_path / "preflight.toml").write_text(
        '[queue]\nurl = "sqlite:///misspelt.db"\n[apis.shop]\nbase_url = "http://127.0.0.1:1"\n'
        '[apis.shop.operations.createOrder]\nmethod = "POST"\npath = "/orders"\n'
    )
    start = [sys.executable, "-m", "worker", "--config", str(tmp_path / "preflight.toml")]
    looked = [
        subprocess.run([*start, *words], capture_output=True, text=True, check=False)
        for words in (["status", "--json"], ["failures", "list"])
    ]
    assert [one.returncode for one in looked] == [0, 0]
    assert all("misspelt.db yet: the first submit makes one" in one.stderr for one in looked)
    assert not list(tmp_path.glob("misspelt.db*"))


def test_watching_outlasts_a_store_that_is_away(config: Path, valkey_prefix: str) -> None:
    """Who watches an outage wants to see its end."""
    with Wire(valkey_prefix) as wire:
        environ = {**os.environ, "PREFLIGHT_QUEUE_URL": wire.url}
        shell = [sys.executable, "-m", "worker", "--config", str(config), "status", "--watch", "--json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(shell, stdout=pipe, stderr=pipe, text=True, env=environ) as watching:
            assert watching.stdout is not None
            assert watching.stderr is not None
            assert json.loads(watching.stdout.readline())["queue"]["ready"] == 0
            wire.cut()
            while not (said := watching.stderr.readline()).startswith("waiting for the store: no connection to valkey"):
                assert said
            wire.mend()
            for _ in range(2):  # one may have been printed before
                assert json.loads(watching.stdout.readline())["queue"]["ready"] == 0
            watching.send_signal(signal.SIGINT)
