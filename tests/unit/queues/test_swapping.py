"""Accounts at a server: how often it is asked, and what happens where it does not answer."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from worker.errors import StoreBusyError, StoreGoneError
from worker.job import Lane, Scope
from worker.limits.budget import from_settings
from worker.ports import Ask, Correction, Grant, Refund, Told
from worker.queues.swapping import Change, SwappingQuota
from worker.settings import LimitSettings
from worker.testing import ManualClock

_LANE = Lane("shop", "order")
#: Its windows are so long that nothing comes back while a test looks.
_HOURLY = {"rate": 100, "per_s": 3600, "window": "fixed"}


class Server:
    """Accounts that another can change, or that nobody can reach.

    Attributes:
        texts: by name.
        away: whether an answer is lost, after all was done.
        rival: somebody who is quicker, always.
        trips: how often it was asked.
        lost: how often somebody was told that another had been quicker.
    """

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.away = False
        self.rival = False
        self.trips = self.lost = 0

    async def read(self, names: Sequence[str]) -> Mapping[str, str]:
        """How accounts stand."""
        self.trips += 1
        if self.away:
            raise StoreGoneError("the line is cut")
        return {name: self.texts[name] for name in names if name in self.texts}

    async def swap(self, changes: Sequence[Change], now: float) -> Mapping[str, str] | None:  # noqa: ARG002 - a port
        """Change all or none."""
        self.trips += 1
        current = {change.name: self.texts.get(change.name, "") for change in changes}
        if self.rival:
            return current
        if any(current[change.name] != change.seen for change in changes):
            self.lost += 1
            return current
        self.texts |= {change.name: change.new for change in changes if change.new}
        if self.away:
            raise StoreGoneError("the line is cut")
        return None


@pytest.fixture
def server() -> Server:
    """Empty accounts."""
    return Server()


def _quota(server: Server, clock: ManualClock, **limit: Any) -> SwappingQuota:
    budget = from_settings(LimitSettings(**{"rate": 1000, "per_s": 1.0} | limit))
    return SwappingQuota(server, {"shop": [budget]}, clock)


async def _ask(quota: SwappingQuota, most: int = 10) -> Grant:
    (grant,) = await quota.grant([Ask(_LANE, most)])
    return grant


async def test_who_is_alone_asks_once_for_each_grant(server: Server, clock: ManualClock) -> None:
    """And once more at the beginning, to see how the accounts stand."""
    quota = _quota(server, clock)
    for _ in range(20):
        assert len((await _ask(quota)).slots) == 10
        clock.advance(0.05)
    assert (server.trips, server.lost) == (21, 0)


async def test_who_is_not_alone_asks_twice(server: Server, clock: ManualClock) -> None:
    """The answer to the first says how the accounts stand now."""
    here, there = _quota(server, clock), _quota(server, clock)
    for _ in range(20):
        await _ask(here)
        await _ask(there)
        clock.advance(0.05)
    assert server.trips <= 2 + 2 * 40
    assert server.lost <= 40


async def test_nothing_is_asked_where_nothing_can_be_had(server: Server, clock: ManualClock) -> None:
    """For a moment; then somebody may have handed something back."""
    quota, other = _quota(server, clock, **_HOURLY), _quota(server, clock, **_HOURLY)
    clock.advance(60)  # away from the edge of a window, where it counts in both
    grant = await _ask(other, 100)
    assert (await _ask(quota)).slots == ()
    await other.refund([Refund(grant.receipt, 10)])
    before = server.trips
    assert [(await _ask(quota)).slots for _ in range(5)] == [()] * 5
    assert server.trips == before
    clock.advance(0.03)
    assert len((await _ask(quota)).slots) == 10


async def test_what_was_drawn_is_not_granted_again_by_a_store_that_comes_back_older(
    server: Server, clock: ManualClock
) -> None:
    """By whoever has drawn it: what the store has lost is written again with the next change."""
    quota = _quota(server, clock, **_HOURLY)
    await _ask(quota, 20)
    older = dict(server.texts)
    assert len((await _ask(quota, 70)).slots) == 70
    server.away = True
    with pytest.raises(StoreGoneError):
        await _ask(quota, 1)
    server.away, server.texts = False, older

    assert len((await _ask(quota, 100)).slots) == 10
    assert (await _ask(_quota(server, clock, **_HOURLY))).slots == ()
    server.texts.clear()
    for _ in range(3):
        clock.advance(0.03)
        assert (await _ask(quota)).slots == ()


async def test_accounts_that_are_full_again_may_be_forgotten(server: Server, clock: ManualClock) -> None:
    """Who begins one anew is believed by whoever knows a later change from before."""
    quota, other = _quota(server, clock, **_HOURLY), _quota(server, clock, **_HOURLY)
    for _ in range(5):
        await _ask(quota, 20)
    clock.advance(3 * 3600)
    server.texts.clear()
    assert len((await _ask(other, 60)).slots) == 60
    assert len((await _ask(quota, 100)).slots) == 40


async def test_the_word_of_an_api_is_not_kept_up_against_the_store(server: Server, clock: ManualClock) -> None:
    """It will say it again; who knows an old one only would stand still, and hear no new one."""
    quota = _quota(server, clock)
    await quota.observe([Told(Scope("shop"), 0, clock.now() + 3600)])
    assert (await _ask(quota)).slots == ()
    server.texts.clear()
    clock.advance(0.03)
    assert len((await _ask(quota)).slots) == 10


async def test_jobs_that_pay_at_the_same_time_are_one_change(server: Server, clock: ManualClock) -> None:
    """A thousand in a second take fewer than 50 round trips."""
    quota = _quota(server, clock, cost="tokens", rate=100_000)

    async def pay(number: int) -> int:
        await clock.sleep(number / 1000)
        (grant,) = await quota.grant([Ask(_LANE, 1, {"tokens": 1})])
        return len(grant.slots)

    paid = await clock.run_until(asyncio.gather(*(pay(number // 8 * 8) for number in range(1000))))
    assert sum(paid) == 1000
    assert server.trips < 60


async def test_who_is_in_a_hurry_is_not_kept_waiting_by_the_patient(server: Server, clock: ManualClock) -> None:
    """Slots for jobs that are to be leased are had at once, whoever pays meanwhile."""
    quota = _quota(server, clock, cost="tokens", rate=100_000)
    payers = [asyncio.ensure_future(quota.grant([Ask(_LANE, 1, {"tokens": 1})])) for _ in range(8)]
    await asyncio.wait(payers)
    patient = asyncio.ensure_future(quota.grant([Ask(_LANE, 1, {"tokens": 1})]))
    assert len((await _ask(quota)).slots) == 10
    await patient
    assert clock.sleepers == 0


async def test_what_may_have_been_granted_when_the_line_was_cut_is_not_granted_again(
    server: Server, clock: ManualClock
) -> None:
    """Nobody gets anything while the store is away, and afterwards what is left."""
    quota = _quota(server, clock)
    await _ask(quota, 10)
    server.away = True
    for _ in range(3):
        with pytest.raises(StoreGoneError):
            await _ask(quota, 50)
    server.away = False
    left = await _ask(quota, 100_000)
    assert left.slots[0] >= clock.now() + 0.02 + 0.060


async def test_who_is_cancelled_forfeits_what_was_granted(server: Server, clock: ManualClock) -> None:
    """All others get theirs."""
    quota = _quota(server, clock)
    asked = [asyncio.ensure_future(_ask(quota, 3)) for _ in range(4)]
    await clock.sleep(0)
    asked[1].cancel()
    granted = await asyncio.gather(*asked, return_exceptions=True)
    assert [isinstance(one, Grant) for one in granted] == [True, False, True, True]
    slots = [slot for one in granted if isinstance(one, Grant) for slot in one.slots]
    assert len(set(slots)) == 9


async def test_who_loses_too_often_is_told_so(server: Server, clock: ManualClock) -> None:
    """And comes less often from then on."""
    quota = _quota(server, clock)
    before = (await _ask(quota, 100_000)).wait_s
    server.rival = True
    clock.advance(0.1)
    with pytest.raises(StoreBusyError, match="others were quicker"):
        await clock.run_until(_ask(quota))
    server.rival = False
    clock.advance(1.0)
    assert (await _ask(quota, 100_000)).wait_s > 2 * before


async def test_corrections_and_words_are_kept_with_the_rest(server: Server, clock: ManualClock) -> None:
    """Of lanes that nobody has drawn on before, too."""
    quota = _quota(server, clock, cost="tokens")
    await quota.correct([Correction(_LANE, "tokens", 1000.0)])
    await quota.observe([Told(Scope("shop"), 0, clock.now() + 5)])
    assert len(server.texts) == 2
    assert (await _ask(_quota(server, clock, cost="tokens"))).slots == ()
