from typing import Any

import pytest

from worker.contract.envelope import Envelope
from worker.outcome import Cause

_WHOLE = {
    "id": "order-17",
    "api": "shop",
    "operation": "createOrder",
    "params": {"shop": "berlin"},
    "body": None,
    "key": "tenant-7",
    "priority": 5,
    "not_before": "2026-12-01T08:00:00Z",
    "deadline": "2026-12-02T08:00:00+01:00",
    "cost": {"tokens": 1200},
    "headers": {"X-Trace": "abc"},
    "meta": {"row": 17},
}


@pytest.fixture(scope="module")
def envelope() -> Envelope:
    """Made once: it is the same for every row."""
    return Envelope()


def test_every_field_is_taken(envelope: Envelope) -> None:
    """And only the operation is needed."""
    assert envelope.faults(_WHOLE) == []
    assert envelope.faults({"operation": "o"}) == []
    assert envelope.faults({"operation": "o", "key": None, "deadline": None, "not_before": None}) == []


@pytest.mark.parametrize(
    ("field", "value", "pointer"),
    [
        ("id", "", "#/id"),
        ("id", "x" * 201, "#/id"),
        ("id", 5, "#/id"),
        ("api", "", "#/api"),
        ("operation", 1, "#/operation"),
        ("params", [], "#/params"),
        ("key", 7, "#/key"),
        ("priority", 1.5, "#/priority"),
        ("priority", 10**7, "#/priority"),
        ("not_before", "2026-12-01", "#/not_before"),
        ("not_before", "tomorrow", "#/not_before"),
        ("deadline", "2026-12-01T08:00:00", "#/deadline"),
        ("deadline", 5, "#/deadline"),
        ("cost", {"tokens": -1}, "#/cost/tokens"),
        ("cost", {"tokens": "1"}, "#/cost/tokens"),
        ("headers", {"X": 1}, "#/headers/X"),
    ],
)
def test_every_field_is_held_to_its_form(envelope: Envelope, field: str, value: Any, pointer: str) -> None:
    """What is wrong with the envelope is malformed, wherever it stands."""
    (fault,) = envelope.faults({**_WHOLE, field: value})
    assert (fault.pointer, fault.cause) == (pointer, Cause.MALFORMED)


@pytest.mark.parametrize("row", [None, [], "text", 5, True])
def test_a_row_that_is_no_object_is_malformed(envelope: Envelope, row: Any) -> None:
    """At its root."""
    (fault,) = envelope.faults(row)
    assert (fault.pointer, fault.rule, fault.cause) == ("#", "type", Cause.MALFORMED)


def test_a_missing_operation_is_missing(envelope: Envelope) -> None:
    """And nothing else."""
    (fault,) = envelope.faults({"id": "1"})
    assert (fault.pointer, fault.cause) == ("#/operation", Cause.MISSING)


def test_an_unknown_field_is_named_with_the_one_that_was_meant(envelope: Envelope) -> None:
    """A typo would otherwise be lost silently."""
    (fault,) = envelope.faults({"operation": "o", "parms": {}})
    assert (fault.pointer, fault.hint) == ("#/parms", "did you mean 'params'?")


@pytest.mark.parametrize("name", ["Authorization", "proxy-authorization", "COOKIE"])
def test_a_job_brings_no_credentials(envelope: Envelope, name: str) -> None:
    """Who we are is the config's."""
    (fault,) = envelope.faults({"operation": "o", "headers": {name: "x"}})
    assert "credential" in fault.detail


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "transfer-encoding", "HOST", "Connection", "Expect", "Proxy-Connection", "HTTP2-Settings"],
)
def test_a_job_does_not_frame_its_message(envelope: Envelope, name: str) -> None:
    """That is how requests are smuggled."""
    (fault,) = envelope.faults({"operation": "o", "headers": {name: "x"}})
    assert "transport" in fault.detail


@pytest.mark.parametrize(
    "name", ["X-HTTP-Method-Override", "x-http-method", "X-Method-Override", "X-ORIGINAL-URL", "X-Rewrite-URL"]
)
def test_a_job_does_not_become_another_request(envelope: Envelope, name: str) -> None:
    """Servers that obey these would do something else than what was checked."""
    (fault,) = envelope.faults({"operation": "o", "headers": {name: "DELETE"}})
    assert (fault.pointer, "another request" in fault.detail) == (f"#/headers/{name}", True)


@pytest.mark.parametrize("value", ["x", "", "a/b\r\nY: 1", "a/b; c", "a b/c", "a/b, c/d", "*/"])
def test_what_a_body_is_written_as_is_one_media_type(envelope: Envelope, value: str) -> None:
    """It chooses among those that the contract takes, and is sent as it stands."""
    assert not envelope.faults({"operation": "o", "headers": {"Content-Type": "text/csv; charset=utf-8"}})
    (fault,) = envelope.faults({"operation": "o", "headers": {"content-type": value}})
    assert "media type" in fault.detail


@pytest.mark.parametrize(
    ("name", "value"), [("X Y", "a"), ("", "a"), ("X\n", "a"), ("X", "a\r\nY: b"), ("X", "ä"), ("X", " a")]
)
def test_a_header_stays_one_header(envelope: Envelope, name: str, value: str) -> None:
    """Names are tokens, values a line of ASCII."""
    (fault,) = envelope.faults({"operation": "o", "headers": {name: value}})
    assert (fault.place, fault.cause) == ("header", Cause.MALFORMED)


def test_several_faults_are_told_together(envelope: Envelope) -> None:
    """Dates and headers are looked at in one go."""
    found = envelope.faults(
        {"operation": "o", "deadline": "x", "not_before": "y", "headers": {"Host": "x", "Cookie": "y"}}
    )
    assert [one.pointer for one in found] == ["#/not_before", "#/deadline", "#/headers/Host", "#/headers/Cookie"]
