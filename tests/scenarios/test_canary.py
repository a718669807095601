"""A run that feels its way: the canary, and the brake, against an API that goes wrong."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from worker.sandbox import Behaviour
from worker.sandbox.limits import Limit
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

_KEYED = "Idempotency-Key"


def submitted(shell: "Shell", jobs: list[dict[str, Any]]) -> None:
    """Put jobs on the queue."""
    shell.write("orders.jsonl", jobs)
    assert shell("submit", "orders.jsonl").code == 0


def test_a_canary_of_a_sound_api_goes_on_until_all_is_delivered(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """50, 100, and so on; nothing is lost and nothing sent twice on the way."""
    shop = open_shop(Behaviour(idempotency_header=_KEYED))
    submitted(shell, orders(600))
    ran = shell("run", "--until-empty", "--canary", "50", "--json")
    assert (ran.code, ran.json["delivered"], ran.json["waiting"]) == (0, 600, 0)
    assert ran.json["canary"].items() >= {"state": "ramping", "answers": 600, "brake": 0.05, "halt": None}.items()
    assert shop.statuses == {201: 600}


def test_a_canary_reaches_full_speed(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """After 2 + 4 + ... + 64 jobs; the rest goes as always."""
    open_shop()
    submitted(shell, orders(400))
    ran = shell("run", "--until-empty", "--canary", "2", "--json")
    assert (ran.code, ran.json["delivered"]) == (0, 400)
    assert ran.json["canary"]["state"] == "full_speed"


@pytest.mark.parametrize("status", [422, 500])
def test_a_canary_that_meets_bad_answers_stops_and_leaves_the_rest_untouched(
    shell: "Shell", open_shop: OpenShop, orders: Orders, status: int
) -> None:
    """Exit code 1, at most the first 50 were sent, and a person is told what, how many and which job."""
    shop = open_shop(Behaviour(faults=(Rule(share=Fraction(1, 2), status=status),)))
    submitted(shell, orders(1000))
    ran = shell("run", "--until-empty", "--canary", "50", "--brake", "0.1")
    assert ran.code == 1
    assert shop.requests <= 50
    assert shell.states["ready"] >= 950
    lines = ran.err.splitlines()
    stopped = next(number for number, line in enumerate(lines) if line.startswith("stopped: "))
    assert lines[stopped].startswith("stopped: 6 of the last ")
    assert lines[stopped].endswith(" answers were bad; --brake 0.1 allows 5 of 50")
    assert "shop/createOrder, such as job o" in lines[stopped + 1]
    assert str(status) in lines[stopped + 1]
    assert "jobs wait untouched: look at the answers" in lines[-1]


def test_jobs_that_were_refused_unsent_say_nothing_about_the_api(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Half of the rows are bad, and the canary sends 10 good ones all the same."""
    shop = open_shop()
    jobs = [job for number in range(100) for job in orders(1, number, **({"qty": 0} if number % 2 else {}))]
    submitted(shell, jobs)
    ran = shell("run", "--until-empty", "--canary", "10", "--json")
    assert (ran.json["delivered"], ran.json["dead"], ran.json["canary"]["answers"]) == (50, 50, 50)
    assert ran.json["canary"]["state"] == "ramping"
    assert shop.statuses == {201: 50}


def test_a_canary_takes_some_jobs_of_every_lane(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """What is wrong with one tenant's jobs shows, however many of another's stand before them."""
    shop = open_shop(Behaviour(faults=(Rule(status=422),)))
    keys = [*["a"] * 300, *["b"] * 10, *["c"] * 10]
    submitted(shell, [{**job, "key": key} for job, key in zip(orders(320), keys, strict=True)])
    ran = shell("run", "--until-empty", "--canary", "30", "--brake", "0.9", "--json")
    lanes = Counter(record["job"].get("key") for record in shell.failures)
    assert ran.code == 1
    assert shop.requests <= 30
    assert all(lanes[key] >= 5 for key in "abc")


def test_the_brake_stops_a_run_that_goes_wrong_on_the_way(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """At full speed from the start, and no canary: what is in hand then is the most that goes wrong."""
    shop = open_shop(Behaviour(faults=(Rule(share=Fraction(1, 3), status=422),)))
    submitted(shell, orders(3000))
    ran = shell("run", "--until-empty", "--brake", "0.05", "--json")
    told = ran.json["canary"]
    assert (ran.code, told["state"], told["halt"]["bad"]) == (1, "stopped", 6)
    assert told["halt"]["kinds"][0]["times"] == 6
    assert shop.requests < 1000
    assert ran.json["waiting"] > 2000


def test_an_api_that_is_stricter_than_the_config_says_stops_the_canary_not_the_night(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """A 429 costs no job an attempt, but it means that a limit is wrong: before full speed it counts."""
    open_shop(Behaviour(limits=(Limit(2, 60.0),)))
    submitted(shell, orders(100))
    ran = shell("run", "--until-empty", "--canary", "20", "--brake", "0.05", "--json")
    assert (ran.code, ran.json["dead"], ran.json["delivered"]) == (1, 0, 2)
    assert "429" in ran.json["canary"]["halt"]["kinds"][0]["what"]
    assert shell.states == {"delivered": 2, "ready": 98}


def test_without_canary_and_brake_nothing_is_told_of_them(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """The counts are those of every run."""
    open_shop()
    submitted(shell, orders(3))
    assert "canary" not in shell("run", "--until-empty", "--json").json


def test_a_brake_that_is_no_share_is_refused(shell: "Shell", open_shop: OpenShop) -> None:
    """5 is not 5%."""
    open_shop()
    told = shell("run", "--brake", "5")
    assert told.code == 2
    assert "--brake" in told.err
