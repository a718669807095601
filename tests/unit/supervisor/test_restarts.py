"""When a process that died is started again, and when not any more."""

import pytest

from worker.supervisor.restarts import Restarts


def test_each_death_doubles_the_wait_up_to_half_a_minute() -> None:
    """0.5 s, 1 s, 2 s, ... 30 s, and at least half of that, so that those which died together come back apart."""
    restarts = Restarts()
    longest = []
    for number in range(9):
        restarts.died(100.0 * number, 1.0)
        longest.append(restarts.delay_s(1.0))
        assert restarts.delay_s(0.0) == longest[-1] / 2
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


def test_a_minute_of_health_makes_up_for_what_was() -> None:
    """The next death is the first again."""
    restarts = Restarts()
    for lived_s in (1.0, 1.0, 60.0):
        restarts.died(0.0, lived_s)
    assert restarts.delay_s(1.0) == 0.5


@pytest.mark.parametrize(("apart_s", "hopeless"), [(15.0, True), (15.1, False)])
def test_five_deaths_within_a_minute_are_hopeless(apart_s: float, *, hopeless: bool) -> None:
    """Four are not, nor are five that took longer."""
    restarts = Restarts()
    for number in range(4):
        restarts.died(number * apart_s, 1.0)
    assert not restarts.hopeless
    restarts.died(4 * apart_s, 1.0)
    assert restarts.hopeless == hopeless


def test_a_death_that_does_not_count_only_makes_the_next_wait_longer() -> None:
    """However many there are."""
    restarts = Restarts()
    for _ in range(10):
        restarts.died(0.0, 1.0, counts=False)
    assert not restarts.hopeless
    assert restarts.delay_s(1.0) == 30.0
