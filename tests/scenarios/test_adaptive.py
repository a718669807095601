"""A worker that finds out by itself how much an API can take, against APIs that are hard to find out about.

The sandbox decides with its own code what a request gets and how long that takes; the worker's estimator decides how
many are in flight. Neither waits: time is a number, and the next thing that happens is always the next request to end.
"""

import heapq
import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from worker import resources
from worker.job import Lane, Standstill
from worker.limits.concurrency import end_of
from worker.limits.estimator import Estimator
from worker.limits.gate import Closure, Gates, scope_of
from worker.limits.word import read
from worker.outcome import Answer, Broken, Reply
from worker.sandbox import Contract, Sandbox, behaviour
from worker.sandbox.expect import Expect
from worker.sandbox.received import Received
from worker.settings import Said
from worker.testing import ManualClock

_FOLDER: Final = resources.path("config/sandbox")
_SCENARIOS: Final = sorted(path for path in _FOLDER.glob("*.toml") if behaviour.read(path).expect)
_NETWORK_S: Final = 0.005  # there and back
_TIMEOUT_S: Final = 10.0
_LANE: Final = Lane("shop", "listOrders")
_OK: Final = range(200, 300)
_REQUEST: Final = Received("GET", "/shops/ulm/orders", "", {"authorization": "Bearer any"}, b"")


class Flight(NamedTuple):
    """A request that came back, ``number`` in the order in which they left."""

    ends_at: float
    number: int
    left_at: float
    reply: Reply


class Model:
    """A worker that always has one more job to do, and does nothing but keep to its limit and to what its gates say."""

    def __init__(self, sandbox: Sandbox, clock: ManualClock) -> None:
        self.flights: list[Flight] = []
        self._sandbox = sandbox
        self._clock = clock
        self._estimator = Estimator()
        self._numbers = itertools.count()
        self._gates = Gates(clock)
        self._flying: list[Flight] = []

    def run(self, until_s: float) -> None:
        """Work until then."""
        while (now := self._clock.monotonic()) < until_s:
            room = max(self._estimator.limit - len(self._flying), 0)
            count, wait_s = self._gates.leave(_LANE, room) if room else (0, math.inf)
            for _ in range(count):
                heapq.heappush(self._flying, self._flight(now))
            if (self._flying and self._flying[0].ends_at <= now + wait_s) or count:
                self._land(heapq.heappop(self._flying))
            else:
                self._clock.advance(wait_s)

    def _flight(self, now: float) -> Flight:
        decision = self._sandbox.decide(_REQUEST)
        took_s = min(decision.delay_s + _NETWORK_S, _TIMEOUT_S)
        elapsed_ms = took_s * 1000
        reply: Reply = Answer(decision.answer.status, _lower(decision.answer.headers), b"", elapsed_ms)
        if took_s == _TIMEOUT_S:
            reply = Broken("timeout", sent=True, detail="no answer", elapsed_ms=elapsed_ms)
        elif decision.dropped:
            reply = Broken("lost", sent=True, detail="connection lost", elapsed_ms=elapsed_ms)
        return Flight(now + took_s, next(self._numbers), now, reply)

    def _land(self, flight: Flight) -> None:
        self._clock.advance(max(flight.ends_at - self._clock.monotonic(), 0.0))
        self.flights.append(flight)
        reply, now = flight.reply, self._clock.monotonic()
        self._estimator.ended(len(self._flying) + 1, reply.elapsed_ms / 1000, end_of(reply), now)
        said = Said(reply.status, reply.headers, reply.body) if isinstance(reply, Answer) else None
        if said is not None and (word := read(said, None, self._clock.now())) is not None and word.wait_s:
            self._gates.close(scope_of(_LANE, "api"), Closure("it says so", Standstill.CLOSED, word.wait_s))
        else:
            self._gates.succeed(_LANE)


class Seen(NamedTuple):
    """What became of the requests of a part of the time."""

    in_flight: float
    rate: float
    wasted: int


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _seen(flights: list[Flight], expect: Expect) -> Seen:
    length_s = expect.until_s - expect.from_s
    over = [(max(one.left_at, expect.from_s), min(one.ends_at, expect.until_s)) for one in flights]
    ended = [one for one in flights if expect.from_s <= one.ends_at < expect.until_s]
    good = sum(isinstance(one.reply, Answer) and one.reply.status in _OK for one in ended)
    in_flight = sum(end - start for start, end in over if end > start) / length_s
    return Seen(in_flight, good / length_s, len(ended) - good)


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The demo shop's."""
    return Contract.read(resources.path("schemas/demo.openapi.yaml"))


@pytest.mark.parametrize("path", _SCENARIOS, ids=lambda path: path.stem)
def test_the_limit_finds_what_the_api_can_take(path: Path, contract: Contract) -> None:
    """In flight, carried out and wasted are within the bands that the scenario's file expects."""
    clock, scenario = ManualClock(), behaviour.read(path)
    model = Model(Sandbox(contract, scenario, clock), clock)

    model.run(max(expect.until_s for expect in scenario.expect) + _TIMEOUT_S)

    for expect in scenario.expect:
        seen = _seen(model.flights, expect)
        for name, band in (("in_flight", expect.in_flight), ("rate", expect.rate), ("wasted", expect.wasted)):
            assert band is None or band.holds(getattr(seen, name)), f"{name} from {expect.from_s} s: {seen}"


def test_there_are_scenarios() -> None:
    """The test above has something to hold."""
    assert len(_SCENARIOS) >= 10
