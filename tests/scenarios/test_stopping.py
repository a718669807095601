"""Stopping a run: what is in flight finishes, the rest goes back uncharged, and the next run delivers it."""

import json
import select
import signal
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

_LONGEST_S: Final = 30.0  # until the first word


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_finish_and_hands_the_rest_back(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually, number: signal.Signals
) -> None:
    """Every request that was made has been recorded; nothing was charged; the next run delivers all."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.04),)), after="max_attempts = 1")
    shell.write("orders.jsonl", orders(300))
    shell("submit", "orders.jsonl")
    with shell.start("run", "--until-empty", "--json") as running:
        eventually(lambda: shop.requests >= 40)
        running.send_signal(number)
        out, err = running.communicate(timeout=20)
    stopped, sent, states = json.loads(out), shop.requests, shell.states
    ran = shell("run", "--until-empty", "--json")
    assert running.returncode == 130
    assert "stopping: requests in flight finish, the rest goes back" in err
    assert stopped["delivered"] == sent
    assert states == {"delivered": sent, "ready": 300 - sent}
    assert (ran.code, ran.json["delivered"]) == (0, 300 - sent)
    assert shop.statuses == {201: 300}


def test_a_service_that_is_stopped_has_done_its_duty(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Without --until-empty SIGTERM is how it ends: exit code 0, though jobs wait."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.02),)))
    shell.write("orders.jsonl", orders(300))
    shell("submit", "orders.jsonl")
    with shell.start("run", "--json") as running:
        eventually(lambda: shop.requests >= 20)
        running.send_signal(signal.SIGTERM)
        out, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    assert json.loads(out)["waiting"] > 0


def test_a_service_whose_log_nobody_reads_any_more_can_be_stopped(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Whoever read its standard error has gone: it works on, and SIGTERM ends it all the same."""
    shop = open_shop()
    shop.stop()
    shell.write("orders.jsonl", orders(5))
    shell("submit", "orders.jsonl")
    with shell.start("run") as running:
        assert running.stderr is not None
        assert select.select([running.stderr], [], [], _LONGEST_S)[0]
        running.stderr.close()
        running.terminate()
        running.wait(timeout=20)
    assert shell.states == {"ready": 5}


@pytest.mark.parametrize(
    ("header", "states"),
    [("Idempotency-Key", {"ready": 20}), ("", {"parked": 8, "ready": 12})],
    ids=["may be sent twice", "must not be sent twice"],
)
def test_requests_that_outlast_the_drain_are_sent_again_only_where_that_is_safe(
    shell: "Shell",
    open_shop: OpenShop,
    orders: Orders,
    eventually: Eventually,
    header: str,
    states: dict[str, int],
) -> None:
    """Released where a key goes with them; parked as unknown where nobody can tell what happened."""
    slow = (Rule(delay_s=4.0),)
    shop = open_shop(Behaviour(faults=slow), before='[worker]\ndrain = "100ms"\n')
    if not header:
        config = (shell.folder / "preflight.toml").read_text()
        shell.write("preflight.toml", config.replace('idempotency_header = "Idempotency-Key"\n', ""))
    shell.write("orders.jsonl", orders(20))
    shell("submit", "orders.jsonl")
    with shell.start("run", "--until-empty", "--json") as running:
        eventually(lambda: shop.requests == 8)
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=20)
    assert running.returncode in {1, 130}
    assert shell.states == states
    assert {failure["cause"] for failure in shell.failures} == ({"unknown"} if "parked" in states else set())


def test_a_second_signal_ends_it_at_once(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Although the requests in flight would take four seconds."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=4.0),)))
    shell.write("orders.jsonl", orders(20))
    shell("submit", "orders.jsonl")
    with shell.heard("run", "--until-empty") as (running, heard):
        eventually(lambda: shop.requests == 8)
        running.send_signal(signal.SIGINT)
        heard.line("stopping")
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode == 130
    assert shell.states == {"leased": 20}


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "arguments", "code"),
    [(signal.SIGTERM, (), 0), (signal.SIGTERM, ("--until-empty",), 130), (signal.SIGINT, (), 130)],
)
def test_a_signal_while_it_starts_ends_it_at_once(
    shell: "Shell",
    open_shop: OpenShop,
    eventually: Eventually,
    number: signal.Signals,
    arguments: tuple[str, ...],
    code: int,
    processes: str,
) -> None:
    """There is nothing to finish: it says nothing, and ends as it would have ended later."""
    open_shop(api='checks = ["slow:check"]\n')
    shell.write("slow.py", _SLOW)
    shell.environ["PYTHONPATH"] = str(shell.folder)
    with shell.start("run", "--processes", processes, *arguments) as running:
        eventually((shell.folder / "starting").exists)
        running.send_signal(number)
        out, err = running.communicate(timeout=10)
    assert (running.returncode, out, err) == (code, "", "")


#: Own checks whose import never ends.
_SLOW: Final = """
import pathlib, threading

pathlib.Path("starting").touch()
threading.Event().wait()
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_storm_of_signals_loses_nothing(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually, processes: str
) -> None:
    """Twenty at once end it at once; what it had in hand is delivered by the next run, with the same keys."""
    worker, api = '[worker]\nlease = "2s"\ndrain = "1s"\n', 'timeout = "1s"\nconnect_timeout = "500ms"\n'
    slow = Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.04),))
    shop = open_shop(slow, before=worker, api=api)
    shell.write("orders.jsonl", orders(200))
    shell("submit", "orders.jsonl")
    with shell.start("run", "--until-empty", "--processes", processes) as running:
        eventually(lambda: shop.requests >= 40)
        for _ in range(20):
            running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=10)
    ran = shell("run", "--until-empty", "--json")
    assert running.returncode == 130
    assert "Traceback" not in err
    assert ran.code == 0
    assert shell.states == {"delivered": 200}
    assert len({record["key"] for record in shop.records}) == 200
