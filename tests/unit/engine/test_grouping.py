import pytest

from worker.engine.choosing import Chosen
from worker.engine.grouping import Groups, groups
from worker.engine.kind import Kind, kind_id
from worker.failure import Failure, Selection
from worker.job import Lane, State
from worker.outcome import Cause, Fault, Problem
from worker.queues.memory.store import MemoryStore
from worker.testing import ManualClock

LANE = Lane("shop", "createOrder", "tenant-7")


def _failure(name: str, cause: Cause, *faults: Fault, title: str = "t") -> Failure:
    return Failure(name, LANE, Problem(cause, "judge", title, "d", faults=faults), None, 0.0, State.DEAD)


def _minds(pointer: str, message: str) -> Failure:
    return _failure(message, Cause.REJECTED, Fault(pointer, "body", "rejected", message))


def _kinds(*failures: Failure) -> list[tuple[int, Kind]]:
    made = Groups()
    for failure in failures:
        made.add(failure)
    return [(group.count, group.kind) for group in made.found]


def test_failures_of_one_kind_have_their_first_fault_in_common() -> None:
    """The most frequent kind first; which item of a list it was makes no difference."""
    low = [Fault(f"#/body/items/{number}/qty", "body", "minimum", f"{number} is too low") for number in range(2)]
    assert _kinds(
        _failure("late", Cause.TIMEOUT), _failure("a", Cause.INVALID, *low), _failure("b", Cause.INVALID, low[1])
    ) == [
        (2, Kind("invalid", "shop", "createOrder", "#/body/items/*/qty", "minimum", None)),
        (1, Kind("timeout", "shop", "createOrder", None, None, None)),
    ]


def test_what_the_api_rejects_is_told_apart_by_what_it_says() -> None:
    """But not by the values that it quotes: 3 is as odd as 5. The words are those of the first."""
    found = _kinds(
        _minds("#/body/qty", "3 is odd"),
        _minds("#/body/qty", "must be even"),
        _minds("#/body/qty", "5 is odd"),
        _minds("#/body/sku", "'A-1' is gone"),
        _minds("#/body/sku", "'B-2' is gone"),
        _minds("#/body/sku", "'C-3' is gone"),
    )
    assert [(count, kind.pointer, kind.message) for count, kind in found] == [
        (3, "#/body/sku", "'A-1' is gone"),
        (2, "#/body/qty", "3 is odd"),
        (1, "#/body/qty", "must be even"),
    ]


def test_an_answer_that_says_nothing_is_told_by_its_status() -> None:
    """So that it is seen at all."""
    ((_, kind),) = _kinds(_failure("1", Cause.REJECTED, title="the API answered 400 Bad Request"))
    assert (kind.pointer, kind.message) == (None, "the API answered 400 Bad Request")


def test_the_memory_does_not_grow_with_messages_that_are_data() -> None:
    """What comes beyond a thousand kinds is counted together."""
    made = Groups()
    for number in range(1010):
        made.add(_minds("#/body/" + "x" * number, "no"))
    assert (len(made.found), made.beyond) == (1000, 10)


@pytest.mark.parametrize(("cause", "count"), [(Cause.INVALID, 1), (Cause.TIMEOUT, 0)])
async def test_only_the_chosen_are_counted(cause: Cause, count: int) -> None:
    """As everywhere."""
    clock = ManualClock()
    store = MemoryStore(clock)
    await store.ledger.reject([_failure("row-1", Cause.INVALID)])
    made = await groups(store.ledger, Chosen(Selection(frozenset({cause})), clock.now()))
    assert sum(group.count for group in made.found) == count


def test_a_kind_has_one_short_id_for_all_its_failures() -> None:
    """The same on every machine, so that it can be written down; another kind has another."""
    odd = [_minds("#/body/qty", f"{number} is odd") for number in (3, 5)]
    even = _minds("#/body/qty", "must be even")

    assert {kind_id(failure) for failure in odd} == {"2a6f276c"}
    assert kind_id(even) != "2a6f276c"


async def test_a_kind_is_chosen_by_its_id() -> None:
    """As it is counted."""
    clock = ManualClock()
    store = MemoryStore(clock)
    rows = [_minds("#/body/qty", "3 is odd"), _minds("#/body/qty", "must be even"), _minds("#/body/qty", "5 is odd")]
    await store.ledger.reject(rows)
    most = (await groups(store.ledger, Chosen(Selection(), clock.now()))).found[0]

    made = await groups(store.ledger, Chosen(Selection(), clock.now(), group=most.kind.id))

    assert [(group.kind.message, group.count) for group in made.found] == [("3 is odd", 2)]
