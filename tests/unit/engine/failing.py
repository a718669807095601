"""Failed jobs of an operation that takes a quantity of at least 1, and what mends them."""

from typing import Any

from worker.contract import contract
from worker.engine.change import setting
from worker.engine.choosing import Chosen
from worker.engine.mending import Mender, revision
from worker.engine.replaying import Replay, Replayed, Spread, replay
from worker.failure import Selection
from worker.job import Entry, Lane
from worker.outcome import Cause, Dead, Fault, Problem, Settlement
from worker.ports import Want
from worker.queues.memory import MemoryStore
from worker.settings import ApiSettings, OperationSettings

LANE = Lane("shop", "order")


async def fail(store: MemoryStore, id_: str, body: str, cause: Cause = Cause.INVALID) -> None:
    """Put a job into the store and let it die of a cause."""
    payload = f'{{"id": "{id_}", "api": "shop", "operation": "order", "body": {body}}}'
    await store.queue.enqueue([Entry(id_, LANE, payload)])
    (lease,) = await store.queue.lease([Want(LANE, 1)], 60)
    faults = (Fault("#/body/qty", "body", "minimum", "0 is less than 1"),) if cause is Cause.INVALID else ()
    await store.queue.settle([Settlement(lease, Dead(Problem(cause, "validate", "t", "d", faults=faults)))])


def mender(*, api: str = "shop", validation: Any = "enforce") -> Mender:
    """One that knows the operation, of an API of this name."""
    body = {"type": "object", "required": ["qty"], "properties": {"qty": {"type": "integer", "minimum": 1}}}
    shop = contract.from_declarations({"order": OperationSettings("order", "POST", "/orders", body=body)}, "a test")
    return Mender({api: shop}, {api: ApiSettings(api, "https://h", validation=validation)})


def chosen(**selection: Any) -> Chosen:
    """Failures up to a time that is later than all tests."""
    return Chosen(Selection(**selection), 1e11)


class Desk:
    """A person at a ledger: what was told, and short words."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.told: list[tuple[str, str]] = []

    def into(self, spread: Spread | None = None, *, only_count: bool = False, **how: Any) -> Replay:
        """A pass over failures."""
        return Replay(
            self.store.ledger, mender(**how), lambda *told: self.told.append(told), spread, only_count=only_count
        )

    async def replay(self, *edits: str, those: Chosen | None = None, **how: Any) -> Replayed:
        """Send failures again, with edits as ``--set`` has them."""
        revise = revision([setting(text) for text in edits], [])
        return await replay(self.store.ledger, those or chosen(), revise, self.into(**how))

    async def ready(self) -> list[tuple[str, Any]]:
        """The ids and bodies of the jobs that are ready."""
        leases = await self.store.queue.lease([Want(LANE, 99)], 60)
        return [(lease.payload["id"], lease.payload["body"]) for lease in leases]
