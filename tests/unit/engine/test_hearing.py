"""What answers say of limits and costs is heard: before the limit is hit, and by everybody."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from worker.engine.api import Cost
from worker.events import LaneStopped
from worker.job import Scope, Standstill, State
from worker.limits.budget import from_settings
from worker.outcome import Answer
from worker.ports import Told
from worker.settings import LimitSettings
from worker.settings.predicate import place

if TYPE_CHECKING:
    from tests.unit.engine.conftest import Bench

Make = Callable[..., "Bench"]


async def test_an_api_that_has_nothing_left_is_left_alone_until_it_has(bench: Make) -> None:
    """It never has to say 429: the answer before said that it was the last, and for how long."""
    b = bench(concurrency=1)
    sent: list[float] = []

    def script(_: object) -> Answer:
        sent.append(b.clock.monotonic())
        left = str(max(3 - len(sent), 0)) if len(sent) <= 3 else "100"
        headers = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": left, "x-ratelimit-reset": "30"}
        return Answer(200, headers, b"{}", 1.0)

    b.transport.script = script
    await b.submit(10)
    await b.work()
    assert await b.states() == {State.DELIVERED: 10}
    assert [at >= 30 for at in sent] == [False] * 3 + [True] * 7
    (stop,) = [event.stop for event in b.events if isinstance(event, LaneStopped)]
    assert (stop.scope, stop.kind, stop.reason) == (
        Scope("shop"),
        Standstill.CLOSED,
        "the API says that no requests are left",
    )


async def test_what_is_left_is_spread_over_the_time_until_the_reset(bench: Make) -> None:
    """Ten are left for ten seconds, and our own budget would have spent them in a second."""
    b = bench(limits={"shop": [from_settings(LimitSettings(rate=10, per_s=1))]}, concurrency=1)
    sent: list[float] = []

    def script(_: object) -> Answer:
        sent.append(b.clock.monotonic())
        left = max(11 - len(sent), 0)
        reset = max(10 - b.clock.monotonic(), 0)
        headers = {
            "x-ratelimit-limit": "1000",
            "x-ratelimit-remaining": str(left if reset else 999),
            "x-ratelimit-reset": f"{reset:.0f}",
        }
        return Answer(200, headers, b"{}", 1.0)

    b.transport.script = script
    await b.submit(14)
    await b.work()
    assert await b.states() == {State.DELIVERED: 14}
    assert sum(at < 10 for at in sent) <= 11
    assert sent[5] > 3


async def test_what_a_request_has_cost_is_charged_and_not_what_was_reserved(bench: Make) -> None:
    """A hundred tokens reserved and ten used: the next job need not wait for ninety that were never spent."""
    tokens = LimitSettings(rate=100, per_s=6, cost="tokens", estimate=90)
    took: dict[str, float] = {}
    for used in (10, 90):
        b = bench(limits={"shop": [from_settings(tokens)]}, concurrency=1)
        b.apis["shop"] = replace(b.apis["shop"], costs={"tokens": Cost(place("body:/usage/total"), 90)})
        body = b'{"usage": {"total": %d}}' % used
        b.transport.script = lambda _, body=body: Answer(200, {}, body, 1.0)  # type: ignore[misc]
        await b.submit(4)
        started = b.clock.now()
        await b.work()
        assert await b.states() == {State.DELIVERED: 4}
        took[str(used)] = b.clock.now() - started
    assert took["10"] < took["90"] / 2


async def test_what_many_keys_were_told_is_not_gone_through_at_every_answer(bench: Make) -> None:
    """The fifth thousand is remembered like the first, and all are forgotten when their time is over."""
    b = bench(concurrency=64)
    b.apis["shop"] = replace(b.apis["shop"], closes="key")
    consequences = b.sender._consequences
    reset_s = 1000.0
    told: list[dict[Scope, Told]] = []

    def script(_: object) -> Answer:
        told.append(consequences._told)
        headers = {"x-ratelimit-limit": "9", "x-ratelimit-remaining": "8", "x-ratelimit-reset": f"{reset_s:.0f}"}
        return Answer(200, headers, b"{}", 1.0)

    b.transport.script = script
    for number in range(4500):
        await b.submit(1, key=str(number))
    await b.work()
    assert len(told[-1]) >= 4400
    assert len({id(one) for one in told}) == 2
    b.clock.advance(reset_s + 1)
    for number in range(4500, 9000):
        await b.submit(1, key=str(number))
    await b.work()
    assert len(consequences._told) <= 4600
