"""Accounts at a server do not pile up: those that are full again are forgotten."""

import asyncpg
import redis.asyncio

from worker.job import Lane
from worker.limits.budget import Budget, from_settings
from worker.ports import Ask, Quota
from worker.queues.postgres.store import PostgresStore
from worker.queues.valkey import ValkeyStore
from worker.settings import LimitSettings
from worker.testing import ManualClock

_BUDGETS: dict[str, list[Budget]] = {"shop": [from_settings(LimitSettings(rate=100, per_s=1, by="key"))]}


async def _draw(quota: Quota, clock: ManualClock, keys: int) -> None:
    """Every key once, a hundred at a time."""
    for first in range(0, keys, 100):
        await quota.grant([Ask(Lane("shop", "o", str(number)), 1) for number in range(first, first + 100)])
        clock.advance(0.1)


async def test_postgresql_looks_through_a_part_of_them_now_and_then(postgres_schema: str, clock: ManualClock) -> None:
    """However many keys there are, what is left are those of the last seconds, and a part that was not looked at."""
    store = await PostgresStore.open(postgres_schema, clock)
    await _draw(store.quota(_BUDGETS), clock, 8_000)
    await store.close()
    url, _, schema = postgres_schema.partition("?schema=")
    connection = await asyncpg.connect(url, server_settings={"search_path": schema})
    kept = await connection.fetchval("SELECT count(*) FROM quotas")
    await connection.close()
    assert 1_000 <= kept <= 4_500


async def test_valkey_keeps_each_for_a_minute_longer_than_it_takes_to_fill(
    valkey_prefix: str, clock: ManualClock
) -> None:
    """None stays for ever."""
    store = await ValkeyStore.open(valkey_prefix, clock)
    await _draw(store.quota(_BUDGETS), clock, 300)
    await store.close()
    url, _, prefix = valkey_prefix.partition("?prefix=")
    async with redis.asyncio.Redis.from_url(url.replace("valkey://", "redis://")) as client:
        keys = [key async for key in client.scan_iter(match=f"*{prefix}*quota:*", count=1000)]
        kept_s = [await client.ttl(key) for key in keys]
    assert len(keys) == 300
    assert all(0 < seconds <= 62 for seconds in kept_s)
