import jsonschema_rs
import orjson
import pytest

from worker import resources
from worker.failure import Counts, Failure, Result, Selection, failure_json, result_json
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Cause, Fault, Problem

_AT = 1_767_225_600.0
_FAULT = Fault("#/body/qty", "body", "minimum", "0 is less than 1", "send 1 or more")


@pytest.mark.parametrize("cause", list(Cause), ids=lambda cause: cause.value)
def test_a_record_is_what_its_schema_says(cause: Cause) -> None:
    """Of every cause, with and without attempts, a job, a source."""
    schema = orjson.loads(resources.path("schemas/failure.schema.json").read_bytes())
    problem = Problem(cause, "judge", "title", "detail", 422, (_FAULT,), retryable=True)
    whole = Failure(
        "1", Lane("shop", "op", "k"), problem, {"id": "1"}, _AT, State.DEAD,
        (Attempt(1, _AT, 41.23, 422, None, "no"),), Source("f", 17), {"row": 1},
    )  # fmt: skip
    least = Failure("row-1", Lane("", ""), Problem(cause, "intake", "t", "d"), None, _AT)
    for failure in (whole, least):
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(failure_json(failure))


def test_a_record_tells_everything_in_the_documented_form() -> None:
    """RFC 9457's members keep their meaning."""
    problem = Problem(Cause.INVALID, "validate", "1 value is not allowed", "d", faults=(_FAULT,))
    failure = Failure("1", Lane("shop", "op"), problem, {}, _AT, source=Source("f", 17))
    made = failure_json(failure)
    assert made["problem"]["type"] == "urn:preflight:invalid"
    assert made["problem"]["errors"] == [
        {"pointer": "#/body/qty", "in": "body", "rule": "minimum", "detail": _FAULT.detail, "hint": _FAULT.hint}
    ]
    assert (made["source"], made["failed_at"]) == ({"file": "f", "line": 17}, "2026-01-01T00:00:00.000Z")


def test_a_result_is_one_flat_line() -> None:
    """Times rounded to what anybody reads."""
    made = result_json(Result("1", Lane("shop", "op"), 201, 41.234, 2, "ok", None, _AT))
    assert (made["elapsed_ms"], made["attempts"], made["delivered_at"]) == (41.2, 2, "2026-01-01T00:00:00.000Z")


def test_counts_know_what_is_left_to_do() -> None:
    """Ready, delayed and leased."""
    states = {State.READY: 1, State.DELAYED: 2, State.LEASED: 3, State.DELIVERED: 4, State.DEAD: 5, State.PARKED: 6}
    assert Counts(states, {}).unfinished == 6
    assert Counts({}, {}).unfinished == 0


def test_an_empty_selection_selects_by_nothing() -> None:
    """So that it selects all."""
    assert Selection() == Selection(frozenset(), None, None, None, None, frozenset())
