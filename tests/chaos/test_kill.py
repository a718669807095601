"""Kill -9 loses nothing, also where there is no key that makes it safe to send something twice."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]
Eventually = Callable[[Callable[[], bool]], None]

pytestmark = pytest.mark.chaos

_WORKER: Final = '[worker]\nlease = "2s"\ndrain = "1s"\n'
_API: Final = 'timeout = "1s"\nconnect_timeout = "500ms"\n'
_HEADER: Final = "Idempotency-Key"


def test_without_a_key_nothing_is_sent_twice_and_nothing_is_forgotten(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """What was in the hands of a worker that was killed is delivered or parked as unknown; each is sent once."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.01),)), before=_WORKER, api=_API)
    config = (shell.folder / "preflight.toml").read_text()
    shell.write("preflight.toml", config.replace(f'idempotency_header = "{_HEADER}"\n', ""))
    jobs = orders(400)
    for number, job in enumerate(jobs):
        job["body"]["note"] = str(number)
    shell.write("orders.jsonl", jobs)
    shell("submit", "orders.jsonl")
    with shell.start("run") as running:
        eventually(lambda: shop.requests >= 100)
        running.kill()
        running.communicate()
    last = shell("run", "--until-empty", "--json")
    states = shell.states
    assert last.code == 1
    assert states["delivered"] + states["parked"] == 400
    assert states.keys() == {"delivered", "parked"}
    assert {failure["cause"] for failure in shell.failures} == {"unknown"}
    sent = [record["body"]["note"] for record in shop.records]
    assert len(sent) == len(set(sent))


def test_a_submit_that_is_killed_goes_on_where_it_stopped(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Killed three times; at the end every row is there exactly once."""
    open_shop()
    shell.write("orders.jsonl", orders(60_000))
    log = shell.folder / "queue.db-wal"
    kept = [0]
    for size in (1, 500_000, 3_000_000):
        with shell.start("submit", "orders.jsonl") as submitting:
            eventually(lambda size=size: log.exists() and log.stat().st_size >= size)  # type: ignore[misc]
            submitting.kill()
            submitting.communicate()
        kept.append(shell.states.get("ready", 0))
    again = shell("submit", "orders.jsonl", "--json")
    assert kept == sorted(kept)
    assert 0 < kept[-1] < 60_000
    assert all(count % 1000 == 0 for count in kept)  # a batch is there whole, or not at all
    assert again.json.items() >= {"accepted": 60_000 - kept[-1], "duplicates": kept[-1], "bad": 0}.items()
    assert shell.states == {"ready": 60_000}
