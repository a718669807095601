"""No room is left for the queue file: what was accepted stays, and work goes on once there is room."""

import shutil

import pytest

from tests.chaos.conftest import Begin
from tests.chaos.reckoning import reckon
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.parametrize("site", ["sqlite"], indirect=True),
    pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell whose ulimit bounds the size of files"),
]

_API = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.001),))
_KIB = 1024
_BLOCK = 512  # what POSIX's `ulimit -f` counts in


def _bounded(file_bytes: int) -> tuple[str, ...]:
    """Run a command whose files cannot grow beyond that."""
    return ("sh", "-c", f'ulimit -f {file_bytes // _BLOCK}; exec "$@"', "sh")


def test_a_run_that_finds_no_room_ends_and_loses_nothing(site: Begin) -> None:
    """It ends with exit code 3 and says why; with room again all is delivered."""
    here = site(_API)
    here.submit(2_000)
    size = max(file.stat().st_size for file in here.shell.folder.glob("queue.db*"))
    with here.hurting("disk full"):
        ended = here.shell("run", "--until-empty", "--json", wrapper=_bounded(size + 64 * _KIB))
    assert ended.code == 3
    assert "no room" in ended.err or "full" in ended.err
    here.finish()
    made = reckon(here, "full disk")
    assert made.delivered == made.jobs


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
