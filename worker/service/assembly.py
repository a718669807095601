"""Puts a worker together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from worker.contract.contract import Contract
from worker.engine.api import Api
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.callbacks import Callbacks
from worker.engine.canary import Canary
from worker.engine.consequences import Consequences
from worker.engine.desk import Hands
from worker.engine.finish import Finish
from worker.engine.marking import Marker
from worker.engine.outage import Outage
from worker.engine.parts import Parts, Times
from worker.engine.pipeline import Pipeline
from worker.engine.renewal import Renewal
from worker.engine.retention import Retention
from worker.engine.runner import Runner
from worker.engine.sending import Sender
from worker.events import Bus
from worker.limits import budget
from worker.limits.gate import Gates
from worker.limits.pacer import Pacer
from worker.service import apis
from worker.service.documents import contracts
from worker.service.program import system_clock
from worker.service.store import Store, check_installed
from worker.settings import Settings
from worker.stages.pace import Pace


class Work:
    """A runner and what one may want to watch while it runs.

    Attributes:
        finish: knows what cannot be worked, and why.
        outage: knows whether the store is away.
    """

    def __init__(self, apis: Mapping[str, Api], runner: Runner, finish: Finish, gates: Gates, outage: Outage) -> None:
        self._apis = apis
        self.runner = runner
        self.finish = finish
        self.gates = gates
        self.outage = outage

    @property
    def warns(self) -> bool:
        """Whether there are operations whose contract is not enforced but warned of."""
        return any("warn" in api.modes.values() for api in self._apis.values())

    async def until_empty(self) -> None:
        """Work until nothing is left that can be done."""
        await self.runner.run(self.finish)


async def tried(settings: Settings, environ: Mapping[str, str]) -> dict[str, Contract]:
    """The contracts, after everything that a run is made of but the store was made once: nothing is sent.

    Raises:
        ContractError: a document cannot be used.
        ConfigError: a credential, a probe or a check cannot be, or the store's client is not installed.
    """
    check_installed(settings.queue)
    clock = system_clock()
    found = await asyncio.to_thread(contracts, settings, environ)
    for name, api in settings.apis.items():
        made = apis.made(api, found[name], clock)
        await made.transport.close()
        await made.keyring.close()
    return found


@asynccontextmanager
async def work(
    settings: Settings,
    found: Mapping[str, Contract],
    store: Store,
    bus: Bus,
    canary: Canary | None = None,
) -> AsyncIterator[Work]:
    """Everything that works a queue, put together; connections are closed when the block ends.

    Its time is the store's: leases, due times and slots mean the same to all who work the queue.
    """
    clock, queue = store.clock, store.queue
    async with AsyncExitStack() as stack:
        working = {name: apis.made(api, found[name], clock) for name, api in settings.apis.items()}
        for api in working.values():
            stack.push_async_callback(api.transport.close)
            stack.push_async_callback(api.keyring.close)
        budgets = {name: [budget.from_settings(one) for one in api.limits] for name, api in settings.apis.items()}
        gates = Gates(clock)
        quota = store.quota(budgets)
        pacer = Pacer(budgets)
        hands, outage = Hands(clock), Outage(queue, clock, settings.queue.patience_s)
        marker = Marker(queue, hands, outage, clock, settings.worker.lease_s)
        stack.push_async_callback(marker.end)
        books = Bookkeeper(quota, clock)
        consequences = Consequences(working, gates, books, bus, clock)
        sender = Sender(Pace(quota, pacer, gates, clock), marker, hands, consequences, clock)
        pipeline = Pipeline(working, sender, clock)
        limited = [name for name in working if pacer.limits(name)]
        callbacks = Callbacks(working, clock)
        renewal = Renewal(working, gates, bus, clock)
        keep_s = settings.queue.retention_s
        retention = None if keep_s is None else Retention(store.archive, store.stops, clock, keep_s)
        shared = queue, quota, store.stops, store.bell, hands, outage, books
        parts = Parts(*shared, limited, gates, pipeline, working, bus, clock, canary, callbacks, renewal, retention)
        runner = Runner(parts, Times(settings.worker.lease_s, settings.worker.drain_s))
        finish = Finish(queue, store.ledger, gates, working.keys(), clock)
        yield Work(working, runner, finish, gates, outage)
