import asyncio

from worker.job import Lane, Scope
from worker.limits import pacer
from worker.limits.budget import from_settings
from worker.limits.pacer import Pacer
from worker.settings import LimitSettings


async def _departed(made: Pacer, lanes: list[Lane]) -> int:
    """How many leave at once, without anybody having to wait."""
    tasks = [asyncio.ensure_future(made.depart(lane)) for lane in lanes]
    for _ in range(3):
        await asyncio.wait(tasks, timeout=0)
    done = sum(task.done() for task in tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return done


async def test_no_more_than_a_burst_leaves_at_once() -> None:
    """The rest is spaced out."""
    made = Pacer({"shop": [from_settings(LimitSettings(rate=100, per_s=3600, burst=5))]})
    assert await _departed(made, [Lane("shop", "o")] * 20) == 5


async def test_whoever_has_no_budget_leaves_at_once() -> None:
    """So does whoever has one that counts something else than requests."""
    made = Pacer({"shop": [from_settings(LimitSettings(rate=1, per_s=3600, cost="tokens"))]})
    assert await _departed(made, [Lane("shop", "o")] * 20 + [Lane("other", "o")] * 20) == 40


async def test_each_account_has_a_bucket_of_its_own() -> None:
    """One per key here, and one for all of them together."""
    every = from_settings(LimitSettings(rate=1000, per_s=3600, burst=3))
    keyed = from_settings(LimitSettings(rate=10, per_s=3600, by="key"))
    lanes = [Lane("shop", "o", key) for key in "aabbcc"]
    assert await _departed(Pacer({"shop": [keyed]}), lanes) == 3
    assert await _departed(Pacer({"shop": [every, keyed]}), [Lane("shop", "o", key) for key in "abcde"]) == 3


async def test_the_number_of_buckets_is_bounded() -> None:
    """Those that were used last are kept."""
    made = Pacer({"shop": [from_settings(LimitSettings(rate=1, per_s=1, by="key"))]})
    for number in range(pacer._MAX_BUCKETS + 10):
        await made.depart(Lane("shop", "o", str(number)))
    assert len(made._buckets) == pacer._MAX_BUCKETS
    assert (0, Scope("shop", None, "0")) not in made._buckets
