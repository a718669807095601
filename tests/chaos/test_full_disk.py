"""No room is left for the queue, in its file or under its server: what was accepted stays, and is done with room."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from tests.servers.disk import SmallDisk
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

pytestmark = pytest.mark.chaos

Times = Callable[[int, int], int]

_API = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.001),))
_SLOW_API = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.04),))
_KIB = 1024
_MEBIBYTES = 400  # that a server may need
_MANY = 2_000  # jobs, whose records need more room than a server has put by
_BLOCK = 512  # what POSIX's `ulimit -f` counts in
_ON_FILE = pytest.mark.parametrize(
    "site",
    [
        pytest.param(
            "sqlite",
            marks=pytest.mark.skipif(
                shutil.which("sh") is None, reason="needs a shell whose ulimit bounds the size of files"
            ),
        )
    ],
    indirect=True,
)


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    """A disk that is soon full."""
    with ExitStack() as stack:
        try:
            small = stack.enter_context(SmallDisk(_MEBIBYTES))
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("needs the right to mount a disk")
        yield small


def _bounded(file_bytes: int) -> tuple[str, ...]:
    """Run a command whose files cannot grow beyond that."""
    return ("sh", "-c", f'ulimit -f {file_bytes // _BLOCK}; exec "$@"', "sh")


@_ON_FILE
def test_a_run_that_finds_no_room_ends_and_loses_nothing(site: Begin) -> None:
    """It waits for room as long as it bears, then ends with exit code 3 and says why; with room all is delivered."""
    here = site(_API)
    here.shell.environ["PREFLIGHT_QUEUE_PATIENCE"] = "1s"
    here.submit(2_000)
    size = max(file.stat().st_size for file in here.shell.folder.glob("queue.db*"))
    with here.hurting("disk full"):
        ended = here.shell("run", "--until-empty", "--json", wrapper=_bounded(size + 64 * _KIB))
    assert ended.code == 3
    assert "no room" in ended.err or "full" in ended.err
    here.finish()
    made = reckon(here, "full disk")
    assert made.delivered == made.jobs


@_ON_FILE
def test_a_submit_that_finds_no_room_says_so_and_can_be_repeated(site: Begin) -> None:
    """Batches that were accepted are there; the same command goes on behind them."""
    here = site(_API)
    here.shell.write("orders.jsonl", here.orders(40_000))
    with here.hurting("disk full"):
        ended = here.shell("submit", "orders.jsonl", "--json", wrapper=_bounded(4_000 * _KIB))
    assert ended.code == 3
    kept = here.lines("status", "--json")[0]["queue"]["ready"]
    again = here.shell("submit", "orders.jsonl", "--json")
    assert again.json.items() >= {"accepted": 40_000 - kept, "duplicates": kept}.items()
    assert here.lines("status", "--json")[0]["queue"]["ready"] == 40_000


@pytest.mark.parametrize("site", ["postgres", "valkey"], indirect=True)
def test_a_server_that_finds_no_room_loses_nothing(site: Begin, disk: SmallDisk, times: Times) -> None:
    """It refuses, or it dies of it; workers wait, say why, and go on once there is room."""
    here, fills = site(_SLOW_API, within=disk.folder), times(1, 10)
    assert here.server is not None
    here.submit(_MANY)
    with here.fleet(2) as fleet:
        here.eventually(lambda: fleet.begun == fleet.started)
        for _ in range(fills):
            here.wait_for(100)
            noticed = fleet.log.count("store_gone")
            with here.hurting("disk full"):
                disk.fill()
                here.eventually(lambda noticed=noticed: fleet.log.count("store_gone") > noticed)  # type: ignore[misc]
                disk.clear()
                if here.server.ended:
                    here.server.kill()
                    here.server.start()
            here.submit(_MANY // 2)
        here.wait_for_all()
    here.finish()
    made = reckon(here, "full disk")
    assert made.delivered == made.jobs
    assert set(fleet.codes) == {0}
