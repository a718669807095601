"""Puts a worker together, and holds it to other contracts while it runs."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from worker.contract.contract import Contract
from worker.engine.api import Api
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.callbacks import Callbacks
from worker.engine.canary import Canary
from worker.engine.consequences import Consequences
from worker.engine.finish import Finish
from worker.engine.marking import Marker
from worker.engine.pipeline import Pipeline
from worker.engine.renewal import Renewal
from worker.engine.runner import Parts, Runner, Times
from worker.engine.sending import Sender
from worker.events import Bus, LaneOpened
from worker.job import Standstill
from worker.limits import budget
from worker.limits.gate import Gates
from worker.limits.pacer import Pacer
from worker.ports import Clock
from worker.service import apis
from worker.service.contracts import contracts
from worker.service.program import system_clock
from worker.service.store import Store
from worker.settings import Settings
from worker.stages.pace import Pace


class Work:
    """A runner and what one may want to watch while it runs.

    Attributes:
        finish: knows what cannot be worked, and why.
    """

    def __init__(
        self, settings: Settings, apis: dict[str, Api], runner: Runner, finish: Finish, gates: Gates, bus: Bus
    ) -> None:
        self._settings = settings
        self._apis = apis
        self.runner = runner
        self.finish = finish
        self.gates = gates
        self._bus = bus

    @property
    def warns(self) -> bool:
        """Whether there are operations whose contract is not enforced but warned of."""
        return any("warn" in api.modes.values() for api in self._apis.values())

    def hold_to(self, found: Mapping[str, Contract]) -> None:
        """Hold jobs to other contracts from now on; those that were admitted already are sent.

        Raises:
            ConfigError: a contract does not say where its API is; all stays as it was.
        """
        held = {name: apis.held_to(api, found[name], self._settings.apis[name]) for name, api in self._apis.items()}
        self._apis.update(held)
        for stop in self.gates.stops():  # what drifted may do so no longer
            if stop.kind is Standstill.DRIFTING:
                self.gates.lift(stop.scope, stop.kind)
                self._bus.emit(LaneOpened(stop))

    async def until_empty(self) -> None:
        """Work until nothing is left that can be done."""
        await self.runner.run(self.finish)


async def tried(settings: Settings, environ: Mapping[str, str]) -> None:
    """Make everything that a run would be made of, but the store, and throw it away: nothing is sent.

    Raises:
        ContractError: a document cannot be used.
        ConfigError: a credential, a probe or a check cannot be.
    """
    clock = system_clock()
    found = contracts(settings, environ)
    for name, api in settings.apis.items():
        made = apis.made(api, found[name], clock)
        await made.transport.close()
        await made.keyring.close()


@asynccontextmanager
async def work(
    settings: Settings,
    found: Mapping[str, Contract],
    store: Store,
    bus: Bus,
    clock: Clock,
    canary: Canary | None = None,
) -> AsyncIterator[Work]:
    """Everything that works a queue, put together; connections are closed when the block ends."""
    async with AsyncExitStack() as stack:
        working = {name: apis.made(api, found[name], clock) for name, api in settings.apis.items()}
        for api in working.values():
            stack.push_async_callback(api.transport.close)
            stack.push_async_callback(api.keyring.close)
        budgets = {name: [budget.from_settings(one) for one in api.limits] for name, api in settings.apis.items()}
        gates = Gates(clock)
        quota = store.quota(budgets)
        pacer = Pacer(budgets)
        marker = Marker(store.queue, clock, settings.worker.lease_s)
        stack.push_async_callback(marker.end)
        books = Bookkeeper(quota, clock)
        consequences = Consequences(working, gates, books, bus, clock)
        sender = Sender(Pace(quota, pacer, gates, clock), marker, consequences, clock)
        pipeline = Pipeline(working, sender, clock)
        limited = [name for name in working if pacer.limits(name)]
        callbacks = Callbacks(working, clock)
        renewal = Renewal(working, gates, bus, clock)
        await renewal.begin(store.stops)
        shared = store.queue, quota, store.stops, books
        parts = Parts(*shared, limited, gates, pipeline, working, bus, clock, canary, callbacks, renewal)
        runner = Runner(parts, Times(settings.worker.lease_s, settings.worker.drain_s))
        finish = Finish(store.queue, store.ledger, gates, working.keys(), clock)
        yield Work(settings, working, runner, finish, gates, bus)
