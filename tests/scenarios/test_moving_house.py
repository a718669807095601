"""A queue moves from store to store, and nothing of it is lost or changed on the way."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.conformance.records import ALL, JOBS
from worker import service
from worker.clock import SystemClock
from worker.failure import Failure
from worker.job import Scope, Standstill, Stop
from worker.record import Record
from worker.sandbox import Behaviour
from worker.settings import QueueSettings, Settings

if TYPE_CHECKING:
    from tests.conftest import Api, Shell
    from tests.servers.postgres import PostgresServer

_PAUSED: Final = Stop(Scope("bank"), Standstill.PAUSED, "paused by ada", 1767225600.1234567)


def with_store(url: str, act: Callable[[Any], Any]) -> Any:
    """What ``act`` makes of the store of a URL."""

    async def main() -> Any:
        async with service.open_store(Settings(queue=QueueSettings(url=url)), SystemClock()) as store:
            return await act(store)

    return asyncio.run(main())


def contents(url: str, limit: int = 500) -> list[Record | Failure]:
    """What a store holds, up to a limit."""
    found: list[Record | Failure] = with_store(url, lambda store: store.archive.read(limit=limit))[0]
    return found


def test_a_queue_goes_round_and_comes_back_as_it_was(shell: "Shell", postgres_schema: str, valkey_prefix: str) -> None:
    """From SQLite to PostgreSQL to Valkey to SQLite: every kind of record, to the last digit, and what is paused."""
    first, last = (f"sqlite:///{shell.folder}/{name}.db" for name in ("first", "last"))
    with_store(first, lambda store: store.archive.write(ALL))
    with_store(first, lambda store: store.stops.put([_PAUSED]))

    ways = ((first, postgres_schema), (postgres_schema, valkey_prefix), (valkey_prefix, last))
    told = [shell("queue", "copy", *way, "--json") for way in ways]

    assert [one.code for one in told] == [0, 0, 0], [one.err for one in told]
    assert [(one.json["jobs"], one.json["rejected"], one.json["copied"]) for one in told] == [(11, 2, 13)] * 3
    assert [contents(url) for url in (postgres_schema, valkey_prefix, last)] == [list(ALL)] * 3
    assert with_store(last, lambda store: store.stops.all()) == [_PAUSED]
    assert told[0].json["counts"]["from"] == told[2].json["counts"]["to"]


def test_a_queue_that_moved_is_worked_where_it_is(
    shell: "Shell",
    open_shop: Callable[..., "Api"],
    orders: Callable[..., list[dict[str, Any]]],
    postgres_schema: str,
) -> None:
    """Half was done before: the API gets every order once."""
    shop = open_shop(Behaviour())
    shell.write("a.jsonl", orders(20))
    shell("submit", "a.jsonl")
    shell("run", "--until-empty")
    shell.write("b.jsonl", orders(20, 20))
    shell("submit", "b.jsonl")

    assert shell("queue", "copy", "sqlite:///queue.db", postgres_schema).code == 0
    shell.environ["PREFLIGHT_QUEUE_URL"] = postgres_schema
    again = shell("submit", "a.jsonl", "--json")
    run = shell("run", "--until-empty", "--json")

    assert (again.json["accepted"], again.json["duplicates"]) == (0, 20)
    assert (run.code, run.json["delivered"]) == (0, 20)
    assert shop.statuses == {201: 40}
    assert len(shell("results", "export").lines) == 40


def fill(url: str) -> list[Record]:
    """Put some thousand records of every kind into a store."""
    records = [named(replace(one, id=f"{one.id}{number}", holds=False)) for number in range(400) for one in JOBS]
    with_store(url, lambda store: store.archive.write(records))
    return records


def named(record: Record) -> Record:
    """A record whose result is that of its own job."""
    return replace(record, result=replace(record.result, id=record.id)) if record.result else record


@pytest.mark.parametrize("fixture", ["postgres_schema", "valkey_prefix"])
def test_a_copy_to_a_server_that_is_killed_is_taken_up_again(
    request: pytest.FixtureRequest, shell: "Shell", eventually: Callable[[Callable[[], bool]], None], fixture: str
) -> None:
    """Whatever was there when it ended: in the end all is there, once, and as it was."""
    target: str = request.getfixturevalue(fixture)
    old = f"sqlite:///{shell.folder}/queue.db"
    records = fill(old)
    with shell.start("queue", "copy", old, target) as copying:
        eventually(lambda: copying.poll() is not None or len(contents(target, 1)) > 0)
        copying.kill()
    assert len(contents(target, 1)) > 0

    told = shell("queue", "copy", old, target, "--json")

    assert (told.code, told.json["jobs"], told.json["conflicts"]) == (0, len(records), 0)
    assert told.json["already_there"] > 0
    assert contents(target, 10_000) == contents(old, 10_000)


def test_a_copy_whose_server_ends_is_taken_up_again(
    shell: "Shell", eventually: Callable[[Callable[[], bool]], None], own_postgres: Callable[..., "PostgresServer"]
) -> None:
    """It says how far it came, and what to do."""
    server = own_postgres(durable=True)
    old = f"sqlite:///{shell.folder}/queue.db"
    records = fill(old)
    with shell.start("queue", "copy", old, server.url) as copying:
        eventually(lambda: copying.poll() is not None or len(contents(server.url, 1)) > 0)
        server.kill()
        _, said = copying.communicate()
    assert copying.returncode == 3
    assert f" of {len(records):,} jobs and rejected rows are there; both queues stand still; run the same" in said
    assert server.password not in said
    server.start()

    told = shell("queue", "copy", old, server.url, "--json")

    assert (told.code, told.json["already_there"] > 0) == (0, True)
    assert contents(server.url, 10_000) == contents(old, 10_000)
