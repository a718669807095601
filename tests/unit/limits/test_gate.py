import math

from worker.job import Lane
from worker.limits.gate import Closure, Gates
from worker.testing import ManualClock

_OWN = Closure("503", "throttled")
_LANE = Lane("shop", "order")


def _told(seconds: float) -> Closure:
    return Closure("429", "throttled", seconds)


def test_an_api_is_open_until_it_is_closed() -> None:
    """For as long as it says, and for all of its lanes."""
    clock = ManualClock()
    gates = Gates(clock)
    assert (gates.wait_s(_LANE), gates.closed_s("shop"), gates.closed()) == (0.0, 0.0, [])
    assert gates.close("shop", _told(10)) == 10
    clock.advance(4)
    assert (gates.wait_s(_LANE), gates.wait_s(Lane("other", "o")), gates.closed()) == (6.0, 0.0, ["shop"])
    clock.advance(6)
    assert (gates.wait_s(_LANE), gates.closed()) == (0.0, [])


def test_back_off_grows_with_every_closure_in_a_row() -> None:
    """Up to half a minute, and from the start again once an answer came."""
    clock = ManualClock()
    gates = Gates(clock)
    waits = []
    for _ in range(9):
        waits.append(gates.close("shop", _OWN) or 0.0)
        clock.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0]
    assert gates.trouble("shop") == (_OWN, 9)
    assert gates.succeed("shop")
    assert gates.trouble("shop") is None
    assert gates.close("shop", _OWN) == 0.5


def test_many_failures_together_lengthen_the_back_off_once() -> None:
    """Sixty-four requests in flight fail at the same moment."""
    clock = ManualClock()
    gates = Gates(clock)
    assert [gates.close("shop", _OWN) for _ in range(64)] == [0.5] + [None] * 63
    clock.advance(0.5)
    assert gates.close("shop", _OWN) == 1.0


def test_the_longest_wait_that_was_told_holds() -> None:
    """A shorter one does not open earlier, and a longer one is one closure still."""
    gates = Gates(ManualClock())
    assert [gates.close("shop", _told(seconds)) for seconds in (5, 3, 8)] == [5, None, 8]
    assert gates.closed_s("shop") == 8
    assert gates.trouble("shop") == (_told(8), 1)


def test_an_api_that_says_at_once_is_left_alone_all_the_same() -> None:
    """Otherwise a 429 with ``Retry-After: 0`` is answered by a storm."""
    clock = ManualClock()
    gates = Gates(clock)
    waits = []
    for _ in range(3):
        waits.append(gates.close("shop", _told(0)) or 0.0)
        clock.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0]


def test_an_answer_that_was_under_way_does_not_open_a_closed_api() -> None:
    """It left before the API asked to be left alone."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close("shop", _told(5))
    assert not gates.succeed("shop")
    assert gates.closed_s("shop") == 5
    clock.advance(5)
    assert gates.succeed("shop")
    assert not gates.succeed("shop")


def test_the_wall_clock_does_not_matter() -> None:
    """An administrator may set it back."""
    clock = ManualClock()
    gates = Gates(clock)
    gates.close("shop", _told(5))
    clock.set_back(86_400)
    clock.advance(5)
    assert gates.closed_s("shop") == 0


def test_a_lane_rests_alone_and_is_forgotten() -> None:
    """Nothing grows with the number of keys."""
    clock = ManualClock()
    gates = Gates(clock)
    for number in range(10_000):
        gates.hold(Lane("shop", "order", str(number)), 1.0)
        clock.advance(0.001)
    assert gates.wait_s(Lane("shop", "order", "9999")) > 0
    assert gates.wait_s(_LANE) == 0
    assert len(gates._held) <= 4096
    clock.advance(2)
    assert gates.wait_s(Lane("shop", "order", "9999")) == 0


def test_a_paused_operation_stays_so() -> None:
    """All of its lanes, and nobody else's; the first reason is kept."""
    clock = ManualClock()
    gates = Gates(clock)
    assert gates.pause(_LANE._replace(key="tenant-7"), "it drifts")
    assert not gates.pause(_LANE, "it drifts more")
    clock.advance(1e9)
    assert (gates.wait_s(_LANE), gates.paused(_LANE._replace(key="tenant-8"))) == (math.inf, True)
    assert (gates.wait_s(Lane("shop", "cancel")), gates.paused(Lane("other", "order"))) == (0.0, False)
    assert gates.pauses == {("shop", "order"): "it drifts"}
    assert not gates.succeed("shop")
