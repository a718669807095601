"""``run --results FILE``: one line per job, whatever happens to the worker; and what is kept of answers."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]
Eventually = Callable[[Callable[[], bool]], None]

_WORKER = '[worker]\nlease = "2s"\ndrain = "1s"\n'
_API = 'timeout = "1s"\nconnect_timeout = "500ms"\n'


def lines(shell: "Shell") -> list[dict[str, Any]]:
    """The file, of whole lines only."""
    text = (shell.folder / "results.jsonl").read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_a_worker_that_is_killed_leaves_a_file_that_the_next_one_takes_up(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Killed while it writes, three times; at the end each job has one line, and a bad one says why."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.005),)), before=_WORKER, api=_API)
    shell.write("orders.jsonl", [*orders(1500), *orders(5, start=2000, currency="gold")])
    shell("submit", "orders.jsonl")
    file = shell.folder / "results.jsonl"
    for _ in range(3):
        before = file.stat().st_size if file.exists() else 0
        at = shop.requests + 200
        with shell.start("run", "--results", "results.jsonl") as running:
            eventually(lambda before=before: file.exists() and file.stat().st_size > before)  # type: ignore[misc]
            eventually(lambda at=at: shop.requests >= at)  # type: ignore[misc]
            running.kill()
            running.communicate()
    last = shell("run", "--until-empty", "--results", "results.jsonl")
    found = lines(shell)
    assert last.code in {0, 1}
    assert len(found) == 1505
    assert len({line["id"] for line in found}) == 1505
    assert [line["number"] for line in found] == sorted({line["number"] for line in found})
    outcomes = {line["id"]: (line["outcome"], line["cause"]) for line in found}
    assert outcomes["o2000"] == ("dead", "invalid")
    assert outcomes["o0"] == ("delivered", None)


def test_a_file_that_cannot_be_written_stops_a_run_before_it_sends(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """The jobs' own file, for example; it stays as it was."""
    shop = open_shop()
    name = shell.write("orders.jsonl", orders(3))
    shell("submit", name)
    before = (shell.folder / name).read_bytes()
    ran = shell("run", "--until-empty", "--results", name)
    assert ran.code == 2
    assert "is no file of results; choose another --results" in ran.err
    assert shop.requests == 0
    assert (shell.folder / name).read_bytes() == before


@pytest.mark.parametrize(
    ("capture", "kept"),
    [("none", (False, False)), ("errors", (False, True)), ("all", (True, True))],
)
def test_of_answers_is_kept_what_was_asked_for(
    shell: "Shell", open_shop: OpenShop, orders: Orders, capture: str, kept: tuple[bool, bool]
) -> None:
    """With none, no word of the API's stands anywhere in the queue; of the others no more than capture_bytes."""
    keys = f'capture = "{capture}"\ncapture_bytes = 10\n'
    open_shop(Behaviour(faults=(Rule(every=2, status=422),)), api=keys)
    shell.write("orders.jsonl", orders(2))
    shell("submit", "orders.jsonl")
    shell("run", "--until-empty", "--results", "results.jsonl")
    replies = {line["outcome"]: line["reply"] for line in lines(shell)}
    assert (replies["delivered"] is not None, replies["dead"] is not None) == kept
    assert all(len(reply) <= 10 for reply in replies.values() if reply)
    stored = b"".join(path.read_bytes() for path in shell.folder.glob("queue.db*"))
    assert (b"told to misbehave" in stored) is (capture != "none")
