from typing import Any

import pytest

from worker.contract.contract import Contract, from_declarations
from worker.engine.coercion import Changed, Coercion
from worker.errors import UsageError
from worker.settings import OperationSettings


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """One API with one operation, whose body has a few hundred numbers."""
    names = ["qty", "list", *(f"n{number}" for number in range(250))]
    body: dict[str, Any] = {"properties": {name: {"type": "integer"} for name in names}}
    body["properties"]["list"] = {"items": {"type": "integer"}}
    return {"shop": from_declarations({"op": OperationSettings("op", "POST", "/x", body=body)}, "a test")}


def row(**body: Any) -> dict[str, Any]:
    """A job with this body."""
    return {"api": "shop", "operation": "op", "body": body}


def test_what_was_changed_alike_is_counted_together(contracts: dict[str, Contract]) -> None:
    """With the first three lines, each once; the most first."""
    made = Coercion(contracts, objects=True)
    assert not made.mend(row(qty=1), 1, tabular=False)
    for line in range(2, 7):
        assert made.mend(row(qty="1", list=["1", "2"]), line, tabular=False)
    assert made.changed == [
        Changed("op", "#/body/list/*", "integer", 10, [2, 3, 4]),
        Changed("op", "#/body/qty", "integer", 5, [2, 3, 4]),
    ]


def test_places_without_number_do_not_fill_the_memory(contracts: dict[str, Contract]) -> None:
    """Beyond the first two hundred they are counted as one."""
    made = Coercion(contracts, objects=True)
    for number in range(250):
        made.mend(row(**{f"n{number}": "1"}), number, tabular=False)
    assert len(made.changed) == 201
    assert made.changed[0] == Changed("op", "#", "integer", 50, [200, 201, 202])


def test_names_that_only_jobs_know_are_not_kept(contracts: dict[str, Contract]) -> None:
    """Neither those of operations nor those of members."""
    made = Coercion(contracts, objects=True, trim=True)
    made.mend({"api": "shop", "operation": "gone", "body": {"x": " "}}, 1, tabular=False)
    made.mend({"api": " shop ", "operation": "op ", "body": {"y": " ", "qty": "1 "}}, 2, tabular=False)
    assert {(one.operation, one.pointer, one.to) for one in made.changed} == {
        ("", "#/*/*", "trimmed text"),
        ("op", "#/*", "trimmed text"),
        ("op", "#/body/*", "trimmed text"),
        ("op", "#/body/qty", "integer"),
    }


@pytest.mark.parametrize("headers", [None, 5, {"Content-Type": 5}, {"x": "y"}])
@pytest.mark.parametrize("operation", [None, 5, "op", []])
def test_a_row_of_any_shape_is_left_to_the_envelope(
    contracts: dict[str, Contract], headers: Any, operation: Any
) -> None:
    """It says what is wrong."""
    apis: list[Any] = ["shop", "gone", None, 5, []]
    for api in apis:
        job = {"api": api, "operation": operation, "headers": headers, "params": "x", "body": ["1"]}
        for tabular in (True, False):
            assert not Coercion(contracts, objects=True).mend(job, 1, tabular=tabular)


def test_rows_of_json_are_not_trimmed_by_themselves(contracts: dict[str, Contract]) -> None:
    """They have types of their own, so that changing them has to be asked for."""
    with pytest.raises(UsageError, match="--coerce"):
        Coercion(contracts, trim=True).mend(row(), 1, tabular=False)
