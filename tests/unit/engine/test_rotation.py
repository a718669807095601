"""Whose turn it is, with any number of lanes."""

import math

from worker.engine.purse import Purse
from worker.engine.rotation import Rotation
from worker.job import Lane
from worker.limits.backlog import Backlog
from worker.ports import Grant, Ready, Refund, Spent

_A, _B, _C = (Lane("shop", "order", key) for key in "abc")


def _rotation(*ready: Ready) -> Rotation:
    made = Rotation()
    made.renew(ready)
    return made


def _turns(rotation: Rotation, count: int, now: float = 0.0) -> list[Lane | None]:
    """The next turns, of lanes that get one job each."""
    turns = []
    for _ in range(count):
        lane = rotation.next(now)
        turns.append(lane)
        if lane is not None:
            rotation.end(lane, 1)
    return turns


def test_each_lane_has_its_turn_until_it_has_no_jobs() -> None:
    """However many another has."""
    rotation = _rotation(Ready(_A, 256), Ready(_B, 2), Ready(_C, 1))
    assert _turns(rotation, 6) == [_A, _B, _C, _A, _B, _A]
    assert rotation.jobs(_A) == math.inf
    assert rotation.jobs(_B) == 0


def test_whose_turn_it_is_survives_a_look_at_the_queue() -> None:
    """A new lane comes last, one that is gone is left out."""
    rotation = _rotation(Ready(_A, 9), Ready(_B, 9))
    assert _turns(rotation, 1) == [_A]
    rotation.renew([Ready(_C, 9), Ready(_A, 8), Ready(_B, 9)])
    assert _turns(rotation, 3) == [_B, _A, _C]
    rotation.renew([Ready(_A, 5)])
    assert _turns(rotation, 2) == [_A, _A]


def test_a_lane_that_rests_is_passed_over_until_its_time() -> None:
    """And keeps nobody waiting."""
    rotation = _rotation(Ready(_A, 9), Ready(_B, 9))
    assert rotation.next(0.0) == _A
    rotation.rest(_A, 5.0)
    assert _turns(rotation, 2) == [_B, _B]
    assert rotation.next(5.0) == _B
    rotation.rest(_B, 9.0)
    assert (rotation.next(5.0), rotation.next(5.0), rotation.until()) == (_A, None, 9.0)


def test_who_rests_is_not_asked_again_before_its_time() -> None:
    """Ten thousand lanes that stand still cost little at a look at the queue; those that are gone are forgotten."""
    rotation = _rotation(Ready(_A, 9), Ready(_B, 9), Ready(_C, 9))
    for until in (5.0, 4.0, 3.0):
        lane = rotation.next(0.0)
        assert lane is not None
        rotation.rest(lane, until)
    rotation.renew([Ready(_A, 8), Ready(_C, 9)])
    assert (rotation.next(2.0), rotation.until(), len(rotation)) == (None, 3.0, 2)
    rotation.renew([Ready(_A, 8), Ready(_B, 9), Ready(_C, 9)])
    assert [rotation.next(5.0) for _ in range(4)] == [_B, _C, _A, None]


def test_lanes_that_could_not_have_their_turn_have_it_first() -> None:
    """In their order."""
    rotation = _rotation(Ready(_A, 9), Ready(_B, 9), Ready(_C, 9))
    taken = [lane for _ in range(2) if (lane := rotation.next(0.0)) is not None]
    rotation.back(taken)
    assert _turns(rotation, 3) == [_A, _B, _C]


def test_a_slot_is_used_once_and_only_the_last_can_be_handed_back_alone() -> None:
    """The earlier ones of a grant are part of a schedule that others rely on."""
    purse, receipt = Purse(), (Spent("a", 9.0),)
    purse.put(Grant((1.0, 2.0, 3.0), 0.5, 0.0, receipt))
    first, second = purse.take(), purse.take()
    assert [(slot.at, slot.receipt) for slot in (first, second)] == [(1.0, ()), (2.0, ())]
    assert purse.take().receipt == receipt
    assert len(purse) == 0


def test_what_is_left_of_the_last_grant_is_handed_back() -> None:
    """What is left of an earlier one is forfeited, and so is a slot whose time has passed."""
    purse, receipt = Purse(), (Spent("a", 9.0),)
    purse.put(Grant((1.0, 2.0), 0.5, 0.0, (Spent("a", 5.0),)))
    purse.put(Grant((3.0, 4.0), 0.5, 0.0, receipt))
    purse.discard_missed(2.4)
    assert len(purse) == 3
    assert purse.empty() == [Refund(receipt, 2)]
    assert purse.empty() == []


def test_a_full_backlog_says_when_there_is_room() -> None:
    """When the first of the retries is due."""
    backlog = Backlog(2)
    assert backlog.full_s(0.0) == 0
    backlog.add(9.0)
    assert backlog.full_s(0.0) == 0
    backlog.add(4.0)
    assert backlog.full_s(1.0) == 3.0
    assert backlog.full_s(4.0) == 0
