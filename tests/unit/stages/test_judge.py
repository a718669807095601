from typing import Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.operation import Operation
from worker.job import Job, Lane, Lease
from worker.outcome import (
    Answer,
    Broken,
    Cause,
    Dead,
    Delivered,
    Fault,
    Outcome,
    Parked,
    Problem,
    Refuse,
    Released,
    Request,
    Retry,
)
from worker.settings import RetrySettings
from worker.stages import judge
from worker.stages.judge import Case

_NOW: Final = 1_767_225_600.0
Unknown = Literal["auto", "retry", "park"]


def _case(
    *, idempotent: bool = False, attempts: int = 0, deadline: float | None = None, chance: float = 0.5, **policy: Any
) -> Case:
    job = Job("1", "shop", "order", deadline=deadline)
    lease = Lease(1, 1, Lane("shop", "order"), {}, attempts)
    request = Request("POST", "https://h/", {}, None, idempotent)
    operation = Operation("order", "POST", "/", success=frozenset({200, 202}), answers=frozenset({"application/json"}))
    return Case(job, lease, operation, request, RetrySettings(**policy), _NOW, chance)


def _answer(status: int, body: bytes = b"", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, 1.0)


def _problem(outcome: Outcome) -> Problem:
    assert isinstance(outcome, Dead | Parked | Retry)
    return outcome.problem


@pytest.mark.parametrize(
    ("status", "idempotent", "on_unknown", "kind", "cause"),
    [
        (200, False, "auto", Delivered, None),
        (202, False, "auto", Delivered, None),
        (204, False, "auto", Parked, Cause.UNKNOWN),
        (301, False, "auto", Dead, Cause.REJECTED),
        (400, True, "retry", Dead, Cause.REJECTED),
        (401, False, "auto", Released, None),
        (403, True, "auto", Parked, Cause.UNAUTHORISED),
        (404, True, "auto", Dead, Cause.REJECTED),
        (408, False, "park", Retry, Cause.TIMEOUT),
        (409, False, "auto", Dead, Cause.REJECTED),
        (409, True, "auto", Retry, Cause.REJECTED),
        (422, True, "retry", Dead, Cause.REJECTED),
        (425, False, "auto", Retry, Cause.REJECTED),
        (429, False, "auto", Released, None),
        (500, False, "park", Retry, Cause.UNAVAILABLE),
        (501, True, "auto", Dead, Cause.UNAVAILABLE),
        (502, False, "auto", Parked, Cause.UNKNOWN),
        (502, True, "auto", Retry, Cause.UNAVAILABLE),
        (502, True, "park", Parked, Cause.UNKNOWN),
        (502, False, "retry", Retry, Cause.UNAVAILABLE),
        (503, False, "auto", Retry, Cause.UNAVAILABLE),
        (504, False, "auto", Parked, Cause.UNKNOWN),
        (599, False, "auto", Dead, Cause.UNAVAILABLE),
    ],
)
def test_what_follows_an_answer(
    status: int, idempotent: Any, on_unknown: Unknown, kind: type[Outcome], cause: Cause | None
) -> None:
    """By status, whether it may be sent twice, and what the config says of lost answers."""
    outcome = judge.replied(_case(idempotent=idempotent, on_unknown=on_unknown), _answer(status)).outcome
    assert type(outcome) is kind
    assert cause is None or _problem(outcome).cause is cause


@pytest.mark.parametrize(
    ("kind", "sent", "idempotent", "on_unknown", "expected"),
    [
        ("unreachable", False, False, "auto", Released),
        ("timeout", True, False, "auto", Parked),
        ("timeout", True, True, "auto", Retry),
        ("timeout", True, True, "park", Parked),
        ("timeout", False, False, "park", Retry),
        ("lost", True, False, "retry", Retry),
        ("lost", True, False, "park", Parked),
        ("lost", False, False, "auto", Retry),
    ],
)
def test_what_follows_no_answer(
    kind: Literal["unreachable", "timeout", "lost"], sent: Any, idempotent: Any, on_unknown: Unknown, expected: type
) -> None:
    """What may have been carried out is sent again only where that does no harm."""
    judged = judge.replied(_case(idempotent=idempotent, on_unknown=on_unknown), Broken(kind, sent, "gone", 1.0))
    assert type(judged.outcome) is expected
    assert (judged.closure is not None) == (kind == "unreachable")


@pytest.mark.parametrize(
    ("idempotent", "on_unknown"), [(True, "auto"), (False, "auto"), (True, "park"), (False, "retry")]
)
def test_a_stop_in_the_middle_follows_the_same_rule(idempotent: Any, on_unknown: Unknown) -> None:
    """Released costs nothing; what may have been carried out is parked."""
    case = _case(idempotent=idempotent, on_unknown=on_unknown)
    lost = judge.replied(case, Broken("lost", sent=True, detail="", elapsed_ms=1)).outcome
    assert isinstance(judge.interrupted(case), Released) == isinstance(lost, Retry)
    assert isinstance(judge.orphaned(1), Parked)


@pytest.mark.parametrize(
    ("answer", "kind", "wait_s"),
    [
        (_answer(429, retry_after="7"), "throttled", 7.0),
        (_answer(429), "throttled", None),
        (_answer(503, retry_after="2"), "throttled", 2.0),
        (_answer(401), "unauthorised", 60.0),
    ],
)
def test_an_api_that_wants_to_be_left_alone_is_closed_and_no_job_pays(
    answer: Answer, kind: str, wait_s: float | None
) -> None:
    """For as long as it says."""
    judged = judge.replied(_case(attempts=5), answer)
    assert isinstance(judged.outcome, Released)
    assert judged.closure is not None
    assert (judged.closure.kind, judged.closure.wait_s) == (kind, wait_s)


def test_a_web_page_is_not_the_answer_of_an_api() -> None:
    """A proxy's, most likely; unless the contract promises one."""
    page = _answer(200, b"<html>", content_type="text/html; charset=utf-8")
    case = _case()
    assert isinstance(judge.replied(case, page).outcome, Parked)
    assert judge.replied(case, _answer(200, b"", content_type="text/html")).outcome == Delivered()
    promised = case._replace(operation=Operation("o", "GET", "/", answers=frozenset({"text/html"})))
    assert judge.replied(promised, page).outcome == Delivered()


def test_what_the_api_said_is_told_without_secrets() -> None:
    """And where it redirects to, whatever stands there."""
    said = _problem(judge.replied(_case(), _answer(400, b'{"error": "no", "token": "hunter2"}')).outcome)
    assert "no" in said.detail
    assert "hunter2" not in said.detail
    assert said.status == 400
    for location in ("https://me:hunter2@h/?token=hunter2", "http://[hunter"):
        moved = _problem(judge.replied(_case(), _answer(307, location=location)).outcome)
        assert "redirect" in moved.detail
        assert "hunter" not in moved.detail


@given(st.integers(1, 2000), st.floats(0, 1, exclude_max=True), st.floats(0.001, 3600), st.floats(0.001, 86_400))
def test_back_off_stays_in_its_bounds(attempt: int, chance: float, base_s: float, cap_s: float) -> None:
    """Anywhere between nothing and the doubled base, capped."""
    policy = RetrySettings(base_s=base_s, cap_s=cap_s)
    most = min(cap_s, base_s * 2 ** (attempt - 1)) if attempt < 60 else cap_s
    assert 0 <= judge.back_off_s(policy, attempt, chance) <= most


@given(
    st.integers(0, 12),
    st.integers(1, 10),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.floats(-10, 100),
    st.sampled_from([500, 502, 503, 408, 409]),
)
def test_no_job_is_sent_too_often_or_too_late(
    attempts: int, most: int, chance: float, left_s: float | None, status: int
) -> None:
    """A retry has an attempt left, and is due before the deadline."""
    deadline = None if left_s is None else _NOW + left_s
    case = _case(idempotent=True, attempts=attempts, deadline=deadline, chance=chance, max_attempts=most)
    outcome = judge.replied(case, _answer(status)).outcome
    if isinstance(outcome, Retry):
        assert attempts + 1 < most
        assert deadline is None or _NOW + outcome.delay_s < deadline
    else:
        assert isinstance(outcome, Dead)
        assert attempts + 1 >= most or outcome.problem.cause is Cause.EXPIRED


def test_a_refusal_kills_unless_only_the_credential_is_wrong() -> None:
    """A person renews that, and the job is as good as before."""
    for cause, kind in ((Cause.INVALID, Dead), (Cause.UNAUTHORISED, Parked)):
        assert type(judge.refused(Refuse(Problem(cause, "validate", "t", "d")))) is kind
    assert _problem(judge.expired()).cause is Cause.EXPIRED


def test_what_the_api_minds_is_told_by_place() -> None:
    """Of a 400 and a 422; other answers are about something else than the request's form."""
    body = b'{"detail": [{"loc": ["query", "limit"], "msg": "too many", "type": "lt"}]}'
    for status, expected in {400: 1, 422: 1, 404: 0, 409: 0, 403: 0}.items():
        problem = _problem(judge.replied(_case(), _answer(status, body)).outcome)
        assert len(problem.faults) == expected
    problem = _problem(judge.replied(_case(), _answer(422, body)).outcome)
    assert problem.faults == (Fault("#/params/limit", "query", "lt", "too many"),)
    assert judge.drifted(1, 10, problem).endswith("were rejected (#/params/limit: too many)")
    silent = _problem(judge.replied(_case(), _answer(422)).outcome)
    assert judge.drifted(1, 10, silent).endswith("were rejected (the API answered 422 Unprocessable Entity)")
