"""How long something takes, and when it is done, as one says it."""

import pytest

from worker.cli.time_left import duration, moment


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (1, "1 s"),
        (59.4, "59 s"),
        (59.7, "1 min"),
        (61, "1 min 1 s"),
        (3599.9, "1 h"),
        (12_000, "3 h 20 min"),
        (86_399, "1 d"),
        (90_000, "1 d 1 h"),
        (4_000_000, "46 d 7 h"),
    ],
)
def test_two_units_are_enough(seconds: float, said: str) -> None:
    """Nobody needs to know the seconds of an hour."""
    assert duration(seconds) == said


def test_a_moment_is_as_long_as_it_has_to_be() -> None:
    """The time today, the weekday within a week, else the date."""
    now = 1_767_225_600.0
    assert [len(moment(now + hours * 3600, now).split()) for hours in (0, 72, 24 * 30)] == [1, 2, 3]
    assert len(moment(now - 24 * 30 * 3600, now).split()) == 3


def test_a_moment_may_be_told_to_the_second() -> None:
    """What lasts a minute is not told by the minute."""
    now = 1_767_225_600.0
    assert moment(now + 10, now, to_the_second=True) == f"{moment(now, now)}:10"
