"""What the figures of a PostgreSQL server mean for a queue: a pure function of what ``examine.py`` has read."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from worker.finding import Finding, Severity

_CROWDED: Final = 0.8  # of its connections: a few more workers, or a reconnect of all at once, and none is left
_LONG_S: Final = 60.0  # ours take milliseconds
_VERY_LONG_S: Final = 3600.0  # rows that died in an hour of work are more than those that live
_DEAD: Final = 10_000  # fewer cost nothing
_DEAD_SHARE: Final = 0.2
_VACUUMED_S: Final = 600.0  # autovacuum looks every minute, and takes some more for big tables
_KEPT_BYTES: Final = 1_000_000_000


class Server(NamedTuple):
    """A row of ``examine_server.sql``; ``most`` connections there can be, ``tables`` is the version of ours."""

    version: str
    fsync: bool
    full_page_writes: bool
    autovacuum: bool
    synchronous_commit: bool
    most: int
    connections: int
    database_bytes: int
    tables: int


class Table(NamedTuple):
    """A row of ``examine_tables.sql``: so many rows live and dead; ``vacuumed_at`` in epoch seconds."""

    name: str
    live: int
    dead: int
    vacuumed_at: float | None
    bytes: int


class Transaction(NamedTuple):
    """A row of ``examine_transactions.sql``.

    Attributes:
        name: the number of its process or, where it is prepared, the name that it was given.
        began_at: epoch seconds.
    """

    name: str
    user: str
    program: str
    began_at: float
    prepared: bool


class Slot(NamedTuple):
    """A row of ``examine_slots.sql``; ``keeps_rows``: dead rows are kept for it."""

    name: str
    active: bool
    keeps_rows: bool
    kept_bytes: int


class Days(NamedTuple):
    """The row of ``examine_days.sql``: days without a partition, and whether we are allowed to make one."""

    missing: Sequence[date]
    allowed: bool


class Condition(NamedTuple):
    """All that was read; ``known`` is the version of the tables that this Preflight works with."""

    server: Server
    known: int
    tables: Sequence[Table]
    transactions: Sequence[Transaction]
    slots: Sequence[Slot]
    days: Days


def findings_of(condition: Condition, schema: str, now: float) -> list[Finding]:
    """What is right and wrong; ``now`` is in epoch seconds by the server."""
    server = condition.server
    return [
        Finding("ok", "server", f"PostgreSQL {server.version}"),
        _version(server, condition.known, schema),
        *_durability(server),
        _connections(server),
        _room(server, condition.tables, schema),
        _days(condition.days, schema),
        *_vacuum(server, condition.tables, schema, now),
        *_transactions(condition.transactions, now),
        *_slots(condition.slots),
    ]


def _version(server: Server, known: int, schema: str) -> Finding:
    told = f"schema {schema} is of version {server.tables}"
    if server.tables < known:
        return Finding(
            "problem",
            "tables",
            f"{told}, this Preflight needs {known}",
            "stop all workers, then: preflight queue migrate",
        )
    if server.tables > known:
        return Finding("problem", "tables", f"{told}, this Preflight knows {known}", "upgrade this Preflight")
    return Finding("ok", "tables", told)


def _durability(server: Server) -> Iterator[Finding]:
    if not server.fsync:
        detail = "fsync is off: after a power cut of the server its data may be lost or damaged, accepted jobs with it"
        yield Finding("problem", "durability", detail, "set fsync = on and restart the server")
    if not server.full_page_writes:
        detail = "full_page_writes is off: a power cut of the server may damage its data"
        yield Finding("problem", "durability", detail, "set full_page_writes = on, unless its disk writes pages whole")
    if not server.synchronous_commit:
        detail = (
            "synchronous_commit is off: Preflight's own connections switch it on, but jobs that a program enqueues by "
            "SQL may be lost in a crash of the server after that was told they are safe"
        )
        yield Finding("warning", "durability", detail, "set synchronous_commit = on, at least for those who enqueue")
    if server.fsync and server.full_page_writes and server.synchronous_commit:
        yield Finding("ok", "durability", "what was committed survives a power cut")


def _connections(server: Server) -> Finding:
    told = f"{server.connections} of {server.most} connections are in use"
    if server.connections < _CROWDED * server.most:
        return Finding("ok", "connections", told)
    remedy = "raise max_connections, or let fewer workers run: each takes up to 5"
    return Finding("warning", "connections", f"{told}: soon no worker can connect", remedy)


def _room(server: Server, tables: Sequence[Table], schema: str) -> Finding:
    ours = sum(table.bytes for table in tables)
    return Finding("ok", "room", f"{_size(ours)} in schema {schema}, {_size(server.database_bytes)} in its database")


def _days(days: Days, schema: str) -> Finding:
    if not days.missing:
        return Finding("ok", "days", "results of today and tomorrow have their partitions")
    missing = ", ".join(day.isoformat() for day in days.missing)
    if days.allowed:
        return Finding("ok", "days", f"results of {missing} get their partition with the first delivery")
    detail = f"results of {missing} have no partition, and this user may not make one: no job can be settled then"
    remedy = f"as the owner of the schema {schema}, run a worker, or give the schema and its tables to this user"
    return Finding("problem", "days", detail, remedy)


def _vacuum(server: Server, tables: Sequence[Table], schema: str, now: float) -> Iterator[Finding]:
    if not server.autovacuum:
        detail = "autovacuum is off: dead rows pile up, and every batch gets slower"
        yield Finding("problem", "dead rows", detail, "set autovacuum = on")
    crowded = [table for table in tables if _is_crowded(table, now)]
    for table in crowded:
        since = "never" if table.vacuumed_at is None else f"{_lasting(now - table.vacuumed_at)} ago"
        detail = f"{schema}.{table.name} has {table.dead:,} dead rows beside {table.live:,}; last vacuumed: {since}"
        remedy = f"end what keeps them (below, where anything does), then: VACUUM {schema}.{table.name}"
        yield Finding("warning", "dead rows", detail, remedy)
    if server.autovacuum and not crowded:
        yield Finding("ok", "dead rows", f"{sum(table.dead for table in tables):,} in all of our tables")


def _is_crowded(table: Table, now: float) -> bool:
    overdue = table.vacuumed_at is None or now - table.vacuumed_at > _VACUUMED_S
    return overdue and table.dead > _DEAD and table.dead > _DEAD_SHARE * table.live


def _transactions(transactions: Sequence[Transaction], now: float) -> Iterator[Finding]:
    long = [one for one in transactions if now - one.began_at > _LONG_S]
    for one in long:
        lasting = now - one.began_at
        whose = " ".join(filter(None, (f"of {one.user}", one.program and f"({one.program})")))
        if one.prepared:
            told = f'transaction "{one.name}" {whose} was prepared {_lasting(lasting)} ago'
            remedy = f"finish it: COMMIT PREPARED or ROLLBACK PREPARED {_quoted(one.name)}"
        else:
            told = f"a transaction {whose}, process {one.name}, has been open for {_lasting(lasting)}"
            remedy = f"end it: SELECT pg_terminate_backend({one.name}); and set idle_in_transaction_session_timeout"
        severity: Severity = "problem" if lasting > _VERY_LONG_S else "warning"
        yield Finding(severity, "transactions", f"{told}: rows that died since then cannot be removed", remedy)
    if not long:
        yield Finding("ok", "transactions", f"none is older than {_lasting(_LONG_S)}")


def _slots(slots: Sequence[Slot]) -> Iterator[Finding]:
    stale = [slot for slot in slots if slot.kept_bytes > _KEPT_BYTES or (slot.keeps_rows and not slot.active)]
    for slot in stale:
        state = "nobody reads" if not slot.active else "its reader is behind on"
        rows = ", and dead rows" if slot.keeps_rows else ""
        detail = (
            f"{state} the replication slot {slot.name}: the server keeps {_size(slot.kept_bytes)} of its log for it"
        )
        remedy = f"bring its reader back, or: SELECT pg_drop_replication_slot({_quoted(slot.name)})"
        yield Finding("warning", "replication", detail + rows, remedy)
    if not stale:
        yield Finding("ok", "replication", "no slot keeps much of the server's log")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _lasting(seconds: float) -> str:
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:,.0f} h"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
