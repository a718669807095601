import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.limits.drift import Drift
from worker.settings import DriftSettings


def _noted(drift: Drift, answers: list[bool], operation: str = "order") -> list[int | None]:
    """What each answer comes to; True for rejected."""
    found = []
    for rejected in answers:
        if not rejected:
            drift.accepted(operation)
        found.append(drift.rejected(operation) if rejected else None)
    return found


def test_the_answer_that_makes_it_too_many_says_so() -> None:
    """Right then, whether or not the window is full: the rest of it could not make it better."""
    drift = Drift(DriftSettings(100, 0.5))
    assert _noted(drift, [True] * 49) == [None] * 49
    assert drift.rejected("order") == 50
    other = Drift(DriftSettings(100, 0.5))
    assert _noted(other, [False, True] * 49) == [None] * 98
    assert _noted(other, [False, True]) == [None, 50]


def test_what_has_left_the_window_counts_no_more() -> None:
    """49 long ago and 49 now are not 98."""
    drift = Drift(DriftSettings(100, 0.5))
    assert set(_noted(drift, [True] * 49 + [False] * 100 + [True] * 49)) == {None}


def test_each_operation_is_watched_by_itself() -> None:
    """One that drifts says nothing of another."""
    drift = Drift(DriftSettings(10, 0.2))
    assert drift.rejected("order") is None
    assert drift.rejected("cancel") is None
    assert drift.rejected("order") == 2


@pytest.mark.parametrize(
    ("window", "pause_at", "too_many"), [(100, 0.07, 7), (100, 0.071, 8), (10, 1, 10), (10, 0.001, 1), (11, 0.5, 6)]
)
def test_a_share_is_a_whole_number_of_answers(window: int, pause_at: float, too_many: int) -> None:
    """At least the share, and at least one."""
    drift = Drift(DriftSettings(window, pause_at))
    assert next(found for found in _noted(drift, [True] * window) if found) == too_many


def test_an_operation_without_rejections_is_forgotten() -> None:
    """So that a good contract costs neither time nor memory."""
    drift = Drift(DriftSettings(10, 0.5))
    _noted(drift, [True] + [False] * 9)
    assert drift._recent
    drift.accepted("order")
    assert not drift._recent


@given(st.lists(st.booleans(), max_size=60), st.integers(10, 20), st.floats(0.05, 1))
def test_it_counts_what_a_list_would_count(answers: list[bool], window: int, pause_at: float) -> None:
    """The bits of a number are the last answers."""
    drift = Drift(DriftSettings(window, pause_at))
    for end, found in enumerate(_noted(drift, answers), 1):
        count = sum(answers[max(end - window, 0) : end])
        expected = count if answers[end - 1] and count >= pause_at * window - 1e-6 else None
        assert found == expected
