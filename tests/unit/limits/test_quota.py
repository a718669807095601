from worker.job import Lane
from worker.limits.budget import from_settings
from worker.limits.quota import Kept, MemoryQuota
from worker.ports import Ask
from worker.settings import LimitSettings
from worker.testing import ManualClock


async def test_memory_does_not_grow_with_the_number_of_keys() -> None:
    """An account that is full again is like one that never was."""
    clock = ManualClock()
    accounts: dict[str, Kept] = {}
    quota = MemoryQuota({"shop": [from_settings(LimitSettings(rate=100, per_s=1, by="key"))]}, clock, accounts)
    for number in range(20_000):
        await quota.grant([Ask(Lane("shop", "o", str(number)), 1)])
        clock.advance(0.001)
    assert len(accounts) <= 4096


async def test_the_state_of_an_account_is_bounded() -> None:
    """However many requests a window holds."""
    clock = ManualClock()
    limit = LimitSettings(rate=100_000, per_s=60, window="sliding")
    accounts: dict[str, Kept] = {}
    quota = MemoryQuota({"shop": [from_settings(limit)]}, clock, accounts)
    for _ in range(3_000):
        await quota.grant([Ask(Lane("shop", "o"), 20)])
        clock.advance(0.05)
    assert max(len(one.state) for one in accounts.values()) <= 2 * 1_030
