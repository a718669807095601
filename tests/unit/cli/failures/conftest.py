"""A config of the demo shop, and a ledger with four failures beside a delivered job."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from worker import resources
from worker.cli.failures import command
from worker.clock import SystemClock
from worker.failure import Failure
from worker.job import Entry, Lane, Source
from worker.outcome import Attempt, Cause, Dead, Delivered, Fault, Outcome, Parked, Problem, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.service import run_async

LANE = Lane("shop", "createOrder")
GOOD = {"sku": "BIKE-1", "qty": 1, "currency": "EUR", "email": "ada@example.com"}
INVALID = Problem(
    Cause.INVALID,
    "validate",
    "1 value is not allowed",
    "#/body/qty: 0 is less than 1",
    faults=(Fault("#/body/qty", "body", "minimum", "0 is less than 1", "send 1 or more"),),
)
REJECTED = Problem(Cause.REJECTED, "judge", "the API refused it", "sold out", status=422)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config of the demo shop, and a ledger with four failures beside a delivered job."""
    path = tmp_path / "preflight.toml"
    document = resources.path("schemas/demo.openapi.yaml")
    (tmp_path / "token").write_text("practice-token")
    path.write_text(
        f'[queue]\nurl = "sqlite:///q.db"\n[apis.shop]\nbase_url = "http://127.0.0.1:1"\ncontract = "{document}"\n'
        '[apis.shop.auth]\ntype = "bearer"\ntoken = "${file:token}"\n'
    )
    run_async(lambda: fill(tmp_path / "q.db"))
    return path


async def fill(path: Path) -> None:
    """Two jobs that were refused for their quantity, one that the API rejected, one row that is no job, one good."""
    store = await SqliteStore.open(path, SystemClock())
    attempt = Attempt(1, 1_767_225_600.0, 41.25, status=422, reply="no \x1b[31mway")
    await settle(store, "zero", {**GOOD, "qty": 0}, Dead(INVALID))
    await settle(store, "minus", {**GOOD, "qty": -1, "currency": "XXX"}, Dead(INVALID))
    await settle(store, "sold", GOOD, Parked(REJECTED), attempt)
    await settle(store, "fine", GOOD, Delivered(), Attempt(1, 1_767_225_600.0, 3.0, status=201))
    fault = Fault("#", "job", "json", "broken JSON at column 3", "write one JSON object on each line")
    problem = Problem(Cause.MALFORMED, "intake", "the job is not well formed", "broken", faults=(fault,))
    row = Failure("row-1", Lane("shop", ""), problem, None, SystemClock().now(), source=Source("orders.jsonl", 17))
    await store.ledger.reject([row])
    await store.close()


async def settle(store: SqliteStore, id_: str, body: Any, outcome: Outcome, attempt: Attempt | None = None) -> None:
    """One job, from acceptance to its end."""
    job = {
        "id": id_,
        "api": "shop",
        "operation": "createOrder",
        "params": {"shop": "ulm"},
        "body": body,
        "meta": {"is": id_},
    }
    await store.queue.enqueue([Entry(id_, LANE, json.dumps(job), line=3)], "orders.jsonl")
    lease = (await store.queue.lease([Want(LANE, 1)], 60))[0]
    await store.queue.settle([Settlement(lease, outcome, attempt)])


@pytest.fixture
def run(config: Path) -> Callable[..., Result]:
    """``preflight failures`` with this config, its input no terminal."""

    def call(*arguments: str) -> Result:
        context = {"config": config, "log_level": None}
        return CliRunner().invoke(command, arguments, obj=context)

    return call


@pytest.fixture
def ready(tmp_path: Path) -> Callable[[], list[Any]]:
    """Lease what is ready: the id and the body of each."""

    async def lease() -> list[Any]:
        store = await SqliteStore.open(tmp_path / "q.db", SystemClock())
        leases = await store.queue.lease([Want(LANE, 9)], 60)
        await store.close()
        return [(lease.payload["id"], lease.payload["body"]) for lease in leases]

    return lambda: run_async(lease)
