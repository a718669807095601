"""Faults of the same kind over many rows."""

from typing import Any

from worker.cli.groups import Groups
from worker.failure import Failure
from worker.job import Lane, Source
from worker.outcome import Cause, Fault, Problem, Stage


def _row(line: int, *pointers: str, file: str = "a.jsonl", stage: Stage = "validate", **lane: str) -> Failure:
    faults = tuple(Fault(pointer, "body", "minimum", f"{line} is less", "send more") for pointer in pointers)
    problem = Problem(Cause.INVALID, stage, "t", "d", faults=faults)
    where = Lane(lane.get("api", "shop"), lane.get("operation", "createOrder"), None)
    return Failure(f"o{line}", where, problem, None, 0.0, source=Source(file, line))


def _cells(*rows: Failure, limit: int | None = None) -> list[list[str]]:
    groups = Groups()
    for row in rows:
        groups.add(row)
    return groups.cells(limit)


def test_faults_are_of_one_kind_whatever_item_they_are_in() -> None:
    """A row counts once; the first three lines and one example are kept."""
    items = ["#/body/items/0/qty", "#/body/items/17/qty"]
    (cells,) = _cells(_row(3, *items), _row(17, *items), _row(204, items[1]), _row(205, items[0]))
    assert cells == ["4", "createOrder", "#/body/items/*/qty", "minimum", "3, 17, 204", "3 is less (send more)"]


def test_a_name_with_digits_is_no_item() -> None:
    """Only a whole part of a pointer can be one."""
    assert [cells[2] for cells in _cells(_row(1, "#/body/v2/x", "#/body/2"))] == ["#/body/v2/x", "#/body/*"]


def test_the_most_frequent_kind_comes_first() -> None:
    """As many as are asked for."""
    rows = [_row(1, "#/body/a", "#/body/b"), _row(2, "#/body/b")]
    assert [cells[2] for cells in _cells(*rows)] == ["#/body/b", "#/body/a"]
    assert len(_cells(*rows, limit=1)) == 1


def test_operations_files_and_apis_are_told_apart() -> None:
    """Files and APIs are named only where there are several."""
    here, there = _cells(_row(1, "#/a"), _row(2, "#/a", file="b.jsonl", api="office"))
    assert (here[1], here[4]) == ("shop/createOrder", "a.jsonl:1")
    assert (there[1], there[4]) == ("office/createOrder", "b.jsonl:2")


def test_what_a_row_calls_its_operation_is_no_kind_of_fault() -> None:
    """A thousand rows with a thousand operations that nobody knows have made one mistake."""
    names = [f"create{number}" for number in range(1000)]
    unknown = [_row(line, "#/operation", operation=name) for line, name in enumerate(names, 1)]
    malformed = [_row(line, "#/id", operation=name, api=name, stage="intake") for line, name in enumerate(names, 1)]
    assert [cells[:3] for cells in _cells(*unknown, *malformed)] == [
        ["1,000", "", "#/operation"],
        ["1,000", "", "#/id"],
    ]


def test_kinds_without_end_are_counted_but_not_told_apart() -> None:
    """Memory does not grow with the rows, and nothing is left out in silence."""
    groups = Groups()
    assert groups.overflow is None
    for line in range(1, 2001):
        groups.add(_row(line, f"#/body/name{line}", "#/body/name1"))
    assert len(groups) == 1000
    assert groups.cells(1)[0][:3] == ["2,000", "createOrder", "#/body/name1"]
    told: Any = groups.overflow
    assert told == "1,000 faults of further kinds are not told apart: only the first 1,000 kinds are"
