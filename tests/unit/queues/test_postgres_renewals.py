"""Renewals cost next to nothing: they write no index, and wait for no disk."""

from functools import partial

from worker.job import Entry, Lane
from worker.ports import Want
from worker.queues.postgres.session import Transaction
from worker.queues.postgres.store import PostgresStore

LANE = Lane("shop", "order")


async def updates(store: PostgresStore) -> tuple[int, int]:
    """How many rows of jobs were updated, and how many of these in place."""
    await store._session.answer("SELECT pg_stat_force_next_flush()")
    ((total, hot),) = await store._session.answer(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = $1 AND relname = 'jobs'",
        store._session.address.schema,
    )
    return total, hot


async def test_renewals_stay_in_their_page(postgres: PostgresStore) -> None:
    """Of 20 renewals of 100 leases, hardly one has to write an index; the first lease of each had to."""
    await postgres.queue.enqueue([Entry(str(n), LANE, "{}") for n in range(100)])
    leases = await postgres.queue.lease([Want(LANE, 100)], 60)
    before, hot_before = await updates(postgres)

    for turn in range(20):
        assert all(await postgres.queue.renew(leases, 60, sent=turn == 10))

    total, hot = await updates(postgres)
    assert total - before == 2_000
    assert hot - hot_before >= 1_900


async def test_only_a_lease_that_is_about_to_be_sent_waits_for_the_disk(postgres: PostgresStore) -> None:
    """What a crash must not take back is what the next worker has to know: that a request may have left."""
    await postgres.queue.enqueue([Entry("1", LANE, "{}")])
    (lease,) = await postgres.queue.lease([Want(LANE, 1)], 60)

    async def renewed(transaction: Transaction, *, sent: bool) -> str:
        await transaction.rows("renew", [lease.seq], [lease.fence], 60.0, sent)
        return str((await transaction.answer("SELECT current_setting('synchronous_commit')"))[0][0])

    assert await postgres._session.transaction(partial(renewed, sent=False)) == "off"
    assert await postgres._session.transaction(partial(renewed, sent=True)) == "on"
