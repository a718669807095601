"""The canary and the brake: what is let go, and when a run is stopped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.engine.canary import Bad, Canary, Halt, Kind, watch
from worker.events import Bus, Event, JobDelivered, JobDied, JobReleased, JobRetried
from worker.job import Lane
from worker.outcome import Attempt, Cause, Problem

_LANE = Lane("shop", "createOrder")
_SENT = Attempt(1, 0.0, 1.0, 500)
_PROBLEM = Problem(Cause.UNAVAILABLE, "judge", "500 Internal Server Error", "")


def bad(number: int = 0, what: str = "500 Internal Server Error") -> Bad:
    """An answer that nobody wants."""
    return Bad(_LANE, what, f"o{number}")


def answer(canary: Canary, good: int, wrong: int = 0) -> None:
    """So many good answers, then so many bad ones."""
    for _ in range(good):
        canary.answered()
    for number in range(wrong):
        canary.answered(bad(number))


def test_only_the_first_jobs_go_until_all_of_them_are_answered() -> None:
    """What is in hand counts; what was handed back or refused unsent makes room for others."""
    canary = Canary(50, 0.05)
    assert [canary.room(0), canary.room(20), canary.room(50)] == [50, 30, 0]
    answer(canary, 49)
    assert [canary.room(1), canary.room(0), canary.awaited] == [0, 1, 1]


def test_each_batch_is_twice_the_one_before_until_full_speed() -> None:
    """50, 100, ... 1,600; then as fast as it goes."""
    canary = Canary(50, 0.05)
    batches = []
    while (room := canary.room(0)) is not None:
        batches.append(room)
        answer(canary, room)
    assert batches == [50, 100, 200, 400, 800, 1600]
    assert canary.state == "full_speed"


def test_a_share_of_bad_answers_above_the_brake_stops_the_canary_at_once() -> None:
    """Three of 50 are more than 5%: the other 30 need not be sent to know."""
    canary = Canary(50, 0.05)
    answer(canary, 17, 2)
    assert canary.room(0) == 31
    answer(canary, 0, 1)
    assert (canary.state, canary.room(0)) == ("stopped", 0)
    assert canary.halt == Halt(3, 20, 2, 50, (Kind("shop", "createOrder", "500 Internal Server Error", 3, "o0"),))


def test_a_share_of_bad_answers_at_the_brake_is_not_above_it() -> None:
    """5 of 100 are 5%."""
    canary = Canary(100, 0.05)
    answer(canary, 95, 5)
    assert canary.halt is None


def test_one_bad_answer_in_a_canary_of_ten_is_too_much() -> None:
    """A tenth is more than 5%, also of few."""
    canary = Canary(10, 0.05)
    answer(canary, 9, 1)
    assert canary.halt is not None
    assert (canary.halt.answers, canary.halt.allowed, canary.halt.window) == (10, 0, 10)


def test_the_brake_holds_for_the_whole_run() -> None:
    """It looks at the last answers only: hours of good ones do not excuse a bad deploy."""
    canary = Canary(None, 0.05)
    answer(canary, 100_000, 5)
    assert canary.room(10_000) is None
    answer(canary, 0, 1)
    assert canary.halt is not None
    assert (canary.halt.bad, canary.halt.answers) == (6, 100)


def test_bad_answers_that_were_long_ago_are_forgotten() -> None:
    """Five in every hundred, for ever."""
    canary = Canary(None, 0.05)
    for _ in range(50):
        answer(canary, 95, 5)
    assert canary.halt is None


def test_the_reason_names_the_most_frequent_kind_first_and_a_job_of_each() -> None:
    """A tired person looks at one line and one id."""
    canary = Canary(50, 0.05)
    for number, what in enumerate(("a", "b", "b")):
        canary.answered(bad(number, what))
    assert canary.halt is not None
    assert [(one.what, one.times, one.example) for one in canary.halt.kinds] == [("b", 2, "o2"), ("a", 1, "o0")]


def test_answers_that_were_in_flight_change_nothing_any_more() -> None:
    """The reason is the one that was decided on."""
    canary = Canary(10, 0.0)
    canary.answered(bad())
    decided = canary.halt
    answer(canary, 5, 5)
    assert canary.halt is decided
    assert decided is not None


@given(st.integers(1, 60), st.floats(0, 0.5), st.lists(st.booleans(), max_size=400))
def test_never_more_is_sent_than_the_batches_so_far_allow(first: int, brake: float, answers: list[bool]) -> None:
    """Whatever is answered: the next batch is let go only behind the last answer of the one before."""
    canary = Canary(first, brake)
    let_go = batch = first
    for sent, good in enumerate(answers):
        if canary.state != "ramping":
            break
        assert canary.room(0) == let_go - sent
        canary.answered(None if good else bad())
        if sent + 1 == let_go:
            batch *= 2
            let_go += batch


@given(st.integers(0, 50), st.lists(st.booleans(), max_size=400))
def test_a_run_stops_exactly_when_its_last_hundred_answers_are_too_bad(percent: int, answers: list[bool]) -> None:
    """Counted over again for each answer."""
    canary = Canary(None, percent / 100)
    for number, good in enumerate(answers, 1):
        canary.answered(None if good else bad())
        too_bad = answers[max(number - 100, 0) : number].count(False) > percent
        assert (canary.halt is not None) == too_bad
        if too_bad:
            break


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        (JobDelivered("a", _LANE, _SENT), 1),
        (JobRetried("a", _LANE, _PROBLEM, 1.0, _SENT), 1),
        (JobDied("a", _LANE, _PROBLEM, _SENT), 1),
        (JobDied("a", _LANE, _PROBLEM, None), 0),
        (JobReleased("a", _LANE, "429 Too Many Requests", _SENT), 1),
        (JobReleased("a", _LANE, "shutdown", None), 0),
        (JobRetried("a", Lane("shop.on_delivered", "job.delivered"), _PROBLEM, 1.0, _SENT), 0),
    ],
)
def test_what_was_not_sent_is_no_answer(event: Event, counted: int) -> None:
    """Refused jobs say nothing about the API, nor does whoever is told what became of jobs."""
    bus, canary = Bus(), Canary(10, 0.5)
    watch(canary, bus, lambda: None)
    bus.emit(event)
    assert canary.answers == counted


def test_a_throttled_request_is_no_reason_to_brake_at_full_speed() -> None:
    """A 429 costs no job an attempt: its lane waits, and the night's run goes on."""
    bus, canary = Bus(), Canary(None, 0.0)
    watch(canary, bus, lambda: None)
    bus.emit(JobReleased("a", _LANE, "429 Too Many Requests", _SENT))
    assert canary.halt is None


def test_the_run_is_told_to_stop_once() -> None:
    """Also where many answers are in flight; a second word to stop would be taken for haste."""
    bus, canary, told = Bus(), Canary(10, 0.1), []
    watch(canary, bus, lambda: told.append("stop"))
    for number in range(20):
        bus.emit(JobDied(f"o{number}", _LANE, _PROBLEM, _SENT))
    assert told == ["stop"]
