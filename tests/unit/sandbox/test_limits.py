"""The sandbox holds its rate limits to the letter."""

from collections.abc import Callable
from typing import Any

import pytest

from worker.sandbox import Behaviour, Contract, Sandbox
from worker.sandbox.limits import Limit
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

ORDERS = "/shops/ulm/orders"


def limited(demo: Contract, clock: Any, *limits: Limit) -> Sandbox:
    """The demo shop with these limits."""
    return Sandbox(demo, Behaviour(limits=limits), clock)


def test_no_window_ever_holds_more_than_the_rate(ask: Ask, demo: Contract, clock: Any) -> None:
    """Hammered for ten windows at odd moments, wherever a window begins, it holds at most the rate."""
    sandbox, admitted = limited(demo, clock, Limit(7, 1.0)), []
    for step in range(1000):
        clock.at += 0.01 + 0.003 * (step % 3)
        if ask(sandbox, "GET", ORDERS).answer.status == 200:
            admitted.append(clock.at)
    assert max(sum(start <= at < start + 1 for at in admitted) for start in admitted) == 7
    assert sandbox.peak_per_window == 7
    assert len(admitted) >= 7 * 12


def test_too_early_is_429_and_says_when_to_come_back(ask: Ask, demo: Contract, clock: Any) -> None:
    """Whole seconds, rounded up; at that moment there is room."""
    sandbox = limited(demo, clock, Limit(2, 10.0))
    ask(sandbox, "GET", ORDERS)
    clock.at += 3.5
    ask(sandbox, "GET", ORDERS)
    refused = ask(sandbox, "GET", ORDERS).answer
    assert refused.status == 429
    assert refused.headers["Retry-After"] == "7"
    assert refused.headers["X-RateLimit-Limit"] == "2"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert refused.headers["X-RateLimit-Reset"] == "10"
    clock.at += 7
    assert ask(sandbox, "GET", ORDERS).answer.status == 200


@pytest.mark.parametrize(
    ("how", "headers"),
    [
        ("seconds", {"Retry-After": "3"}),
        ("milliseconds", {"Retry-After-Ms": "2500"}),
        ("http-date", {"Retry-After": "Fri, 15 Jan 2027 08:00:03 GMT"}),
        ("none", {}),
    ],
)
def test_each_way_to_say_when(ask: Ask, demo: Contract, clock: Any, how: Any, headers: dict[str, str]) -> None:
    """APIs differ; the behaviour chooses."""
    sandbox = limited(demo, clock, Limit(1, 2.5, retry_after=how))
    ask(sandbox, "GET", ORDERS)
    answer = ask(sandbox, "GET", ORDERS).answer
    assert {name: value for name, value in answer.headers.items() if name.startswith("Retry")} == headers


def test_a_good_answer_tells_what_is_left_of_the_tightest_limit(ask: Ask, demo: Contract, clock: Any) -> None:
    """Of several limits, the one with the least room."""
    sandbox = limited(demo, clock, Limit(100, 60.0), Limit(5, 1.0))
    headers = ask(sandbox, "GET", ORDERS).answer.headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("5", "4")


def test_a_refused_request_draws_on_no_limit(ask: Ask, demo: Contract, clock: Any) -> None:
    """All or nothing: what the second refuses the first does not count."""
    sandbox = limited(demo, clock, Limit(3, 60.0), Limit(1, 1.0))
    statuses = [ask(sandbox, "GET", ORDERS).answer.status for _ in range(5)]
    clock.at += 1
    assert statuses == [200, 429, 429, 429, 429]
    assert ask(sandbox, "GET", ORDERS).answer.headers["X-RateLimit-Remaining"] == "0"
    assert sandbox.peak_per_window == 2


def test_a_budget_per_operation_or_header_value(ask: Ask, demo: Contract, clock: Any) -> None:
    """What one draws the other keeps."""
    by_operation = limited(demo, clock, Limit(1, 1.0, "operation"))
    assert ask(by_operation, "GET", ORDERS).answer.status == 200
    assert ask(by_operation, "POST", ORDERS, {}).answer.status == 422
    assert ask(by_operation, "GET", ORDERS).answer.status == 429
    by_tenant = limited(demo, clock, Limit(1, 1.0, "header:X-Tenant"))
    assert [ask(by_tenant, "GET", ORDERS, headers={"x-tenant": name}).answer.status for name in "aba"] == [
        200,
        200,
        429,
    ]


def test_header_values_are_forgotten_in_the_end(ask: Ask, demo: Contract, clock: Any) -> None:
    """Memory does not grow with the number of tenants."""
    sandbox = limited(demo, clock, Limit(1, 1.0, "header:X-Tenant"))
    for number in range(10_050):
        ask(sandbox, "GET", ORDERS, headers={"x-tenant": str(number)})
    assert len(sandbox._limits._windows[0]) == 10_000
