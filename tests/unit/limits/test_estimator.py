import math

from hypothesis import given
from hypothesis import strategies as st

from worker.limits.estimator import MOST, START, End, Estimator

_RTT_S = 0.1


class Rounds:
    """Round trips of all that may be in flight, one after the other."""

    def __init__(self, most: int = MOST) -> None:
        self.estimator = Estimator(most)
        self.now = 0.0

    def run(self, rounds: int, rtt_s: float = _RTT_S, in_flight: int | None = None) -> list[int]:
        """The estimate after each round, in which everything that leaves at its beginning comes back together."""
        limits = []
        for _ in range(rounds):
            self.now += rtt_s
            together = in_flight or self.estimator.limit
            for left in range(together, 0, -1):
                self.estimator.ended(left, rtt_s, End.SUCCESS, self.now)
            limits.append(self.estimator.limit)
        return limits

    def drop(self, rtt_s: float = 0.01) -> int:
        """One request is turned away."""
        self.now += rtt_s
        return self.estimator.ended(self.estimator.limit, rtt_s, End.DROPPED, self.now)


def test_it_starts_above_one_and_doubles_until_the_first_trouble() -> None:
    """Each round trip; the first two are one measure, for four answers say little."""
    rounds = Rounds()
    assert rounds.estimator.limit == START > 1
    assert rounds.run(7) == [4, 8, 16, 32, 64, 128, 256]


def test_it_never_exceeds_the_most() -> None:
    """What the vendor says, or the config."""
    assert Rounds(most=50).run(8)[-1] == 50
    assert Rounds(most=2).estimator.limit == 2
    assert Rounds().run(15)[-1] == MOST


def test_trouble_cuts_it_by_a_quarter_and_ends_the_doubling() -> None:
    """From then on it grows by one in each round."""
    rounds = Rounds()
    rounds.run(5)
    assert rounds.drop() == 48
    assert rounds.run(3) == [49, 50, 51]


def test_what_left_before_a_cut_does_not_cut_again() -> None:
    """Sixty-four that are turned away together are one sign."""
    rounds = Rounds()
    rounds.run(5)
    limits = {rounds.estimator.ended(left, 0.05, End.DROPPED, rounds.now + 0.05) for left in range(64, 0, -1)}
    assert limits == {48}
    assert rounds.drop(rtt_s=0.01) == 48  # it left before, too
    rounds.now += 0.1
    assert rounds.drop(rtt_s=0.01) == 36


def test_it_does_not_grow_while_it_is_not_used() -> None:
    """A thousand answers to three at a time say nothing of four."""
    rounds = Rounds()
    assert set(rounds.run(300, in_flight=3)) == {4}
    assert rounds.run(2, in_flight=4)[-1] == 8


def test_answers_that_take_longer_cut_it_as_far_as_they_do() -> None:
    """So that nothing waits at the API any more; half at the most, for nobody knows what else has happened."""
    rounds = Rounds()
    rounds.run(5)
    rounds.run(1, rtt_s=_RTT_S * 1.6)
    assert rounds.estimator.limit == int(64 * 0.95 / 1.6)
    rounds = Rounds()
    rounds.run(5)
    rounds.run(1, rtt_s=_RTT_S * 10)
    assert rounds.estimator.limit == 32


def test_a_little_longer_is_no_trouble() -> None:
    """A queue of less than half keeps the API busy."""
    rounds = Rounds()
    rounds.run(5)
    rounds.run(1, rtt_s=_RTT_S * 1.4)
    assert rounds.estimator.limit == 128


def test_an_api_that_is_slower_by_itself_is_not_asked_less_and_less() -> None:
    """Two cuts that do not help are enough to know."""
    rounds = Rounds()
    rounds.run(5)
    limits = rounds.run(8, rtt_s=1.0)
    assert limits == [32, 16, 17, 18, 19, 20, 21, 22]


def test_chance_is_not_taken_for_trouble() -> None:
    """Answers that take from a tenth to twice as long as usual, in any order."""
    estimator, now = Estimator(), 0.0
    for number in range(20_000):
        now += 0.01
        estimator.ended(estimator.limit, 0.01 + 0.19 * ((number * 7919) % 1000) / 1000, End.SUCCESS, now)
    assert estimator.limit > 100


def test_what_says_nothing_changes_nothing() -> None:
    """A refused request is quick, and no measure."""
    rounds = Rounds()
    for _ in range(1000):
        rounds.now += 0.001
        assert rounds.estimator.ended(4, 0.001, End.IGNORED, rounds.now) == START


@given(
    st.lists(st.tuples(st.integers(1, 2000), st.floats(0, 100), st.sampled_from(End), st.floats(0, 10)), max_size=300),
    st.integers(1, MOST),
)
def test_it_stays_in_its_bounds_whatever_comes(ends: list[tuple[int, float, End, float]], most: int) -> None:
    """At least one, so that it can find out again; and never more than may be."""
    estimator, now = Estimator(most), 0.0
    for in_flight, rtt_s, end, passed_s in ends:
        now += passed_s
        before = estimator.limit
        limit = estimator.ended(in_flight, rtt_s, end, now)
        assert 1 <= limit <= most
        assert end is not End.DROPPED or limit <= before
        assert in_flight >= before or limit <= max(before, math.ceil(before * 2))
