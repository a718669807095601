from collections.abc import Mapping
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.contract import Contract, from_declarations
from worker.engine.admission import Admission, Modes
from worker.engine.coercion import Coercion
from worker.engine.columns import Columns
from worker.failure import Failure
from worker.intake.row import Row
from worker.job import Entry, Lane
from worker.outcome import Cause, Fault
from worker.settings import OperationSettings
from worker.testing import ManualClock


def _admission(*, checked: bool = False, named: bool = False, default_api: str | None = "shop") -> Admission:
    settings = OperationSettings("op", "POST", "/x", None, {"type": "object", "required": ["a"]})
    contracts: Mapping[str, Contract] = {"shop": from_declarations({"op": settings}, "preflight.toml")}
    columns = Columns({}, None, contracts)
    modes: Modes | None = (lambda *_: "enforce") if checked else None
    return Admission(contracts, default_api, columns, Coercion(contracts), ManualClock(), modes=modes, named=named)


_ADMISSION = _admission()


def _row(value: Any, line: int = 1) -> Row:
    raw = value if isinstance(value, bytes) else orjson.dumps(value)
    return Row(line, raw, orjson.loads(raw))


def _entry(value: Any, admission: Admission = _ADMISSION) -> Entry:
    made = admission.entry(_row(value), "f.jsonl", tabular=False)
    assert isinstance(made, Entry)
    return made


def _failure(value: Any, admission: Admission = _ADMISSION) -> Failure:
    made = admission.entry(_row(value, 17), "f.jsonl", tabular=False)
    assert isinstance(made, Failure)
    return made


def test_a_good_row_becomes_an_entry() -> None:
    """With the columns that the queue orders by, and its text untouched where nothing was missing."""
    text = b' {"id": "7","api":"shop",  "operation":"op","key":"k","priority":5,"not_before":"1970-01-01T00:00:01Z"} '
    assert _entry(text) == Entry("7", Lane("shop", "op", "k"), text.decode().strip(), 5, 1.0, 1)


@given(
    st.dictionaries(st.sampled_from(["b", "c", "d"]), st.integers().filter(lambda n: abs(n) < 2**53) | st.text("xy")),
    st.randoms(),
)
def test_an_id_is_that_of_the_content(body: dict[str, Any], chance: Any) -> None:
    """Whatever the order of its members; other content has another."""
    members = [("api", "shop"), ("operation", "op"), ("body", body), ("meta", {"row": 1})]
    shuffled = list(body.items())
    chance.shuffle(shuffled)
    other = [("meta", {"row": 1}), ("body", dict(shuffled)), ("operation", "op")]
    first, second = _entry(dict(members)), _entry(dict(other))
    assert first.id == second.id
    assert _entry({**dict(members), "body": {**body, "e": 1}}).id != first.id
    assert orjson.loads(first.payload)["id"] == first.id


@pytest.mark.parametrize(
    ("value", "cause", "pointer"),
    [
        (5, Cause.MALFORMED, "#"),
        ({}, Cause.MISSING, "#/operation"),
        ({"operation": "op", "api": "shup"}, Cause.INVALID, "#/api"),
        ({"operation": "op", "bdy": 1}, Cause.MALFORMED, "#/bdy"),
        ({"operation": "op", "headers": {"Host": "x"}}, Cause.MALFORMED, "#/headers/Host"),
        (b'{"operation": "op", "body": ' + b"[" * 250 + b"]" * 250 + b"}", Cause.MALFORMED, "#"),
        (b'{"operation": "op", "meta": ' + b"[" * 900 + b"]" * 900 + b"}", Cause.MALFORMED, "#"),
        (b"[" * 900 + b"]" * 900, Cause.MALFORMED, "#"),
    ],
)
def test_a_bad_row_becomes_a_failure_with_its_place(value: Any, cause: Cause, pointer: str) -> None:
    """It stops nothing: the next one is looked at."""
    failure = _failure(value)
    assert (failure.problem.cause, failure.problem.faults[0].pointer) == (cause, pointer)
    assert failure.source == ("f.jsonl", 17)
    assert failure.id.startswith("row-")


def test_many_brackets_beside_each_other_are_not_deep() -> None:
    """Nor are those inside of text."""
    assert _entry({"operation": "op", "body": {"a": [[]] * 1000, "b": "[" * 5000}})
    assert _failure("[" * 5000).problem.cause is Cause.MALFORMED


def test_a_row_without_an_api_is_told_which_there_are() -> None:
    """Where the command line does not say."""
    failure = _failure({"operation": "op"}, _admission(default_api=None))
    assert (failure.problem.cause, failure.problem.faults[0].hint) == (Cause.MISSING, "say which: shop; or give --api")


def test_content_is_held_against_the_contract_where_that_is_asked_for() -> None:
    """Otherwise a worker does it, when the job's turn comes."""
    row = {"id": "7", "operation": "op", "body": {}}
    assert _entry(row).id == "7"
    failure = _failure(row, _admission(checked=True, named=True))
    assert (failure.id, failure.problem.faults[0].pointer) == ("7", "#/body/a")


def test_a_failure_shows_no_secrets_and_keeps_its_meta() -> None:
    """It is written down."""
    failure = _failure({"operation": "op", "bdy": {"password": "hunter2"}, "meta": {"row": 1}})
    assert failure.job is not None
    assert "hunter2" not in str(failure.job)
    assert failure.meta == {"row": 1}


def test_a_row_that_could_not_be_read_keeps_its_fault() -> None:
    """And has one name, however often it is submitted."""
    fault = Fault("#", "job", "json", "broken JSON", cause=Cause.MALFORMED)
    rows = [Row(3, b"{", None, fault), Row(3, b"{", None, fault), Row(4, b"{", None, fault)]
    made = [_ADMISSION.entry(row, "f.jsonl", tabular=False) for row in rows]
    assert [isinstance(one, Failure) and one.problem.faults for one in made] == [(fault,)] * 3
    assert made[0].id == made[1].id != made[2].id


def test_a_record_of_columns_is_written_as_a_job() -> None:
    """With its types and an id."""
    made = _ADMISSION.entry(Row(2, b"op,1", {"operation": "op", "priority": "1"}), "f.csv", tabular=True)
    assert isinstance(made, Entry)
    assert orjson.loads(made.payload) == {"api": "shop", "operation": "op", "priority": 1, "id": made.id}


def test_an_id_that_is_taken_is_told_with_what_to_do() -> None:
    """By a job with other content."""
    failure = _ADMISSION.conflict(_entry({"id": "7", "operation": "op"}), "f.jsonl")
    assert (failure.problem.faults[0].rule, failure.source) == ("unique", ("f.jsonl", 1))
    assert failure.id != "7"
