"""What the live display says of the time that is left."""

from worker.cli.display import left
from worker.engine.eta import Eta

_NOW = 1_767_225_600.0


def test_the_time_left_follows_from_the_rate_of_late() -> None:
    """1,000 jobs at 5 a second: 3 min 20 s."""
    eta = Eta(0.0)
    eta.update(60.0, 300)
    assert left(eta, 1000, _NOW).startswith("about 3 min 20 s left, done at ")


def test_nothing_is_said_before_anything_was_done_or_when_all_is() -> None:
    """Better than a number that nobody can believe."""
    eta = Eta(0.0)
    assert left(eta, 1000, _NOW) == ""
    eta.update(60.0, 300)
    assert left(eta, 0, _NOW) == ""
    assert left(eta, -5, _NOW) == ""
