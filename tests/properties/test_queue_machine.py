"""Every store, driven beside memory through random lives of jobs, always gives the same answers."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from worker.failure import Failure, Result, Selection
from worker.job import Entry, Lane, Lease
from worker.outcome import Attempt, Cause, Dead, Delivered, Outcome, Parked, Problem, Released, Retry, Settlement
from worker.ports import Edit, Want
from worker.queues.memory import MemoryStore
from worker.queues.postgres.store import PostgresStore
from worker.queues.sqlite import SqliteStore
from worker.queues.valkey.store import ValkeyStore
from worker.service import Store
from worker.testing import ManualClock

T = TypeVar("T")
Open = Callable[[ManualClock], Awaitable[Store]]

LANES = (Lane("shop", "order"), Lane("shop", "order", "k"), Lane("bank", "pay"))
ids = st.sampled_from([f"job-{number}" for number in range(8)])
id_lists = st.lists(ids, max_size=4)
problems = st.builds(
    Problem,
    cause=st.sampled_from([Cause.INVALID, Cause.TIMEOUT, Cause.UNKNOWN]),
    stage=st.just("judge"),
    title=st.just("no"),
    detail=st.text(max_size=5),
    status=st.sampled_from([None, 400, 503]),
)
outcomes: st.SearchStrategy[Outcome] = st.one_of(
    st.just(Delivered()),
    st.builds(Retry, problems, st.sampled_from([0.0, 1.0, 8.0])),
    st.builds(Dead, problems),
    st.builds(Parked, problems),
    st.builds(Released, st.just("shutdown"), st.sampled_from([0.0, 8.0])),
)
attempts = st.one_of(
    st.none(),
    st.builds(Attempt, number=st.just(1), at=st.just(1.5), elapsed_ms=st.just(2.5), reply=st.text(max_size=5)),
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """A job of few possible ids and contents, so that they meet."""
    id_, lane, priority = draw(ids), draw(st.sampled_from(LANES)), draw(st.integers(-1, 1))
    later = draw(st.sampled_from([None, None, ManualClock().now() + 8]))
    return Entry(id_, lane, payload(id_, lane, priority, draw(st.integers(0, 1))), priority, later)


def payload(id_: str, lane: Lane, priority: int, body: int) -> str:
    """A job's content."""
    job = {"id": id_, "api": lane.api, "operation": lane.operation, "key": lane.key, "priority": priority, "body": body}
    return orjson.dumps(job).decode()


class QueueMachine(RuleBasedStateMachine):
    """Memory, a store that two workers have open, and the leases that both kinds have given out."""

    def __init__(self, opening: Open) -> None:
        super().__init__()
        self.opening = opening
        self.clock = ManualClock()
        self.runner = asyncio.Runner()
        self.memory = MemoryStore(self.clock)
        self.workers = [self.opened(), self.opened()]
        self.leases: list[tuple[Lease, Lease]] = []

    @property
    def store(self) -> Store:
        """The store, as the worker sees it whose turn it is."""
        return self.workers[0]

    def opened(self) -> Store:
        """The store, as a worker sees it that has just been started."""

        async def run() -> Store:
            return await self.opening(self.clock)

        return self.runner.run(run())

    def teardown(self) -> None:
        """Give everything back."""
        for worker in self.workers:
            self.runner.run(worker.close())
        self.runner.close()

    def both(self, one: Awaitable[T], other: Awaitable[T]) -> tuple[T, T]:
        """What memory says, and what the store says."""

        async def run() -> tuple[T, T]:
            return await one, await other

        return self.runner.run(run())

    def same(self, one: Awaitable[Any], other: Awaitable[Any]) -> None:
        """Ask both; they agree."""
        expected, found = self.both(one, other)
        assert found == expected

    @rule()
    def swap(self) -> None:
        """It is the other worker's turn."""
        self.workers.reverse()

    @rule()
    def crash(self) -> None:
        """A worker is gone with all that it remembered; its jobs stay leased. Another takes its place."""
        self.runner.run(self.workers.pop().close())
        self.workers.append(self.opened())

    @rule(batch=st.lists(entries(), max_size=6))
    def enqueue(self, batch: list[Entry]) -> None:
        """Jobs come."""
        self.same(self.memory.queue.enqueue(batch), self.store.queue.enqueue(batch))

    @rule(wants=st.lists(st.builds(Want, st.sampled_from(LANES), st.integers(-1, 3), st.booleans()), max_size=4))
    def lease(self, wants: list[Want]) -> None:
        """A worker takes jobs, of some lanes in order."""
        expected, found = self.both(self.memory.queue.lease(wants, 16.0), self.store.queue.lease(wants, 16.0))
        assert list(map(shown, found)) == list(map(shown, expected))
        self.leases += zip(expected, found, strict=True)

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        """A worker settles leases, old ones and some twice among them."""
        chosen = data.draw(st.lists(st.sampled_from(range(len(self.leases))), max_size=5))
        follows = st.one_of(st.none(), st.none(), entries())
        ends = [(index, data.draw(outcomes), data.draw(attempts), data.draw(follows)) for index in chosen]
        one, other = (
            [
                Settlement(self.leases[index][store], outcome, attempt, follow=follow)
                for index, outcome, attempt, follow in ends
            ]
            for store in (0, 1)
        )
        self.same(self.memory.queue.settle(one), self.store.queue.settle(other))

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        """A worker prolongs leases, lost ones among them, some because it is about to send their requests."""
        chosen = data.draw(st.lists(st.sampled_from(self.leases), max_size=3))
        sent = data.draw(st.booleans())
        self.same(
            self.memory.queue.renew([one for one, _ in chosen], 32.0, sent=sent),
            self.store.queue.renew([other for _, other in chosen], 32.0, sent=sent),
        )

    @rule(seconds=st.sampled_from([0.5, 4.0, 20.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(seconds)

    @rule()
    def promote(self) -> None:
        """What is due becomes ready."""
        self.same(self.memory.queue.promote(), self.store.queue.promote())

    @rule()
    def reclaim(self) -> None:
        """Lost jobs become ready."""
        self.same(self.memory.queue.reclaim(), self.store.queue.reclaim())

    @rule(
        chosen=id_lists,
        lane=st.sampled_from(LANES),
        body=st.sampled_from([None, 2, 3]),
        wait_s=st.sampled_from([None, 8.0]),
    )
    def replay(self, chosen: list[str], lane: Lane, body: int | None, wait_s: float | None) -> None:
        """A person sends failed jobs again, mended or not, at once or later."""
        due_at = wait_s and self.clock.now() + wait_s
        edits = [Edit(id_, None if body is None else payload(id_, lane, 1, body), due_at) for id_ in chosen]
        self.same(self.memory.ledger.replay(edits), self.store.ledger.replay(edits))

    @rule(chosen=id_lists)
    def resolve(self, chosen: list[str]) -> None:
        """A person knows that jobs were delivered."""
        at = self.clock.now()
        self.same(self.memory.ledger.resolve(chosen, at), self.store.ledger.resolve(chosen, at))

    @rule(chosen=id_lists)
    def discard(self, chosen: list[str]) -> None:
        """A person gives jobs up."""
        self.same(self.memory.ledger.discard(chosen), self.store.ledger.discard(chosen))

    @rule(chosen=id_lists, problem=problems)
    def reject(self, chosen: Sequence[str], problem: Problem) -> None:
        """Rows come that are no jobs."""
        rows = [Failure(id_, LANES[0], problem, {"id": id_}, self.clock.now()) for id_ in chosen]
        self.same(self.memory.ledger.reject(rows), self.store.ledger.reject(rows))

    @rule(limit=st.integers(1, 3))
    def read(self, limit: int) -> None:
        """The ledger tells the same story, page by page."""
        expected, found = self.both(pages(self.memory, limit), pages(self.store, limit))
        assert found == expected
        one, other = self.both(self.memory.ledger.endings(), self.store.ledger.endings())
        assert sorted(end.id for _, end in other) == sorted(end.id for _, end in one)
        names = [f"job-{number}" for number in range(8)]
        self.same(self.memory.ledger.payloads(names), self.store.ledger.payloads(names))

    @invariant()
    def counts(self) -> None:
        """Both count alike, and offer the same lanes."""
        expected, found = self.both(self.memory.ledger.counts(), self.store.ledger.counts())
        assert found.states == expected.states
        assert found.failures == expected.failures
        one, other = self.both(self.memory.queue.lanes(), self.store.queue.lanes())
        assert set(other) == set(one)
        assert len(other) == len(one)


def shown(lease: Lease) -> tuple[object, ...]:
    """All of a lease but the store's own numbers."""
    return lease._replace(seq=0, fence=0)


async def pages(store: Store, limit: int) -> tuple[list[Failure], list[Result]]:
    """Everything in the ledger, read in small pages."""
    failures: list[Failure] = []
    results: list[Result] = []
    after: int | None = 0
    while after is not None:
        failed, after = await store.ledger.failures(Selection(), after, limit)
        failures += failed
    after = 0
    while after is not None:
        done, after = await store.ledger.results(after, limit)
        results += done
    return failures, results


#: A server is asked over a socket, and a new schema or prefix is made for each life: that takes its time.
EXAMPLES: Final = {"sqlite": 80, "postgres": 30, "valkey": 50}


@pytest.mark.parametrize("kind", EXAMPLES)
def test_a_store_answers_as_memory_does(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Whatever comes in whichever order, from two workers, with leases that run out and workers that are gone."""
    server = None if kind == "sqlite" else request.getfixturevalue(f"{kind}_url")

    def life() -> QueueMachine:
        name = f"m{secrets.token_hex(8)}"

        async def opening(clock: ManualClock) -> Store:
            if kind == "sqlite":
                return await SqliteStore.open(tmp_path / f"{name}.db", clock)
            if kind == "postgres":
                return await PostgresStore.open(f"{server}?schema={name}", clock)
            return await ValkeyStore.open(f"{server}?prefix={name}", clock)

        return QueueMachine(opening)

    run_state_machine_as_test(
        life,  # type: ignore[arg-type]  # it only has to make one
        settings=settings(
            max_examples=EXAMPLES[kind],
            stateful_step_count=40,
            deadline=None,
            phases=[phase for phase in Phase if server is None or phase is not Phase.shrink],  # that takes minutes
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
