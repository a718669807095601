"""What every store's accounts do, whatever they are kept in."""

import asyncio
import math
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.conftest import STORES
from worker.errors import StoreError
from worker.job import Lane, Scope
from worker.limits.account import AHEAD_S
from worker.limits.budget import Budget, from_settings
from worker.limits.quota import LEAD_S
from worker.ports import Ask, Correction, Grant, Quota, Refund, Told
from worker.queues.memory import MemoryStore
from worker.queues.sqlite import SqliteStore
from worker.settings import LimitSettings
from worker.testing import ManualClock

_LANE = Lane("shop", "order", "k")
_WINDOWS = pytest.mark.parametrize("window", ["smooth", "sliding", "fixed"])


def _budget(rate: float, per_s: float = 1.0, **more: Any) -> Budget:
    return from_settings(LimitSettings(rate=rate, per_s=per_s, **more))


def _quota(store: Any, *budgets: Budget) -> Quota:
    quota: Quota = store.quota({"shop": budgets})
    return quota


@pytest.fixture
async def other(request: pytest.FixtureRequest, store: Any, clock: ManualClock) -> AsyncIterator[Any]:
    """The same store as another process sees it; what is in memory, nobody else sees."""
    if isinstance(store, MemoryStore):
        yield store
        return
    other = await STORES[request.node.callspec.params["store"]](request, clock)
    yield other
    await other.close()


async def _ask(quota: Quota, most: int = 100_000, lane: Lane = _LANE) -> Grant:
    (grant,) = await quota.grant([Ask(lane, most)])
    return grant


async def _pay(quota: Quota, units: float) -> Grant:
    (grant,) = await quota.grant([Ask(_LANE, 1, {"tokens": units})])
    return grant


async def _slots(quota: Quota, clock: ManualClock, seconds: float) -> list[float]:
    """Every slot that somebody gets who asks again whenever told to."""
    slots: list[float] = []
    end = clock.now() + seconds
    while clock.now() < end:
        grant = await _ask(quota)
        slots += grant.slots
        clock.advance(grant.wait_s)
    return [at for at in slots if at < end]


async def test_who_has_no_budget_has_no_limit(store: Any) -> None:
    """Slots without a time, and nothing to hand back."""
    assert await _ask(_quota(store), 3) == Grant((0.0, 0.0, 0.0), math.inf, 0.0)
    assert await _ask(_quota(store, _budget(1)), 1, Lane("other", "o")) == Grant((0.0,), math.inf, 0.0)
    assert await _pay(_quota(store), 5) == Grant((0.0,), math.inf, 0.0)


async def test_a_request_and_its_costs_are_paid_for_together(store: Any, clock: ManualClock) -> None:
    """At one moment, or neither; before a job is about to leave, its API's budgets are only looked at."""
    quota = _quota(store, _budget(20), _budget(100, cost="tokens"))
    looked = [await _ask(quota, 5) for _ in range(20)]
    assert all(len(grant.slots) == 5 and grant.receipt == () for grant in looked)
    first, second = await _pay(quota, 1), await _pay(quota, 100)
    assert (len(first.slots), second.slots, second.by) == (1, (), "api")
    assert len(first.receipt) == 2
    assert 0.05 <= (await _pay(quota, 1)).slots[0] - clock.now() < 0.06  # what was refused has charged no request


@_WINDOWS
async def test_slots_are_given_for_a_moment_ahead(store: Any, clock: ManualClock, window: str) -> None:
    """In order, none before a job can be leased, and whoever has to wait is told for how long and for whose budget."""
    grant = await _ask(_quota(store, _budget(100, window=window)))
    assert list(grant.slots) == sorted(grant.slots)
    assert clock.now() + LEAD_S <= grant.slots[0]
    assert grant.slots[-1] <= clock.now() + AHEAD_S
    assert (grant.wait_s > 0, grant.by) == (True, "api")
    assert 0 < grant.late_s < math.inf


@_WINDOWS
async def test_saturation_uses_nearly_all_and_never_more(store: Any, clock: ManualClock, window: str) -> None:
    """Of the rate, over ten periods."""
    clock.advance(1 - clock.now() % 1)
    slots = await _slots(_quota(store, _budget(40, window=window)), clock, 10.0)
    assert 40 * 10 * 0.98 <= len(slots) <= 40 * 10


async def test_several_budgets_pay_together_or_not_at_all(store: Any) -> None:
    """What the tight one refuses is not charged to the wide one."""
    wide, tight = _budget(20), _budget(2, by="operation")
    quota = _quota(store, wide, tight)
    assert len((await _ask(quota)).slots) == 1
    for _ in range(500):
        refused = await _ask(quota)
        assert (refused.slots, refused.receipt, refused.by) == ((), (), "operation")
    other = await _ask(quota, lane=Lane("shop", "cancel"))
    assert len(other.slots) == 1
    assert other.slots[0] <= refused.wait_s + other.slots[0]


async def test_keys_have_accounts_of_their_own(store: Any) -> None:
    """One that is spent hinders no other, whatever stands in it."""
    quota = _quota(store, _budget(1, by="key"))
    keys = ["a", "a", "b", "a\x00b", "a\x00c", '","', "é"]
    grants = await quota.grant([Ask(Lane("shop", "o", key), 5) for key in keys])
    assert [len(grant.slots) for grant in grants] == [1, 0, 1, 1, 1, 1, 1]
    assert grants[1].by == "key"


async def test_two_workers_share_every_account(store: Any, other: Any, clock: ManualClock) -> None:
    """Together they get what one would."""
    quotas = [_quota(one, _budget(100)) for one in (store, other)]
    slots: list[float] = []
    for _ in range(80):
        for quota in quotas:
            slots += (await _ask(quota, 3)).slots
        clock.advance(0.025)
    assert slots == sorted(slots)
    assert 2 * 98 <= len(slots) <= (2 + AHEAD_S) * 100


@_WINDOWS
async def test_workers_that_ask_at_the_same_time_get_no_slot_twice(
    store: Any, other: Any, clock: ManualClock, window: str
) -> None:
    """What all of them get is what one would, and everybody is answered."""
    quotas = [_quota(one, _budget(100, window=window)) for one in (store, other, store, other)]
    asked = [_ask(quota, 5) for _ in range(8) for quota in quotas]
    slots = sorted(slot for grant in await clock.run_until(asyncio.gather(*asked)) for slot in grant.slots)
    alone = MemoryStore(ManualClock(clock.now())).quota({"shop": [_budget(100, window=window)]})
    assert len(slots) <= len((await _ask(alone, 160)).slots) + 1
    assert min(later - at for at, later in pairwise(slots)) > 0.0004


async def test_what_was_spent_stays_spent_where_a_rate_is_changed(store: Any) -> None:
    """A worker that reads its config again has another quota on the same store."""
    assert len((await _ask(_quota(store, _budget(2)))).slots) == 1
    assert (await _ask(_quota(store, _budget(3)))).slots == ()


async def test_a_limit_that_counts_in_another_way_has_an_account_of_its_own(store: Any) -> None:
    """No state is read as one of another shape."""
    for window in ("smooth", "fixed", "sliding", "smooth"):
        for per_s in (1.0, 60.0):
            await _ask(_quota(store, _budget(20, per_s, window=window), _budget(10, per_s, window=window)), 2)
    assert (await _ask(_quota(store, _budget(10, 60.0)), 2)).slots == ()


async def test_what_one_worker_hears_all_keep_to(store: Any, other: Any, clock: ManualClock) -> None:
    """Also one that has just looked at the account; and what one hands back, others get."""
    budgets = [_budget(1000)]
    here, there = _quota(store, *budgets), _quota(other, *budgets)
    grant = await _ask(here)
    assert (await _ask(there)).slots == ()
    await here.refund([Refund(grant.receipt, len(grant.slots))])
    clock.advance(0.03)
    assert len((await _ask(there, 10)).slots) == 10
    await there.observe([Told(Scope("shop"), 0, clock.now() + 11)])
    assert (await _ask(here, 10)).slots == ()


@_WINDOWS
async def test_what_was_not_used_is_there_again(store: Any, window: str) -> None:
    """The last slots of a grant, where nobody has drawn on the account since."""
    quota = _quota(store, _budget(1000, window=window))
    first = await _ask(quota)
    await quota.refund([Refund(first.receipt, len(first.slots) // 2)])
    again = await _ask(quota)
    assert len(first.slots) // 2 - 4 <= len(again.slots) <= len(first.slots) // 2
    await quota.refund([Refund(first.receipt, len(first.slots))])
    assert (await _ask(quota)).slots == ()


@_WINDOWS
async def test_grants_are_handed_back_one_after_the_other(store: Any, window: str) -> None:
    """What has been drawn since is gone, and a receipt that was used up already counts for nothing."""
    quota = _quota(store, _budget(1000, window=window))
    older, newer = await quota.grant([Ask(_LANE, 5), Ask(_LANE, 5)])
    await quota.refund([Refund(older.receipt, 5), Refund(newer.receipt, 5), Refund(newer.receipt, 5)])
    slots = (await _ask(quota)).slots
    assert slots[0] >= older.slots[-1]


@_WINDOWS
async def test_costs_are_paid_in_lumps(store: Any, clock: ManualClock, window: str) -> None:
    """All of it or nothing, and a second lump waits until both fit into one period."""
    clock.advance(1 - clock.now() % 1)
    quota = _quota(store, _budget(100, cost="tokens", window=window))
    assert (await _pay(quota, 90)).slots == (clock.now(),)
    refused = await _pay(quota, 20)
    assert (refused.slots, refused.receipt) == ((), ())
    assert (await _pay(quota, 10)).slots if window != "smooth" else True
    clock.advance(1.03)
    assert len((await _pay(quota, 90)).slots) == 1


async def test_a_cost_beyond_the_whole_budget_never_goes(store: Any) -> None:
    """And nothing is charged for it, in no budget."""
    quota = _quota(store, _budget(100, cost="tokens"), _budget(5, cost="pages"))
    (grant,) = await quota.grant([Ask(_LANE, 1, {"tokens": 1, "pages": 6})])
    assert (grant.slots, grant.wait_s) == ((), math.inf)
    (grant,) = await quota.grant([Ask(_LANE, 1, {"tokens": 100, "pages": 0})])
    assert len(grant.slots) == 1


async def test_a_job_that_names_no_cost_pays_the_estimate(store: Any) -> None:
    """Nine are reserved here, and ten are all there is."""
    quota = _quota(store, _budget(10, cost="tokens", estimate=9, window="sliding"))
    (grant,) = await quota.grant([Ask(_LANE, 1, {})])
    assert [spent.units for spent in grant.receipt] == [9]
    assert (await _pay(quota, 2)).slots == ()
    assert len((await _pay(quota, 1)).slots) == 1


async def test_requests_wait_while_a_cost_is_overdrawn(store: Any) -> None:
    """Jobs would be leased for nothing."""
    quota = _quota(store, _budget(100, cost="tokens"))
    assert len((await _ask(quota, 5)).slots) == 5
    await _pay(quota, 100)
    grant = await _ask(quota, 5)
    assert (grant.slots, grant.wait_s > 0.5) == ((), True)


@_WINDOWS
async def test_what_cost_less_than_was_reserved_is_handed_back(store: Any, clock: ManualClock, window: str) -> None:
    """900 of 1,200: 300 more may go, and not one unit more."""
    clock.advance(1.5 - clock.now() % 1)
    quota = _quota(store, _budget(1200, cost="tokens", window=window, burst=1200 if window == "smooth" else None))
    grant = await _pay(quota, 1200)
    assert (await _pay(quota, 300)).slots == ()
    await quota.correct([Correction(_LANE, "tokens", -300.0, grant.slots[0])])
    assert (await _pay(quota, 301)).slots == ()
    assert len((await _pay(quota, 300)).slots) == 1


@_WINDOWS
async def test_what_cost_more_is_charged_even_where_that_overdraws(store: Any, clock: ManualClock, window: str) -> None:
    """The next one waits for it."""
    clock.advance(1.5 - clock.now() % 1)
    quota = _quota(store, _budget(1200, cost="tokens", window=window, burst=1200 if window == "smooth" else None))
    grant = await _pay(quota, 900)
    await quota.correct([Correction(_LANE, "tokens", 600.0, grant.slots[0])])
    assert (await _pay(quota, 1)).slots == ()


@_WINDOWS
async def test_nothing_is_handed_back_for_what_nobody_knows_the_time_of(store: Any, window: str) -> None:
    """It may have been in another window."""
    quota = _quota(store, _budget(1200, cost="tokens", window=window))
    await _pay(quota, 1200)
    await quota.correct([Correction(_LANE, "tokens", -1200.0)])
    assert (await _pay(quota, 1)).slots == ()


async def test_less_is_sent_where_the_api_says_that_less_is_left(store: Any, clock: ManualClock) -> None:
    """Spread over the time."""
    quota = _quota(store, _budget(100))
    await quota.observe([Told(Scope("shop"), 10, clock.now() + 11)])
    slots = await _slots(quota, clock, 10.0)
    assert len(slots) == 10
    assert min(later - at for at, later in pairwise(slots)) > 0.9


async def test_nothing_is_sent_where_nothing_is_left(store: Any, clock: ManualClock) -> None:
    """Until the time that the API told; then its word is forgotten."""
    quota = _quota(store, _budget(100))
    await quota.observe([Told(Scope("shop"), 0, clock.now() + 11)])
    refused = await _ask(quota)
    assert (refused.slots, refused.by) == ((), "api")
    assert refused.wait_s == pytest.approx(11 - AHEAD_S)
    clock.advance(11)
    assert len((await _ask(quota)).slots) > 5


async def test_a_word_counts_for_its_scope_only(store: Any, clock: ManualClock) -> None:
    """Other keys go on."""
    quota = _quota(store, _budget(100))
    await quota.observe([Told(Scope("shop", None, "k"), 0, clock.now() + 60)])
    grant = await _ask(quota)
    assert (grant.slots, grant.by) == ((), "key")
    assert len((await _ask(quota, lane=Lane("shop", "order", "other"))).slots) > 5


async def test_an_answer_that_overtook_another_gives_nothing_back(store: Any, clock: ManualClock) -> None:
    """Of one period the least that was said counts, and what went since is taken off."""
    quota = _quota(store, _budget(100))
    reset_at = clock.now() + 1
    await quota.observe([Told(Scope("shop"), 3, reset_at), Told(Scope("shop"), 40, reset_at)])
    assert len((await _ask(quota)).slots) == 3


async def test_a_word_about_the_past_says_nothing(store: Any, clock: ManualClock) -> None:
    """Nor does one about next year keep a lane from sending for longer than a day."""
    quota = _quota(store, _budget(100))
    await quota.observe([Told(Scope("shop"), 0, clock.now() - 1)])
    assert (await _ask(quota)).slots
    await quota.observe([Told(Scope("shop"), 0, clock.now() + 1e9)])
    assert (await _ask(quota)).slots == ()
    clock.advance(86_401)
    assert (await _ask(quota)).slots


@_WINDOWS
async def test_a_clock_that_is_set_back_stalls_nobody(store: Any, clock: ManualClock, window: str) -> None:
    """A day, and the next request waits for two periods at most."""
    quota = _quota(store, _budget(10, window=window))
    await _ask(quota)
    clock.set_back(86_400)
    slots = await _slots(quota, clock, 3.0)
    assert slots[0] <= clock.now() - 3.0 + 2.1
    assert len(slots) >= 9


@_WINDOWS
async def test_whoever_comes_back_when_told_to_gets_something(store: Any, clock: ManualClock, window: str) -> None:
    """The wait is long enough, and not much longer."""
    quota = _quota(store, _budget(7, window=window), _budget(3, 2.0, window=window))
    empty = 0
    for _ in range(60):
        grant = await _ask(quota, 1)
        empty = 0 if grant.slots else empty + 1
        assert empty <= 1
        clock.advance(grant.wait_s)


async def test_a_store_that_fails_lets_nobody_send(tmp_path: Path, clock: ManualClock) -> None:
    """Losing the accounts never means failing open."""
    store = await SqliteStore.open(tmp_path / "queue.db", clock)
    quota = _quota(store, _budget(10))
    await store.close()
    with pytest.raises(StoreError):
        await _ask(quota)


@_WINDOWS
async def test_an_absurd_cost_stalls_a_budget_for_a_period_and_not_for_ever(
    store: Any, clock: ManualClock, window: str
) -> None:
    """An answer may say anything of what it cost; it is not trusted."""
    quota = _quota(store, _budget(100, cost="tokens", window=window))
    paid = await _pay(quota, 10)
    await quota.correct([Correction(_LANE, "tokens", 1e18, paid.slots[0])])
    clock.advance(2.2)
    assert len((await _pay(quota, 10)).slots) == 1
