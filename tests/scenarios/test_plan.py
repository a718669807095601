"""``preflight plan`` as a user meets it: what it says, and that no run is done before."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

_HUNDRED = '[[apis.shop.limits]]\nrate = 100\nper = "1s"\n'
_BY_KEY = '[[apis.shop.limits]]\nrate = 50\nper = "1h"\nby = "key"\n'
_TOKENS = '[[apis.shop.limits]]\nrate = 1000\nper = "1m"\ncost = "tokens"\n'


def test_no_run_is_done_before_its_plan_says(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """300 jobs at 100 a second, one of them bad: three seconds, on any machine."""
    open_shop(after=_HUNDRED)
    shell.write("orders.jsonl", [*orders(300), *orders(1, 300, qty=0)])
    planned = shell("plan", "orders.jsonl", "--json")
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert planned.code == 1
    assert planned.json.items() >= {"rows": 301, "valid": 300, "bad": 1, "queued": 0, "exact": True}.items()
    assert planned.json["seconds"] == pytest.approx(3.03, abs=0.1)
    assert (ran.json["delivered"], ran.json["dead"]) == (300, 1)
    assert ran.json["seconds"] > planned.json["seconds"] - 0.1


def test_a_plan_sends_and_queues_nothing(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Nor does it make a database."""
    shop = open_shop(after=_HUNDRED)
    shell.write("orders.jsonl", orders(20))
    assert shell("plan", "orders.jsonl").code == 0
    assert shop.requests == 0
    assert not (shell.folder / "queue.db").exists()


def test_a_person_reads_each_limit_and_which_of_them_binds(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """With the key whose account it is, and how long each limit would take alone."""
    open_shop(after=_HUNDRED + _BY_KEY)
    jobs = [{**job, "key": "tenant-7" if number < 190 else "b"} for number, job in enumerate(orders(200))]
    shell.write("orders.jsonl", jobs)
    told = shell("plan", "orders.jsonl")
    rows, head, first, second, expected, binding = told.out.splitlines()
    assert rows == "200 rows: 200 valid"
    assert head.split("  ")[0] == "api"
    assert first.split() == ["shop", "100", "per", "1s", "200", "2", "s"]
    assert second.startswith("shop  50 per 1h by key  tenant-7  190   3 h")
    assert expected.startswith("expected: 3 h")
    assert binding == "binding: 50 per 1h by key (tenant-7) of shop"
    assert told.err == "note: how fast APIs answer is not known: --latency 100ms counts concurrency too\n"


def test_what_waits_in_the_queue_is_counted_too(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Without a file it is all that there is."""
    open_shop(after=_HUNDRED)
    shell.write("a.jsonl", orders(100))
    shell.write("b.jsonl", orders(100, 100))
    shell("submit", "a.jsonl")
    both, alone = shell("plan", "b.jsonl"), shell("plan", "--json")
    assert "100 jobs wait in the queue already and are counted too" in both.out
    assert alone.json.items() >= {"rows": 0, "queued": 100}.items()
    assert shell("plan", "b.jsonl", "--json").json["seconds"] == pytest.approx(2 * alone.json["seconds"], rel=0.05)


def test_costs_of_rows_draw_on_the_limits_that_count_them(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """And a row that costs more than a whole period allows is told apart: a run would refuse it."""
    open_shop(after=_TOKENS)
    shell.write("orders.jsonl", [{**job, "cost": {"tokens": 100}} for job in orders(30)])
    shell.write("dear.jsonl", [{**job, "cost": {"tokens": 1001}} for job in orders(1, 30)])
    told = shell("plan", "orders.jsonl", "dear.jsonl", "--json")
    assert (told.code, told.json["too_costly"]) == (1, 1)
    assert told.json["binding"]["cost"] == "tokens"
    assert 110 < told.json["seconds"] < 190


def test_with_a_latency_concurrency_counts(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """8 in flight at a second each: 80 jobs are ten seconds."""
    open_shop()
    shell.write("orders.jsonl", orders(80))
    without, told = shell("plan", "orders.jsonl"), shell("plan", "orders.jsonl", "--latency", "1s", "--json")
    assert "no limit is in the way: a run takes as long as the APIs take to answer" in without.out
    assert (told.json["binding"]["kind"], told.json["binding"]["rate"]) == ("concurrency", 8)
    assert told.json["seconds"] == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("latency", ["fast", "3", "0s"])
def test_a_latency_that_is_none_is_refused(shell: "Shell", open_shop: OpenShop, latency: str) -> None:
    """By the flag's name, with what to write instead."""
    open_shop()
    told = shell("plan", "--latency", latency)
    assert told.code == 2
    assert "--latency" in told.err
