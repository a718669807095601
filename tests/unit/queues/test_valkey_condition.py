"""What is held against a server before work begins, and what ``doctor`` is told of it."""

from contextlib import AbstractContextManager
from typing import Any

import pytest
import redis.asyncio
import structlog

from worker.errors import StoreError
from worker.job import Entry, Lane
from worker.ports import Accepted, Want

ENTRY = Entry("a", Lane("shop", "order"), '{"id":"a"}')


@pytest.fixture
def logged() -> AbstractContextManager[Any]:
    """What the log was told."""
    return structlog.testing.capture_logs()


async def test_a_server_that_throws_jobs_away_is_refused(own_valkey: Any, open_valkey: Any) -> None:
    """With the setting and the remedy; without a limit of memory nothing is thrown away."""
    server = own_valkey(settings={"maxmemory": "50mb", "maxmemory-policy": "allkeys-lru"})
    with pytest.raises(StoreError, match=r"allkeys-lru throws jobs away .*: CONFIG SET maxmemory-policy noeviction"):
        await open_valkey(server.url)

    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
        await admin.config_set("maxmemory", 0)
    await open_valkey(server.url)


async def test_a_server_that_forgets_on_a_restart_is_warned_of(own_valkey: Any, open_valkey: Any, logged: Any) -> None:
    """Once, whoever brings jobs in or works them; those who only look are spared."""
    with logged as lines:
        store = await open_valkey(own_valkey().url)
        await store.ledger.counts()
        assert lines == []
        await store.queue.enqueue([ENTRY])
        await store.queue.lease([Want(ENTRY.lane, 1)], 60)

    (line,) = lines
    assert (line["log_level"], line["event"]) == ("error", "store_not_durable")
    assert "survive a restart of the server only with appendonly yes" in line["detail"]
    assert [(one.severity, one.check) for one in await store.examine()] == [
        ("ok", "server"),
        ("ok", "memory"),
        ("warning", "persistence"),
        ("ok", "leases"),
    ]


@pytest.mark.parametrize(("fsync", "waits"), [("always", True), ("everysec", True), ("no", False)])
async def test_accepted_jobs_are_on_the_disk(
    own_valkey: Any, open_valkey: Any, logged: Any, fsync: str, *, waits: bool
) -> None:
    """Where the server has an append-only file and can say so; else that is warned of."""
    server = own_valkey(settings={"appendonly": "yes", "appendfsync": fsync})

    async def waited() -> int:
        async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
            return int((await admin.info("commandstats"))["cmdstat_waitaof"]["calls"])

    with logged as lines:
        store = await open_valkey(server.url)
        before = await waited()
        assert await store.queue.enqueue([ENTRY]) == Accepted(1)
    assert (await waited() > before) is waits
    persistence = (await store.examine())[2]

    assert (persistence.severity == "ok") is waits
    assert f"appendfsync {fsync}" in persistence.detail
    assert len(lines) == (0 if waits else 1)


async def test_memory_that_is_nearly_full_is_warned_of(own_valkey: Any, open_valkey: Any) -> None:
    """Before the queue takes no jobs any more."""
    store = await open_valkey(own_valkey(settings={"maxmemory": "24mb"}).url)
    for number in range(20):
        await store.queue.enqueue([ENTRY._replace(id=str(number), payload=f'{{"body":"{"x" * 1_000_000}"}}')])

    memory = (await store.examine())[1]

    assert (memory.severity, memory.remedy) == (
        "warning",
        "raise maxmemory, or set queue.retention: a full queue takes no jobs",
    )


async def test_a_replica_is_a_problem(own_valkey: Any, open_valkey: Any) -> None:
    """It takes no writes."""
    server = own_valkey()
    store = await open_valkey(server.url)
    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
        await admin.replicaof("127.0.0.1", 1)

    found = (await store.examine())[0]

    assert (found.severity, found.remedy) == ("problem", "name its primary in queue.url")


@pytest.mark.parametrize("rights", ["+@all -@dangerous", "+@all -@dangerous +info"])
async def test_a_user_needs_few_rights(own_valkey: Any, open_valkey: Any, logged: Any, rights: str) -> None:
    """Its keys, and no dangerous command; what cannot be asked then is said."""
    server = own_valkey()
    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
        words = f"SETUSER worker on >secret ~{{orders}}:* ~{{orders}} &{{orders}}:* {rights}"
        await admin.execute_command("ACL", *words.split())  # type: ignore[no-untyped-call]
    url = server.url.replace(f":{server.password}@", "worker:secret@") + "?prefix=orders"

    with logged as lines:
        store = await open_valkey(url)
        assert await store.queue.enqueue([ENTRY]) == Accepted(1)

    (line,) = lines
    assert ("appendonly is off" if "info" in rights else "may not ask the server") in line["detail"]
    assert (await store.examine())[0].severity == ("ok" if "info" in rights else "warning")


async def test_a_user_without_rights_is_told_which(own_valkey: Any, open_valkey: Any) -> None:
    """At the start, and not with the first job."""
    server = own_valkey()
    async with redis.asyncio.Redis.from_url(server.url.replace("valkey:", "redis:")) as admin:
        words = ("SETUSER", "worker", "on", ">secret", "~other:*", "+@all")
        await admin.execute_command("ACL", *words)  # type: ignore[no-untyped-call]
    url = server.url.replace(f":{server.password}@", "worker:secret@") + "?prefix=orders"

    with pytest.raises(StoreError, match=r"give it the keys ~\{orders\}:\*") as refused:
        await open_valkey(url)

    assert "secret" not in str(refused.value)


async def test_a_queue_of_a_newer_preflight_is_refused(valkey: Any, open_valkey: Any, valkey_prefix: str) -> None:
    """Nothing of it is touched."""
    assert await valkey.queue.enqueue([ENTRY]) == Accepted(1)
    plain, _, prefix = valkey_prefix.replace("valkey:", "redis:").partition("?prefix=")
    async with redis.asyncio.Redis.from_url(plain) as admin:
        await admin.hset(f"{{{prefix}}}:last", "form", "2")

    with pytest.raises(StoreError, match=r"written by a newer Preflight .*: upgrade"):
        await open_valkey(valkey_prefix)


async def test_leases_that_nobody_takes_back_are_told(valkey: Any, clock: Any) -> None:
    """No worker is there to do it."""
    await valkey.queue.enqueue([ENTRY])
    await valkey.queue.lease([Want(ENTRY.lane, 1)], 60)
    clock.advance(180)

    (*_, leases) = await valkey.examine()

    assert (leases.severity, leases.remedy) == ("warning", "start a worker: it takes them back")
    assert "1 jobs were left by workers that died, the first 2 min ago" in leases.detail
