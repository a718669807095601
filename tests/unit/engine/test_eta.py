"""How long a run will still take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engine.eta import Eta

_FRAME_S = 0.2


def test_nothing_is_foretold_before_anything_was_done() -> None:
    """Nor where no time has passed."""
    eta = Eta(100.0)
    eta.update(100.0, 0)
    eta.update(103.0, 0)
    assert eta.left_s(10) is None


@given(st.integers(1, 500), st.floats(0.05, 5))
def test_a_steady_rate_is_foretold_exactly(jobs: int, step_s: float) -> None:
    """However often it is looked at, and from the first look on."""
    eta = Eta(0.0)
    for step in range(1, 50):
        eta.update(step * step_s, step * jobs)
        assert eta.left_s(1000 * jobs) == pytest.approx(1000 * step_s)


def test_a_rate_that_changes_is_known_within_a_minute_and_a_half() -> None:
    """100 a second for an hour, then 10: after 90 s within a factor of two, after five minutes it is forgotten."""
    eta, done = Eta(0.0), 0
    for step in range(1, 3600):
        done += 100
        eta.update(float(step), done)
    for step in range(3600, 3690):
        done += 10
        eta.update(float(step), done)
    assert 10 <= eta.per_s < 20
    for step in range(3690, 3900):
        done += 10
        eta.update(float(step), done)
    assert eta.per_s == pytest.approx(10, rel=0.1)


def test_a_limit_that_lets_jobs_go_in_bursts_does_not_make_the_time_left_jump() -> None:
    """5,000 at once and then nothing for an hour: what is told stays within a factor of two of the truth."""
    eta, now = Eta(0.0), 0.0
    for hour in range(4):
        while now < (hour + 1) * 3600:
            now += _FRAME_S * 10
            eta.update(now, 5000 * (hour + 1))
            if hour >= 1:
                assert 0.5 < eta.per_s * 3600 / 5000 < 2


def test_in_a_long_pause_the_time_left_only_grows() -> None:
    """The API asked to be left alone: what is told gets worse slowly, and is never 0 or infinity."""
    eta = Eta(0.0)
    for step in range(1, 60):
        eta.update(float(step), step * 50)
    told = []
    for step in range(60, 660):
        eta.update(float(step), 59 * 50)
        told.append(eta.left_s(10_000))
    assert all(one is not None for one in told)
    assert told == sorted(one or 0.0 for one in told)
    assert (told[-1] or 0.0) < 86_400
