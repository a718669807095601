"""A whole worker on a bench: memory store, a transport that follows a script, a clock that is told the time."""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, cast

import orjson
import pytest

from tests.unit.engine.emptiness import assert_empty
from tests.unit.engine.faulty import Far, Line
from worker.auth.credential import StaticCredential
from worker.auth.keeper import Kept
from worker.auth.keyring import Keyring
from worker.contract import contract
from worker.contract.contract import Contract
from worker.engine.api import Api
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.consequences import Consequences
from worker.engine.desk import Hands
from worker.engine.finish import Finish
from worker.engine.marking import Marker
from worker.engine.outage import Outage
from worker.engine.parts import Parts, Times
from worker.engine.pipeline import Pipeline
from worker.engine.runner import Runner
from worker.engine.sending import Sender
from worker.errors import StoreError
from worker.events import Bus, Event
from worker.job import Entry, Lane, Lease, State
from worker.limits.budget import Budget
from worker.limits.concurrency import Concurrency
from worker.limits.gate import Gates
from worker.limits.pacer import Pacer
from worker.limits.quota import MemoryQuota
from worker.outcome import Answer, Broken, Reply, Request, Settlement
from worker.ports import Ask, Clock, Grant, Refund, Want
from worker.queues.memory.queue import MemoryQueue
from worker.queues.memory.store import MemoryStore
from worker.settings import BreakerSettings, DriftSettings, NoAuth, OperationSettings, RetrySettings
from worker.stages.dispatch import Destination
from worker.stages.judge import Policy
from worker.stages.pace import Pace
from worker.testing import FixedRandom, ManualClock, capture_events

_BODY: Final = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
_OPERATIONS: Final = {
    "post": OperationSettings("post", "POST", "/posts", body=_BODY),
    "put": OperationSettings("put", "PUT", "/puts", body=_BODY),
}

Script = Callable[[Request], Reply]


class Steps:
    """Awaits with names: one of them can be made to wait, so that a test can act while it does.

    Attributes:
        reached: set once somebody waits at ``stop_at``.
    """

    def __init__(self) -> None:
        self.stop_at = ""
        self.reached = asyncio.Event()
        self._go = asyncio.Event()

    async def step(self, name: str) -> None:
        """Wait here if a test said so."""
        if name == self.stop_at:
            self.reached.set()
            await self._go.wait()

    def go_on(self) -> None:
        """Let whoever waits go on."""
        self.stop_at = ""
        self._go.set()


class ScriptedTransport:
    """A transport that asks a script for each reply, ``delay_s`` later.

    Attributes:
        requests: every request that was sent, in order.
        connect_s: how long each request's connection takes to be made; 0 where all are there.
    """

    def __init__(self, script: Script, clock: Clock, steps: Steps) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.delay_s = self.connect_s = 0.0
        self._clock = clock
        self._steps = steps

    async def send(self, request: Request) -> Reply:
        """See ``ports.Transport``."""
        if self.connect_s:
            await self._clock.sleep(self.connect_s)
            if request.connected is not None and not await request.connected():
                return Broken("lost", sent=False, detail="it was not to leave any more", elapsed_ms=1.0)
        self.requests.append(request)
        await self._steps.step("send")
        await self._clock.sleep(self.delay_s)
        return self.script(request)

    async def close(self) -> None:
        """Nothing to close."""


class WatchedQueue(MemoryQueue):
    """A memory queue that notes what was leased and settled, and can be told to fail.

    Attributes:
        failing: what ``lease`` or ``settle`` raises the next times, by the method's name.
    """

    steps: Steps
    failing: defaultdict[str, list[StoreError]]
    wants: list[list[Want]]
    leased: list[tuple[int, int]]
    settled: list[tuple[int, int]]
    batches: list[int]

    async def lease(self, wants: Sequence[Want], lease_s: float) -> list[Lease]:
        """Note the leases."""
        await self.steps.step("lease")
        self.wants.append(list(wants))
        if errors := self.failing["lease"]:
            raise errors.pop()
        leases = await super().lease(wants, lease_s)
        self.leased += [(lease.seq, lease.fence) for lease in leases]
        return leases

    async def settle(self, settlements: Sequence[Settlement]) -> list[bool]:
        """Note the settlements; nothing is written when cancelled while waiting."""
        if errors := self.failing["settle"]:
            raise errors.pop()
        self.settled += [(one.lease.seq, one.lease.fence) for one in settlements]
        self.batches.append(len(settlements))
        answers = await super().settle(settlements)
        await self.steps.step("settle")
        return answers


class SteppedQuota(MemoryQuota):
    """A quota whose every method is a step.

    Attributes:
        granted: slots that were handed out.
        refunded: slots and costs that came back.
    """

    steps: Steps
    granted: int = 0
    refunded: int = 0

    async def grant(self, asks: Sequence[Ask]) -> list[Grant]:
        """Count what was granted."""
        await self.steps.step("charge" if any(ask.cost is not None for ask in asks) else "grant")
        grants = await super().grant(asks)
        self.granted += sum(len(grant.slots) for ask, grant in zip(asks, grants, strict=True) if ask.cost is None)
        return grants

    async def refund(self, refunds: Sequence[Refund]) -> None:
        """Count what came back."""
        await self.steps.step("refund")
        self.refunded += sum(refund.unused for refund in refunds)
        await super().refund(refunds)


class SteppedPacer(Pacer):
    """A pacer whose departure is a step, and which is asked for every job.

    Attributes:
        free: APIs whose budgets are of requests only.
    """

    steps: Steps
    free: frozenset[str]

    def limits(self, api: str) -> bool:
        """Yes, so that no step is left out."""
        return bool(api)

    def costs(self, api: str) -> bool:
        """The same, where that asks for no more than it should."""
        return api not in self.free

    async def depart(self, lane: Lane) -> None:
        """Depart, after the step."""
        await self.steps.step("depart")
        await super().depart(lane)


class Bench:
    """A worker for the APIs ``shop`` (or others), ready to run.

    Attributes:
        events: everything that the bus told.
        line: lies between the worker and its store.
    """

    def __init__(self, apis: Iterable[str], limits: Mapping[str, Sequence[Budget]], **options: Any) -> None:
        self.clock = ManualClock(dice=FixedRandom(options.get("dice", 0.5)))
        self.steps, self.bus = Steps(), Bus()
        self.events: list[Event] = capture_events(self.bus)
        self.store = MemoryStore(self.clock)
        self.queue = WatchedQueue(self.store.ledger._table, self.clock)
        self.queue.steps, self.queue.failing, self.queue.batches = self.steps, defaultdict(list), []
        self.queue.wants, self.queue.leased, self.queue.settled = [], [], []
        self.quota = SteppedQuota(limits, self.clock)
        pacer = SteppedPacer({})
        pacer.free = frozenset(api for api, found in limits.items() if all(one.cost is None for one in found))
        self.quota.steps = pacer.steps = self.steps
        self.gates = Gates(self.clock)
        self.transport = ScriptedTransport(lambda _: Answer(200, {}, b"{}", 1.0), self.clock, self.steps)
        made = contract.from_declarations(_OPERATIONS, "test")
        self.apis = {name: self._api(name, made, **options) for name in apis}
        self.line = Line(self.clock)
        queue, quota, stops, ledger = (
            cast("Any", Far(port, self.line)) for port in (self.queue, self.quota, self.store.stops, self.store.ledger)
        )
        pace = Pace(quota, pacer, self.gates, self.clock)
        self.times = Times(options.get("lease_s", 60.0), options.get("drain_s", 5.0))
        self.hands = Hands(self.clock)
        self.outage = Outage(queue, self.clock, options.get("patience_s", 300.0))
        marker = Marker(queue, self.hands, self.outage, self.clock, self.times.lease_s)
        books = Bookkeeper(quota, self.clock)
        consequences = Consequences(self.apis, self.gates, books, self.bus, self.clock)
        self.sender = Sender(pace, marker, self.hands, consequences, self.clock)
        self.pipeline = Pipeline(self.apis, self.sender, self.clock)
        shared = queue, quota, stops, options.get("bell", self.store.bell), self.hands, self.outage, books
        limited = [name for name in self.apis if limits.get(name)]
        parts = Parts(
            *shared, limited, self.gates, self.pipeline, self.apis, self.bus, self.clock, options.get("canary")
        )
        self.runner = Runner(parts, self.times)
        self.finish = Finish(queue, ledger, self.gates, self.apis.keys(), self.clock)
        self._numbers = itertools.count(1)

    def _api(self, name: str, made: Contract, **options: Any) -> Api:
        retry = RetrySettings(max_attempts=options.get("max_attempts", 6), on_unknown=options.get("on_unknown", "auto"))
        return Api(
            name,
            made,
            Destination(f"http://{name}", StaticCredential("none"), {}, options.get("header")),
            dict.fromkeys(_OPERATIONS, Policy(retry)),
            options.get("modes") or dict.fromkeys(_OPERATIONS, options.get("mode", "enforce")),
            options.get("drift", DriftSettings()),
            options.get("adaptive") or Concurrency(options.get("concurrency", 4)),
            self.transport,
            Keyring(Kept(NoAuth(), self.clock), {}),
            ordered=options.get("ordered", False),
            max_delayed=options.get("max_delayed", 100_000),
            breaker=options.get("breaker", BreakerSettings()),
        )

    async def submit(self, count: int, operation: str = "put", api: str = "shop", **fields: Any) -> None:
        """Put jobs on the queue; ``fields`` are those of a job."""
        job = {"api": api, "operation": operation, "body": {"n": 1}, **fields}
        named = [{"id": f"{api}-{next(self._numbers)}", **job} for _ in range(count)]
        lane = Lane(api, operation, fields.get("key"))
        await self.queue.enqueue([Entry(one["id"], lane, orjson.dumps(one).decode()) for one in named])

    async def work(self) -> None:
        """Run until nothing is left that can be done, in the clock's time."""
        await self.clock.run_until(self.runner.run(self.finish))

    async def states(self) -> dict[State, int]:
        """Jobs by state; only those that there are."""
        counts = await self.store.ledger.counts()
        return {state: count for state, count in counts.states.items() if count}

    def told(self) -> list[str]:
        """The names of the events, in order."""
        return [type(event).__name__ for event in self.events]

    def check_that_nothing_is_left(self) -> None:
        """Each lease was settled exactly once, and no map of the engine still knows it."""
        assert sorted(self.queue.settled) == sorted(self.queue.leased)
        assert len(set(self.queue.settled)) == len(self.queue.settled)
        assert_empty(self.runner)


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Make a bench: ``bench(apis=["shop"], limits={}, concurrency=4, max_attempts=6, lease_s=60, drain_s=5, ...)``."""

    def make(
        apis: Iterable[str] = ("shop",), limits: Mapping[str, Sequence[Budget]] | None = None, **more: Any
    ) -> Bench:
        return Bench(apis, limits or {}, **more)

    return make
