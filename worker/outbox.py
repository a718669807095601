"""Jobs from a transaction of the user's own: they are there if it commits, and only then."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from worker.contract.envelope import Envelope
from worker.errors import UsageError
from worker.job import Job, content_id, to_payload
from worker.settings.store_url import DEFAULT_SCHEMA, schema_fault


def enqueue_sql(
    jobs: Iterable[Job | Mapping[str, Any]], schema: str = DEFAULT_SCHEMA, placeholder: str = "$1"
) -> tuple[str, tuple[str]]:
    """The statement that puts jobs on a PostgreSQL queue, for a connection and a transaction of your own.

    ::

        sql, args = enqueue_sql([{"api": "shop", "operation": "createOrder", "body": {"qty": 2}}])
        async with connection.transaction():
            await connection.execute("INSERT INTO orders ...")
            await connection.fetchval(sql, *args)

    Executed, it answers how many jobs came: those whose id the queue knows are left out. Workers hear of them when the
    transaction is committed. ``not_before`` is held against the server's clock. Until it has
    ended, whoever brings in the same id, or the same new lane, waits: keep it short.

    Args:
        jobs: each a Job, or as a line of a JSONL file; one without an id gets a digest of its content as its id.
        schema: as in ``queue.url``; its tables must be there (``preflight queue migrate``).
        placeholder: how your driver writes its first parameter: ``$1`` asyncpg, ``%s`` psycopg, ``:jobs`` SQLAlchemy.

    Returns:
        The SQL, and the values of its parameters.

    Raises:
        UsageError: a job cannot be one, whatever its API says: the message names its index and what is wrong.
    """
    if (wrong := schema_fault(schema)) is not None:
        raise UsageError(wrong)
    envelope = Envelope()
    rows = [_checked(envelope, index, job) for index, job in enumerate(jobs)]
    return f'SELECT "{schema}".enqueue(CAST({placeholder} AS json))', (orjson.dumps(rows).decode(),)


def _checked(envelope: Envelope, index: int, job: Job | Mapping[str, Any]) -> dict[str, Any]:
    row = to_payload(job) if isinstance(job, Job) else dict(job)
    faults = [f"{fault.pointer}: {fault.detail}" for fault in envelope.faults(row)]
    if not faults and "api" not in row:
        faults = ["#/api: 'api' is missing"]
    if faults:
        raise UsageError(f"jobs[{index}] cannot be queued: {'; '.join(faults)}")
    return row if "id" in row else {"id": content_id(row), **row}
