"""What a queue leaves behind on its server: nothing that grows with the jobs that are done and forgotten."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import redis.asyncio

from worker.failure import Failure
from worker.job import Entry, Lane, Source
from worker.outcome import Attempt, Cause, Dead, Delivered, Outcome, Parked, Problem, Retry, Settlement
from worker.ports import Edit, Want

LANE = Lane("shop", "order")
PROBLEM = Problem(Cause.REJECTED, "judge", "refused", "the API said no")


def entries(name: str, count: int, lane: Lane = LANE) -> list[Entry]:
    """Jobs with an id each, and a line."""
    return [
        Entry(f"{name}-{n}", lane, f'{{"id":"{name}-{n}","body":"{"x" * 200}"}}', n % 3, None, n + 1)
        for n in range(count)
    ]


async def keys_of(url: str) -> dict[str, str]:
    """The keys of a queue, without their prefix, and of which type they are."""
    plain, _, prefix = url.replace("valkey:", "redis:").partition("?prefix=")
    async with redis.asyncio.Redis.from_url(plain, decode_responses=True) as admin:
        keys = [key async for key in admin.scan_iter(match=f"{{{prefix}}}:*", count=1000)]
        return {str(key).partition(":")[2]: str(await admin.type(key)) for key in keys}


async def test_a_queue_whose_jobs_are_forgotten_leaves_only_its_last_numbers(
    valkey: Any, valkey_prefix: str, clock: Any
) -> None:
    """Whatever they went through: retries, mending, order, callbacks, rows that were no jobs, stops."""
    await valkey.queue.enqueue([one._replace(not_before=clock.now() + 5) for one in entries("later", 3)], "a.jsonl")
    await valkey.queue.enqueue(entries("job", 20), "b.jsonl")
    await valkey.ledger.reject([Failure("row-1", LANE, PROBLEM, None, clock.now(), source=Source("b.jsonl", 9))])
    attempt = Attempt(1, clock.now(), 1.5, 500, None, "oops")
    leases = await valkey.queue.lease([Want(LANE, 20)], 60)
    outcomes: list[Outcome] = [Retry(PROBLEM, 0), Dead(PROBLEM), Parked(PROBLEM), Delivered()] * 5
    follow = Entry("follow", Lane("shop.callbacks", "done"), "{}")
    await valkey.queue.settle(
        [Settlement(one, end, attempt, (), follow) for one, end in zip(leases, outcomes, strict=True)]
    )
    failed = [one.payload["id"] for one, end in zip(leases, outcomes, strict=True) if isinstance(end, Dead | Parked)]
    moved = '{"api":"shop","operation":"refund","key":"k"}'
    await valkey.ledger.replay([Edit(failed[0], moved), Edit(failed[1]), Edit(failed[2], None, clock.now() + 5)])
    await valkey.ledger.resolve(failed[3:4], clock.now())
    await valkey.ledger.discard([*failed, "row-1"])
    clock.advance(10)
    await valkey.queue.promote()
    while ready := await valkey.queue.lanes():
        held = await valkey.queue.lease([Want(one.lane, 5, ordered=True) for one in ready], 60)
        await valkey.queue.settle([Settlement(one, Delivered(), attempt) for one in held])

    while await valkey.archive.prune(clock.now() + 1):
        pass

    assert await keys_of(valkey_prefix) == {"last": "hash"}


async def test_memory_is_flat_over_generations_of_jobs(own_valkey: Any, open_valkey: Any, clock: Any) -> None:
    """A queue with retention holds no more after ten thousand jobs than after a thousand."""
    url = own_valkey().url
    store = await open_valkey(url)
    async with redis.asyncio.Redis.from_url(url.replace("valkey:", "redis:")) as admin:
        used = []
        for generation in range(10):
            await store.queue.enqueue(entries(f"g{generation}", 1_000))
            while leases := await store.queue.lease([Want(LANE, 256)], 60):
                await store.queue.settle([Settlement(one, Delivered()) for one in leases])
            clock.advance(1)
            while await store.archive.prune(clock.now()):
                pass
            used.append((await admin.info("memory"))["used_memory_dataset"])

    assert max(used[1:]) < used[0] + 200_000


async def test_a_job_that_waits_is_one_small_block_and_its_content(valkey: Any, valkey_prefix: str) -> None:
    """A hash that outgrew its block would take several times the memory, with every job."""
    await valkey.queue.enqueue(entries("j" * 60, 1, Lane("shop", "createPaymentIntent", "t" * 100)), "f" * 100)
    (lease,) = await valkey.queue.lease([Want(Lane("shop", "createPaymentIntent", "t" * 100), 1)], 60)
    plain, _, prefix = valkey_prefix.replace("valkey:", "redis:").partition("?prefix=")

    async with redis.asyncio.Redis.from_url(plain, decode_responses=True) as admin:
        encoding = await admin.object("ENCODING", f"{{{prefix}}}:job:{lease.seq:016}")

    assert encoding == "listpack"


async def test_eight_workers_share_five_thousand_jobs_each_exactly_once(
    open_valkey: Callable[..., Awaitable[Any]], valkey_prefix: str
) -> None:
    """Each with connections of its own."""
    stores = [await open_valkey(valkey_prefix) for _ in range(8)]
    await stores[0].queue.enqueue(entries("job", 5_000))

    async def work(store: Any) -> list[str]:
        done: list[str] = []
        while leases := await store.queue.lease([Want(LANE, 37)], 60):
            settled = await store.queue.settle([Settlement(one, Delivered()) for one in leases])
            assert all(settled)
            done += [one.payload["id"] for one in leases]
        return done

    done = Counter(id_ for ids in await asyncio.gather(*map(work, stores)) for id_ in ids)

    assert (len(done), set(done.values())) == (5_000, {1})
    counts = await stores[0].ledger.counts()
    assert {state.value: jobs for state, jobs in counts.states.items() if jobs} == {"delivered": 5_000}
