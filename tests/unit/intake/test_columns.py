from typing import Any

import pytest

from worker.contract.contract import Contract, from_declarations
from worker.engine.coercion import Coercion
from worker.engine.columns import Columns
from worker.errors import UsageError
from worker.settings import OperationSettings

_BODY = {
    "properties": {
        "sku": {"type": "string"},
        "qty": {"type": "integer"},
        "price": {"type": "number"},
        "gift": {"type": ["boolean", "null"]},
        "items": {"items": {"properties": {"n": {"type": "integer"}}}},
        "tags": {"type": "array"},
    }
}


@pytest.fixture(scope="module")
def contracts() -> dict[str, Contract]:
    """One API with one operation."""
    params = {"properties": {"id": {"type": "integer"}, "query.id": {"type": "string"}, "dry": {"type": "boolean"}}}
    settings = OperationSettings("op", "POST", "/x/{id}", params, _BODY)
    return {"shop": from_declarations({"op": settings}, "preflight.toml")}


def _job(contracts: dict[str, Contract], record: dict[str, str], **mapping: str) -> dict[str, Any]:
    return _typed(contracts, Columns(mapping, "op", contracts).job(record, "shop"))


def _typed(contracts: dict[str, Contract], job: dict[str, Any]) -> dict[str, Any]:
    """The job as a row of a table is taken in."""
    Coercion(contracts).mend(job, 1, tabular=True)
    return job


def test_columns_go_where_their_names_say_with_the_contracts_types(contracts: dict[str, Contract]) -> None:
    """Fields, parameters, and all else into the body."""
    record = {"key": "7", "priority": "5", "dry": "true", "query.id": "012", "path.id": "3", "sku": "012", "qty": "2"}
    record |= {"price": "1.50", "gift": "null", "tags": "[1]", "meta.row": "1", "cost.tokens": "1.5", "headers.X": "1"}
    assert _job(contracts, record) == {
        "api": "shop",
        "operation": "op",
        "key": "7",
        "priority": 5,
        "params": {"dry": True, "query.id": "012", "path.id": 3},
        "body": {"sku": "012", "qty": 2, "price": 1.5, "gift": None, "tags": [1]},
        "meta": {"row": "1"},
        "cost": {"tokens": 1.5},
        "headers": {"X": "1"},
    }


def test_what_is_no_value_of_its_type_stays_text(contracts: dict[str, Contract]) -> None:
    """Validation explains it; a cost is never no number by accident."""
    made = _job(contracts, {"qty": "two", "price": "1,5", "priority": "1_0", "cost.t": "nan"})
    assert (made["body"], made["priority"], made["cost"]) == ({"qty": "two", "price": "1,5"}, "1_0", {"t": "nan"})


def test_empty_cells_are_left_out(contracts: dict[str, Contract]) -> None:
    """Also where everything of a list is empty."""
    assert _job(contracts, {"sku": "", "items.0.n": "", "key": ""}) == {"api": "shop", "operation": "op"}


@pytest.mark.parametrize(
    ("cells", "items"),
    [
        (
            {"items.0.n": "1", "items.0.m": "a", "items.1.n": "2", "items.1.m": "b"},
            [{"n": 1, "m": "a"}, {"n": 2, "m": "b"}],
        ),
        ({"items.0.n": "", "items.0.m": "", "items.1.n": "2", "items.1.m": "b"}, [{"n": 2, "m": "b"}]),
        ({"items.0.n": "1", "items.1.n": "", "items.2.n": "3", "items.2.m": "c"}, [{"n": 1}, {"n": 3, "m": "c"}]),
        ({"items.2.n": "3", "items.0.n": "1"}, [{"n": 1}, {"n": 3}]),
        ({"items.10.n": "10", "items.9.n": "9", "items.0.n": "0"}, [{"n": 0}, {"n": 9}, {"n": 10}]),
        ({"items.2024.n": "1"}, {"2024": {"n": "1"}}),
    ],
)
def test_numbered_columns_are_a_list_from_zero(
    contracts: dict[str, Contract], cells: dict[str, str], items: Any
) -> None:
    """In the order of their numbers; empty ones close up; a year is a name, of which a list's type says nothing."""
    assert _job(contracts, cells)["body"]["items"] == items


def test_lists_may_stand_in_lists(contracts: dict[str, Contract]) -> None:
    """To any depth."""
    cells = {"m.0.0": "a", "m.0.1": "b", "m.1.0": "c"}
    assert _job(contracts, cells)["body"] == {"m": [["a", "b"], ["c"]]}


def test_a_mapping_wins_over_names(contracts: dict[str, Contract]) -> None:
    """An empty place leaves a column out."""
    made = Columns({"order": "id", "n": "body.qty", "sku": ""}, "op", contracts).job(
        {"order": "7", "n": "2", "sku": "x"}, "shop"
    )
    assert _typed(contracts, made) == {"api": "shop", "operation": "op", "id": "7", "body": {"qty": 2}}


def test_api_and_operation_may_come_from_any_column(contracts: dict[str, Contract]) -> None:
    """And then decide about the types of the others."""
    made = Columns({"where": "api", "what": "operation", "api": ""}, None, contracts)
    record = {"where": "shop", "what": "op", "api": "nonsense", "qty": "2"}
    assert _typed(contracts, made.job(record, None)) == {"api": "shop", "operation": "op", "body": {"qty": 2}}


@pytest.mark.parametrize("record", [{"body": "{}", "qty": "1"}, {"qty": "1", "body.qty": "2"}, {"a.b": "1", "a": "2"}])
def test_two_columns_for_one_place_are_refused_by_name(contracts: dict[str, Contract], record: dict[str, str]) -> None:
    """One of them would be lost without a word."""
    with pytest.raises(UsageError, match="both go to"):
        _job(contracts, record)


@pytest.mark.parametrize("place", ["nowhere", "params", "cost", "id.x", "Body.qty", ".qty", "params."])
def test_a_place_that_is_none_is_refused_before_anything_is_read(contracts: dict[str, Contract], place: str) -> None:
    """With those that there are."""
    with pytest.raises(UsageError, match="no place in a job"):
        Columns({"a": place}, "op", contracts)


def test_a_column_that_is_not_there_cannot_be_mapped(contracts: dict[str, Contract]) -> None:
    """Neither to a place nor to none; the message has what was meant."""
    for mapping in ({"qtty": "body.qty"}, {"qtty": ""}):
        with pytest.raises(UsageError, match=r"there is no column 'qtty'; did you mean 'qty'\?"):
            Columns(mapping, "op", contracts).job({"qty": "1", "sku": "x"}, "shop")


def test_a_cell_of_blanks_is_empty_only_where_text_is_trimmed(contracts: dict[str, Contract]) -> None:
    """And so are the names of an API and an operation; a number of the job itself has no type to wait for."""
    record = {"api": " shop ", "sku": "  ", "priority": " 5 ", "qty": "1"}
    assert Columns({}, "op", contracts).job(record, None)["body"] == {"sku": "  ", "qty": "1"}
    made = Columns({}, "op", contracts, trim=True).job(record, None)
    Coercion(contracts, trim=True).mend(made, 1, tabular=True)
    assert made == {"api": "shop", "operation": "op", "priority": 5, "body": {"qty": 1}}
