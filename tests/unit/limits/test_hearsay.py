from worker.job import Scope
from worker.limits.count import Count
from worker.limits.hearsay import reduced, told
from worker.limits.word import MAX_WAIT_S, Word
from worker.ports import Told

NOW = 1_767_225_600.0
SHOP = Scope("shop")


def _word(remaining: float, limit: float | None = 100, reset_s: float | None = 30, cost: str | None = None) -> Word:
    return Word(None, (Count(cost, remaining, limit, None if reset_s is None else NOW + reset_s),))


def _told(word: Word, before: Told | None = None) -> Told | None:
    return told(word, SHOP, before, NOW)


def test_little_is_worth_telling_and_plenty_is_not() -> None:
    """Below a fifth of the limit; where nobody knows the limit, nothing at all."""
    assert _told(_word(20)) is None
    assert _told(_word(19)) == Told(SHOP, 19, NOW + 30)
    assert _told(_word(1, limit=None)) is None
    assert _told(_word(0, limit=None)) == Told(SHOP, 0, NOW + 30)


def test_fewer_than_may_leave_at_once_are_little_whatever_the_limit() -> None:
    """A hundred requests at once would overrun the last thirty of a hundred."""
    assert told(_word(30), SHOP, None, NOW, at_once=64) == Told(SHOP, 30, NOW + 30)
    assert told(_word(64), SHOP, None, NOW, at_once=64) is None


def test_what_is_under_way_is_taken_off() -> None:
    """The answer knows nothing of it, and it will draw on what is left."""
    assert reduced(Told(SHOP, 30, NOW), 12) == Told(SHOP, 18, NOW)
    assert reduced(Told(SHOP, 30, NOW), 40) == Told(SHOP, 0, NOW)


def test_what_has_no_end_or_is_over_is_not_told() -> None:
    """The quota would not know for how long to hold back."""
    assert _told(_word(0, reset_s=None)) is None
    assert _told(_word(0, reset_s=0)) is None


def test_tokens_are_not_taken_for_requests() -> None:
    """What is told is about requests."""
    assert _told(_word(0, cost="tokens")) is None


def test_the_least_of_several_is_told() -> None:
    """An API may count by the second and by the day."""
    counts = (Count(None, 5, 100, NOW + 30), Count(None, 2, 1000, NOW + 900), Count(None, 1, 1, NOW + 10))
    assert _told(Word(None, counts)) == Told(SHOP, 2, NOW + 900)


def test_the_same_is_not_told_again_and_again() -> None:
    """Hundreds of answers of one window differ by one request each; one of another window is news."""
    before = Told(SHOP, 15, NOW + 30)
    assert _told(_word(15), before) is None
    assert _told(_word(12), before) is None
    assert _told(_word(11), before) == Told(SHOP, 11, NOW + 30)
    assert _told(_word(15, reset_s=90), before) == Told(SHOP, 15, NOW + 90)
    assert _told(_word(15, reset_s=0.5), Told(SHOP, 15, NOW)) == Told(SHOP, 15, NOW + 0.5)
    assert _told(_word(18), before) is None


def test_a_window_of_answers_is_told_a_few_dozen_times() -> None:
    """However many they are, and nothing left is always told, once."""
    before, times = None, 0
    for remaining in [*range(10_000, -1, -1), 0, 0]:
        if said := _told(_word(remaining, limit=10_000), before):
            before, times = said, times + 1
    assert before == Told(SHOP, 0, NOW + 30)
    assert times <= 36


def test_a_reset_that_is_far_away_does_not_stop_a_lane_for_days() -> None:
    """One request an hour finds out whether it is meant."""
    assert _told(_word(0, reset_s=86_400)) == Told(SHOP, 0, NOW + MAX_WAIT_S)
