import math
from dataclasses import replace

import pytest

from worker.job import EVERY, Lane, Scope, Standstill, Stop
from worker.limits.gate import Closure, Gates, Level, scope_of
from worker.testing import ManualClock

_OWN = Closure("503", Standstill.CLOSED)
_LANE = Lane("shop", "order")
_SHOP = Scope("shop")


def _closed_s(gates: Gates, closure: Closure) -> float | None:
    """For how long a closure closes the shop; None where it was closed for as long."""
    stop = gates.close(_SHOP, closure)
    return None if stop is None or stop.until is None else round(stop.until - gates._clock.now(), 6)


def _told(seconds: float, kind: Standstill = Standstill.CLOSED) -> Closure:
    return Closure("429", kind, seconds)


def _drifting(reason: str = "it drifts") -> Stop:
    return Stop(Scope("shop", "order"), Standstill.DRIFTING, reason, 0.0)


def test_an_api_is_open_until_it_is_closed() -> None:
    """For as long as it says, and for all of its lanes; the last moment is over when one job may ask."""
    clock = ManualClock()
    gates = Gates(clock)
    assert (gates.leave(_LANE, 9), gates.shut(_LANE), gates.stops()) == ((9, 0.0), None, [])
    assert _closed_s(gates, _told(10)) == 10
    clock.advance(4)
    assert (gates.leave(_LANE, 9), gates.leave(Lane("other", "o"), 9)) == ((0, 6.0), (9, 0.0))
    assert [stop.scope for stop in gates.stops()] == [_SHOP]
    clock.advance(6)
    assert (gates.leave(_LANE, 9), gates.stops()) == ((1, 0.0), [])


@pytest.mark.parametrize(
    ("level", "same", "other"),
    [
        ("api", Lane("shop", "cancel", "b"), Lane("bank", "order", "a")),
        ("operation", Lane("shop", "order", "b"), Lane("shop", "cancel", "a")),
        ("key", Lane("shop", "cancel", "a"), Lane("shop", "order", "b")),
        ("lane", Lane("shop", "order", "a"), Lane("shop", "order", "b")),
        ("lane", Lane("shop", "order", "a"), Lane("shop", "order")),
    ],
)
def test_only_the_part_that_the_limit_is_about_is_closed(level: Level, same: Lane, other: Lane) -> None:
    """A tenant that was throttled keeps no other from working."""
    gates = Gates(ManualClock())
    gates.close(scope_of(Lane("shop", "order", "a"), level), _told(10))
    assert (gates.leave(same, 9), gates.leave(other, 9)) == ((0, 10.0), (9, 0.0))


def test_jobs_without_a_key_stand_still_alone() -> None:
    """What fails of theirs says nothing of those with keys, and the other way round."""
    gates, scope = Gates(ManualClock()), scope_of(_LANE, "lane")
    gates.close(scope, _told(10))
    assert [gates.leave(_LANE._replace(key=key), 9) for key in (None, "a")] == [(0, 10.0), (9, 0.0)]
    assert [scope.covers(_LANE._replace(key=key)) for key in (None, "a")] == [True, False]


def test_after_a_closure_one_job_asks_at_a_time() -> None:
    """The next one second later, unless an answer came; then all may go."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close(_SHOP, _told(5))
    clock.advance(5)
    assert [gates.leave(_LANE, 9) for _ in range(2)] == [(1, 0.0), (0, 1.0)]
    clock.advance(1)
    assert gates.leave(_LANE, 9) == (1, 0.0)
    assert [stop.scope for stop in gates.succeed(_LANE)] == [_SHOP]
    assert gates.leave(_LANE, 9) == (9, 0.0)


def test_what_needs_several_answers_opens_after_the_last_of_them() -> None:
    """Each answer lets the next job ask at once."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close(_SHOP, Closure("half of the requests fail", Standstill.BREAKER_OPEN, 5, probes=2))
    clock.advance(5)
    assert gates.leave(_LANE, 9) == (1, 0.0)
    assert gates.succeed(_LANE) == []
    assert gates.leave(_LANE, 9) == (1, 0.0)
    assert len(gates.succeed(_LANE)) == 1
    assert gates.leave(_LANE, 9) == (9, 0.0)


def test_an_answer_that_says_that_the_api_failed_leaves_its_breaker_open() -> None:
    """It ends a closure all the same: the API is not busy any more."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close(_SHOP, _told(5))
    gates.close(scope_of(_LANE, "lane"), _told(5, Standstill.BREAKER_OPEN))
    clock.advance(5)
    assert [stop.kind for stop in gates.succeed(_LANE, failed=True)] == [Standstill.CLOSED]
    assert [stop.kind for stop in gates.succeed(_LANE)] == [Standstill.BREAKER_OPEN]


def test_probes_that_failed_are_counted_as_long_as_their_gate_is_there() -> None:
    """One that was put up again, or lifted, by whomever, begins anew; nothing is left of one that is gone."""
    clock = ManualClock()
    gates, closure = Gates(clock), _told(5, Standstill.BREAKER_OPEN)

    def missed() -> list[int]:
        return [gates.miss(trouble.stop) for trouble in gates.troubles(_LANE) for _ in range(2)]

    gates.close(_SHOP, closure)
    gates.told(*gates.changes())
    clock.advance(5)
    (stop,) = [trouble.stop for trouble in gates.troubles(_LANE)]
    assert missed() == [1, 2]
    gates.adopt([replace(stop, until=clock.now() + 5)])
    assert missed() == [1, 2]
    gates.adopt([])
    assert missed() == []
    gates.close(_SHOP, closure)
    assert missed() == [1, 2]


def test_back_off_grows_with_every_closure_in_a_row() -> None:
    """Up to half a minute, and from the start again once an answer came."""
    clock = ManualClock()
    gates = Gates(clock)
    waits = []
    for _ in range(9):
        waits.append(_closed_s(gates, _OWN) or 0.0)
        clock.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0]
    assert [trouble.streak for trouble in gates.troubles(_LANE)] == [9]
    assert gates.succeed(_LANE)
    assert gates.troubles(_LANE) == []
    assert _closed_s(gates, _OWN) == 0.5


def test_many_failures_together_lengthen_the_back_off_once() -> None:
    """Sixty-four requests in flight fail at the same moment: one back-off, not sixty-four."""
    clock = ManualClock()
    gates = Gates(clock)
    assert [_closed_s(gates, _OWN) for _ in range(64)] == [0.5] + [None] * 63
    clock.advance(0.5)
    assert _closed_s(gates, _OWN) == 1.0


def test_the_longest_wait_that_was_told_holds() -> None:
    """A shorter one does not open earlier, and a longer one is one closure still."""
    gates = Gates(ManualClock())
    assert [_closed_s(gates, _told(seconds)) for seconds in (5, 3, 8)] == [5, None, 8]
    assert gates.leave(_LANE, 1) == (0, 8.0)
    assert [trouble.streak for trouble in gates.troubles(_LANE)] == [1]


def test_an_api_that_says_at_once_is_left_alone_all_the_same() -> None:
    """Otherwise a 429 with ``Retry-After: 0`` is answered by a storm."""
    clock = ManualClock()
    gates = Gates(clock)
    waits = []
    for _ in range(3):
        waits.append(_closed_s(gates, _told(0)) or 0.0)
        clock.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0]


def test_an_answer_that_was_under_way_does_not_open_a_closed_api() -> None:
    """It left before the API asked to be left alone."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close(_SHOP, _told(5))
    assert gates.succeed(_LANE) == []
    assert gates.shut(_LANE) is not None
    clock.advance(5)
    assert len(gates.succeed(_LANE)) == 1
    assert gates.succeed(_LANE) == []


def test_the_wall_clock_does_not_matter() -> None:
    """An administrator may set it back."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close(_SHOP, _told(5))
    clock.set_back(86_400)
    clock.advance(5)
    assert gates.shut(_LANE) is None


def test_a_lane_rests_alone_and_is_forgotten() -> None:
    """Nothing grows with the number of keys."""
    clock = ManualClock()
    gates = Gates(clock)
    for number in range(10_000):
        gates.hold(Lane("shop", "order", str(number)), 1.0)
        clock.advance(0.001)
    last = Lane("shop", "order", "9999")
    assert (gates.leave(last, 5)[0], gates.leave(_LANE, 5)) == (0, (5, 0.0))
    assert len(gates._held) <= 4096
    clock.advance(2)
    assert gates.leave(last, 5) == (5, 0.0)


def test_what_stands_still_does_so_until_somebody_lifts_it() -> None:
    """All of its lanes, and nobody else's; the first reason is kept, and no answer ends it."""
    clock = ManualClock()
    gates = Gates(clock)
    assert gates.stand(_drifting())
    assert not gates.stand(_drifting(reason="it drifts more"))
    clock.advance(1e9)
    assert gates.leave(_LANE._replace(key="tenant-8"), 9) == (0, math.inf)
    assert gates.leave(Lane("shop", "cancel"), 9) == (9, 0.0)
    assert [stop.reason for stop in gates.stops()] == ["it drifts"]
    assert gates.succeed(_LANE) == []
    assert gates.lift(Scope("shop", "order"), Standstill.DRIFTING) is not None
    assert gates.leave(_LANE, 9) == (9, 0.0)


def test_a_stop_of_everything_stops_every_lane() -> None:
    """Whatever its API, its operation and its key."""
    gates = Gates(ManualClock())
    everything = Stop(Scope(EVERY), Standstill.PAUSED, "its jobs went elsewhere", 0.0)
    assert gates.adopt([everything]) == ([everything], [])
    for lane in (_LANE, Lane("bank", "pay", "tenant-7")):
        assert gates.leave(lane, 9) == (0, math.inf)
        assert everything.scope.covers(lane)
    assert gates.adopt([]) == ([], [everything])
    assert gates.leave(_LANE, 9) == (9, 0.0)


def test_what_a_worker_finds_out_the_others_hear() -> None:
    """And what one of them lifts, or a person does, is lifted for all."""
    clock = ManualClock()
    one, other = Gates(clock), Gates(clock)
    one.close(_SHOP, _told(10))
    puts, lifts = one.changes()
    assert ([stop.scope for stop in puts], lifts) == ([_SHOP], [])
    one.told(puts, lifts)
    assert other.adopt(puts) == (puts, [])
    assert other.leave(_LANE, 9) == (0, 10.0)
    assert one.adopt(puts) == ([], [])
    assert one.adopt([]) == ([], puts)
    assert one.leave(_LANE, 9) == (9, 0.0)


def test_a_stop_that_was_written_while_a_clock_was_ahead_is_not_obeyed_for_as_long() -> None:
    """Nobody is to be left alone for longer than an hour; what a person put up stays, whenever that was."""
    clock = ManualClock()
    gates, ahead = Gates(clock), clock.now() + 30 * 86_400
    passing, paused = Stop(_SHOP, Standstill.CLOSED, "429", ahead, ahead + 5), replace(_drifting(), since=ahead)
    gates.adopt([passing])
    assert gates.leave(_LANE, 9) == (0, 3600.0)
    gates.adopt([passing, paused])
    assert gates.leave(_LANE, 9) == (0, math.inf)


def test_what_was_not_told_yet_is_not_taken_for_lifted() -> None:
    """A closure that comes up between telling and hearing stays; so does a lift."""
    gates = Gates(ManualClock())
    gates.stand(_drifting())
    puts, _ = gates.changes()
    assert gates.adopt([]) == ([], [])
    assert gates.shut(_LANE) is not None
    gates.told(puts, [])
    gates.lift(Scope("shop", "order"), Standstill.DRIFTING)
    assert gates.adopt(puts) == ([], [])
    assert gates.shut(_LANE) is None
    assert gates.changes() == ([], puts)


def test_a_closure_that_another_has_found_out_meanwhile_is_not_lifted() -> None:
    """An answer ends only what this worker knew of; the newer one is heard of, and closes again."""
    clock = ManualClock()
    one, other = Gates(clock), Gates(clock)
    one.close(_SHOP, _told(1))
    older, _ = one.changes()
    one.told(older, [])
    clock.advance(1)
    (newer,) = [stop for stop in (other.close(_SHOP, _told(60)),) if stop]
    assert one.succeed(_LANE) == older
    assert one.changes() == ([], older)
    assert one.adopt([newer]) == ([newer], [])
    assert one.leave(_LANE, 9) == (0, 60.0)


def test_what_is_lifted_is_what_all_know() -> None:
    """Two workers close the same for different times: the last word counts for both, and either may lift it."""
    clock = ManualClock()
    one, other = Gates(clock), Gates(clock)
    one.close(_SHOP, _told(1))
    one.told(*one.changes())
    clock.advance(0.5)
    (last,) = [stop for stop in (other.close(_SHOP, _told(2)),) if stop]
    assert one.adopt([last]) == ([], [])
    clock.advance(2)
    assert one.succeed(_LANE) == [last]
    assert one.changes() == ([], [last])


def test_what_was_lifted_before_it_was_told_is_told_first() -> None:
    """It took the place of a stop that the others know, which would be left there."""
    gates = Gates(ManualClock())
    gates.stand(_drifting())
    puts, _ = gates.changes()
    gates.lift(Scope("shop", "order"), Standstill.DRIFTING)
    assert gates.changes() == (puts, puts)
    assert gates.adopt([_drifting("it drifted before")]) == ([], [])
    gates.told(puts, puts)
    assert gates.changes() == ([], [])


def test_closures_that_nobody_asks_about_are_forgotten() -> None:
    """Ten thousand keys that were throttled once, and have no jobs any more, weigh nothing after a while."""
    clock = ManualClock()
    gates = Gates(clock)
    for number in range(100):
        gates.close(Scope("shop", None, str(number)), _told(1))
    puts, _ = gates.changes()
    gates.told(puts, [])
    clock.advance(1000)
    assert gates.adopt(puts) == ([], puts)
    assert gates._gates == {}
    assert len(gates.changes()[1]) == 100
