"""Looks at the server and at our tables, for ``preflight doctor``."""

from worker.finding import Finding
from worker.queues.lost import LOST_S, lost_leases
from worker.queues.postgres.condition import Condition, Days, Server, Slot, Table, Transaction, findings_of
from worker.queues.postgres.days import today_and_tomorrow
from worker.queues.postgres.migrating import migrations
from worker.queues.postgres.session import Session


async def examine(session: Session, now: float) -> list[Finding]:
    """What is right and wrong with the store at ``now``, in epoch seconds by its server.

    Raises:
        StoreError: it could not be asked.
    """
    (server,) = await session.rows("examine_server")
    (days,) = await session.rows("examine_days", today_and_tomorrow(now))
    condition = Condition(
        Server(**server),
        len(migrations()),
        [Table(**row) for row in await session.rows("examine_tables")],
        [Transaction(**row) for row in await session.rows("examine_transactions")],
        [Slot(**row) for row in await session.rows("examine_slots")],
        Days(**days),
    )
    ((jobs, since),) = await session.rows("count_lost", now - LOST_S)
    return [*findings_of(condition, session.address.schema, now), lost_leases(jobs, since, now)]
