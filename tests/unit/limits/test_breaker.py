from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from worker.job import Lane
from worker.limits.breaker import Breaker, Trip, failed
from worker.outcome import Answer, Broken, Reply
from worker.settings import BreakerSettings

_LANE = Lane("shop", "order")


def _noted(breaker: Breaker, story: str, now: float = 0.0, every_s: float = 0.1) -> list[Trip]:
    """The trips of a story in which ``x`` is a failure and ``.`` is none."""
    trips = [breaker.ended(_LANE, now + number * every_s, failed=one == "x") for number, one in enumerate(story)]
    return [trip for trip in trips if trip]


@pytest.mark.parametrize(
    ("story", "trips"),
    [
        ("x" * 19, []),
        ("x" * 20, [Trip(20, 20)]),
        ("x" * 40, [Trip(20, 20), Trip(20, 20)]),
        ("x." * 10, [Trip(10, 20)]),
        ("x." * 9 + "..", []),
        ("x.." * 30, []),
        ("." * 1000 + "x" * 20, [Trip(20, 20)]),
        ("x" + "." * 30 + "x" * 28, []),
        ("x" + "." * 30 + "x" * 30, [Trip(30, 60)]),
        ("." * 5000, []),
    ],
)
def test_a_lane_trips_when_too_much_of_what_is_sent_fails(story: str, trips: list[Trip]) -> None:
    """Half of at least twenty, counted from its first failure on."""
    assert _noted(Breaker(BreakerSettings()), story) == trips


def test_what_has_left_the_window_counts_no_more() -> None:
    """Nineteen half a minute ago and nineteen now are nineteen."""
    breaker = Breaker(BreakerSettings())
    assert _noted(breaker, "x" * 19) == []
    assert _noted(breaker, "x" * 19, now=32.0) == []
    assert _noted(breaker, "x", now=34.0) == [Trip(20, 20)]


def test_a_slow_lane_is_judged_by_its_last_requests() -> None:
    """With one request in two seconds, no window ever holds twenty."""
    assert _noted(Breaker(BreakerSettings()), "x" * 500, every_s=2.0) == []


def test_lanes_are_counted_each_by_itself() -> None:
    """One that fails says nothing of another."""
    breaker = Breaker(BreakerSettings(minimum=2))
    assert breaker.ended(_LANE, 0, failed=True) is None
    assert breaker.ended(Lane("shop", "order", "tenant"), 0, failed=True) is None
    assert breaker.ended(_LANE, 0, failed=True) == Trip(2, 2)


def test_a_breaker_that_is_switched_off_never_trips() -> None:
    """``enabled = false``."""
    assert _noted(Breaker(BreakerSettings(enabled=False)), "x" * 100) == []


def test_so_many_probes_fail_and_it_is_left_alone_again() -> None:
    """One is no proof where the settings allow three."""
    breaker = Breaker(BreakerSettings(probes=3))
    assert [breaker.probed(count) for count in (1, 2, 3)] == [None, None, Trip(3, 3)]
    assert Breaker(BreakerSettings(probes=1)).probed(1) == Trip(1, 1)


def test_lanes_that_are_well_are_not_remembered() -> None:
    """Neither those that never failed, nor those that have not for a while."""
    breaker = Breaker(BreakerSettings())
    _noted(breaker, "." * 100)
    assert not breaker._lanes
    _noted(breaker, "x" + "." * 10)
    assert len(breaker._lanes) == 1
    _noted(breaker, ".", now=40.0)
    assert not breaker._lanes


def test_lanes_that_went_quiet_are_forgotten() -> None:
    """Ten thousand keys fail once each, and are never heard of again."""
    breaker = Breaker(BreakerSettings())
    for number in range(20_000):
        breaker.ended(Lane("shop", "order", str(number)), number * 0.1, failed=True)
        assert len(breaker._lanes) <= 4096


@pytest.mark.parametrize(
    ("reply", "is_failure"),
    [
        (Answer(200, {}, b"", 1.0), False),
        (Answer(404, {}, b"", 1.0), False),
        (Answer(422, {}, b"", 1.0), False),
        (Answer(500, {}, b"", 1.0), True),
        (Answer(503, {}, b"", 1.0), True),
        (Broken("timeout", sent=True, detail="", elapsed_ms=1.0), True),
        (Broken("lost", sent=True, detail="", elapsed_ms=1.0), True),
    ],
)
def test_what_counts_as_a_failure(reply: Reply, is_failure: bool) -> None:  # noqa: FBT001 - a table
    """That the API refuses a request is none: it works."""
    assert failed(reply) is is_failure


class BreakerMachine(RuleBasedStateMachine):
    """The breaker beside a list of everything that happened."""

    @initialize(
        ratio=st.sampled_from([0.2, 0.5, 1.0]), minimum=st.integers(1, 6), window_s=st.sampled_from([10.0, 30.0])
    )
    def begin(self, ratio: float, minimum: int, window_s: float) -> None:
        """Any settings."""
        self.settings = BreakerSettings(failure_ratio=ratio, minimum=minimum, window_s=window_s)
        self.breaker = Breaker(self.settings)
        self.now = 0
        self.story: dict[Lane, list[tuple[int, bool]]] = {}

    @rule(lane=st.sampled_from("ab"), bad=st.booleans())
    def end(self, lane: str, bad: bool) -> None:  # noqa: FBT001 - drawn
        """A request ends; whole seconds, so that each is exactly a part of the window, or three of them are."""
        key = Lane("shop", lane)
        trip = self.breaker.ended(key, float(self.now), failed=bad)
        part_s = int(self.settings.window_s / 10)
        oldest = (self.now // part_s - 9) * part_s
        story = [one for one in self.story.get(key, []) if one[0] >= oldest] + [(self.now, bad)]
        while story and not any(failed for _, failed in story):
            story.clear()
        if story and not self.story.get(key):
            story = story[[failed for _, failed in story].index(True) :]
        total, failures = len(story), sum(failed for _, failed in story)
        due = total >= self.settings.minimum and failures >= self.settings.failure_ratio * total > 0
        assert trip == (Trip(failures, total) if due and failures else None)
        self.story[key] = [] if trip else story

    @rule(seconds=st.integers(0, 12))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.now += seconds

    @invariant()
    def only_lanes_with_failures_are_remembered(self) -> None:
        """And of these no more than the parts of a window."""
        if hasattr(self, "breaker"):
            assert all(len(parts) <= 10 for parts in self.breaker._lanes.values())
            assert self.breaker._lanes.keys() == {lane for lane, story in self.story.items() if story}


TestBreakerMachine: Any = BreakerMachine.TestCase
TestBreakerMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
