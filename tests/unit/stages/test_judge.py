from typing import Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.contract.operation import Operation
from worker.job import Job, Lane, Lease, Standstill
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
from worker.settings.predicate import parse
from worker.settings.profile import Profile
from worker.stages import judge
from worker.stages.back_off import back_off_s
from worker.stages.judge import Case, Policy

_NOW: Final = 1_767_225_600.0
Unknown = Literal["auto", "retry", "park"]


def _case(
    *, idempotent: bool = False, attempts: int = 0, deadline: float | None = None, chance: float = 0.5, **policy: Any
) -> Case:
    job = Job("1", "shop", "order", deadline=deadline)
    lease = Lease(1, 1, Lane("shop", "order"), {}, attempts)
    request = Request("POST", "https://h/", {}, None, idempotent)
    operation = Operation("order", "POST", "/", success=frozenset({200, 202}), answers=frozenset({"application/json"}))
    return Case(job, lease, operation, request, Policy(RetrySettings(**policy)), _NOW, chance)


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
        (_answer(429, retry_after="7"), Standstill.CLOSED, 7.0),
        (_answer(429), Standstill.CLOSED, None),
        (_answer(503, retry_after="2"), Standstill.CLOSED, 2.0),
        (_answer(503, retry_after_ms="500"), Standstill.CLOSED, 0.5),
        (_answer(401), Standstill.UNAUTHORISED, 60.0),
    ],
)
def test_an_api_that_wants_to_be_left_alone_is_closed_and_no_job_pays(
    answer: Answer, kind: Standstill, wait_s: float | None
) -> None:
    """For as long as it says; even where the policy names its status."""
    assert isinstance(judge.replied(_case(attempts=5, statuses=(401, 429, 503)), answer).outcome, Released)
    judged = judge.replied(_case(attempts=5), answer)
    assert isinstance(judged.outcome, Released)
    assert judged.closure is not None
    assert (judged.closure.kind, judged.closure.wait_s) == (kind, wait_s)


def test_a_time_that_cannot_be_meant_is_said_where_a_person_looks() -> None:
    """In the reason of the standstill, which `preflight status` shows; the lane stands still for an hour at most."""
    judgement = judge.replied(_case(), _answer(429, retry_after="99999999"))
    assert judgement.closure is not None
    assert judgement.closure.wait_s == 3600
    assert judgement.closure.reason == ("429 Too Many Requests (asks to be left alone for 1157d9h46m39s, taken for 1h)")


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
    assert 0 <= back_off_s(policy, attempt, chance) <= most


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


_VENDOR: Final = Profile(
    "vendor",
    throttled=parse('status == 403 and header:x-left == 0 or body:/error == "slow down"'),
    unauthorised=parse('status == 403 and body:/error == "token revoked"'),
)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (_answer(403, b"{}", x_left="0"), Standstill.CLOSED),
        (_answer(200, b'{"error": "slow down"}'), Standstill.CLOSED),
        (_answer(400, b'{"error": "slow down"}'), Standstill.CLOSED),
        (_answer(403, b'{"error": "token revoked"}'), Standstill.UNAUTHORISED),
    ],
)
def test_what_only_the_vendor_calls_so_is_no_fault_of_the_job(answer: Answer, kind: Standstill) -> None:
    """Throttles with a status of their own, in a 200 too; and a 403 that is about the credential."""
    case = _case(attempts=5)._replace(policy=Policy(profile=_VENDOR, success_when=parse("body:/ok == true")))
    judged = judge.replied(case, answer)
    assert isinstance(judged.outcome, Released)
    assert judged.closure is not None
    assert judged.closure.kind is kind
    assert judged.closure.reason.endswith(("too many requests", "does not accept the credential"))
    assert not isinstance(judge.replied(_case(), answer).outcome, Released)


def test_a_plain_403_is_about_the_job() -> None:
    """Also of a vendor whose other 403s are about something else."""
    judged = judge.replied(_case()._replace(policy=Policy(profile=_VENDOR)), _answer(403, b"{}", x_left="1"))
    assert isinstance(judged.outcome, Parked)
    assert judged.closure is None


def test_a_refused_credential_stops_what_has_it() -> None:
    """The API; or, where keys have credentials of their own, the lanes of one key."""
    for by in ("api", "key"):
        judged = judge.replied(_case()._replace(policy=Policy(credential_by=by)), _answer(401))
        assert judged.closure is not None
        assert judged.closure.level == by


def test_an_error_inside_of_a_success_is_a_rejection() -> None:
    """It is not sent again, and what the API said is shown, without secrets."""
    case = _case(idempotent=True)._replace(policy=Policy(success_when=parse("body:/ok == true")))
    assert judge.replied(case, _answer(200, b'{"ok": true}')).outcome == Delivered()
    outcome = judge.replied(case, _answer(200, b'{"ok": false, "why": "no such sku", "token": "hunter2"}')).outcome
    assert isinstance(outcome, Dead)
    assert outcome.problem.cause is Cause.REJECTED
    assert not outcome.problem.retryable
    assert outcome.problem.status == 200
    assert outcome.problem.detail.startswith('200 OK, but not body:/ok == true: {"ok":false,"why":"no such sku"')
    assert "hunter2" not in outcome.problem.detail
    assert isinstance(judge.replied(case, _answer(200)).outcome, Dead)


def test_an_answer_that_was_cut_off_is_not_called_a_rejection() -> None:
    """What it says may stand in the part that was not read; what it does not need to say is enough."""
    case = _case()._replace(policy=Policy(success_when=parse("body:/ok == true")))
    cut = _answer(200, b'{"items": [')._replace(truncated=True)
    assert _problem(judge.replied(case, cut).outcome).cause is Cause.UNKNOWN
    assert "raise reply_bytes" in _problem(judge.replied(case, cut).outcome).detail
    by_status = case._replace(policy=Policy(success_when=parse("status == 200")))
    assert judge.replied(by_status, cut).outcome == Delivered()


@pytest.mark.parametrize(
    ("status", "idempotent", "kind"),
    [
        (500, False, Dead),
        (418, False, Retry),
        (403, False, Retry),
        (409, False, Retry),
        (502, True, Dead),
        (502, False, Parked),
        (504, True, Retry),
    ],
)
def test_a_policy_that_names_statuses_tries_those_again_and_no_others(
    status: int, idempotent: Any, kind: type[Outcome]
) -> None:
    """What may have been carried out, and must not be sent twice, is parked all the same."""
    case = _case(idempotent=idempotent, statuses=(418, 403, 409, 504))
    assert type(judge.replied(case, _answer(status)).outcome) is kind


@pytest.mark.parametrize(
    ("error", "sent", "idempotent", "kind"),
    [
        ("timeout", True, True, Dead),
        ("timeout", True, False, Parked),
        ("timeout", False, False, Dead),
        ("lost", True, True, Retry),
        ("unreachable", False, False, Released),
    ],
)
def test_a_policy_that_names_errors_tries_those_again_and_no_others(
    error: Literal["timeout", "lost", "unreachable"], sent: Any, idempotent: Any, kind: type[Outcome]
) -> None:
    """An API that cannot be reached is never the job's fault."""
    judged = judge.replied(_case(idempotent=idempotent, errors=("lost",)), Broken(error, sent, "gone", 1.0))
    assert type(judged.outcome) is kind


def test_a_schedule_is_kept_to_the_letter() -> None:
    """Whatever chance says; its last delay repeats until there are no attempts left."""
    for attempts, expected in enumerate([5, 60, 600, 600]):
        outcome = judge.replied(_case(attempts=attempts, schedule_s=(5, 60, 600)), _answer(500)).outcome
        assert isinstance(outcome, Retry)
        assert outcome.delay_s == expected
    assert isinstance(judge.replied(_case(attempts=5, schedule_s=(5,)), _answer(500)).outcome, Dead)


@pytest.mark.parametrize(
    ("first_s", "kind"), [(None, Retry), (0.0, Retry), (49.0, Retry), (51.0, Dead), (1000.0, Dead)]
)
def test_no_try_begins_when_a_job_is_too_old(first_s: float | None, kind: type[Outcome]) -> None:
    """Counted from its first try; the next would be in 10 s, and a minute is the most."""
    case = _case(max_age_s=60, schedule_s=(10,))
    lease = case.lease._replace(first_at=None if first_s is None else _NOW - first_s, attempts=1)
    outcome = judge.replied(case._replace(lease=lease), _answer(500)).outcome
    assert type(outcome) is kind
    assert not isinstance(outcome, Dead) or outcome.problem.detail.endswith("would be 1m or more after the first")


def test_an_api_that_fails_and_says_when_to_come_back_is_heeded() -> None:
    """Its word is the least that is waited, whatever the back-off says."""
    outcome = judge.replied(_case(chance=0.0), _answer(500, retry_after="9")).outcome
    assert isinstance(outcome, Retry)
    assert outcome.delay_s == 9


def test_what_an_answer_says_of_limits_is_passed_on() -> None:
    """Of a success as of a throttle; most say nothing."""
    assert judge.replied(_case(), _answer(200)).word is None
    told = judge.replied(_case(), _answer(200, x_ratelimit_remaining="3", x_ratelimit_reset="5")).word
    assert told is not None
    assert [count.remaining for count in told.counts] == [3]
    assert judge.replied(_case(), _answer(429, retry_after="1")).word is not None


def test_what_fails_while_its_lane_is_tried_out_costs_nothing() -> None:
    """Not even the last attempt; others go first for a while. Its deadline holds, and so does what was said of it."""
    tried = _case(idempotent=True, attempts=5)._replace(aside_s=30.0)
    for reply in (_answer(500), Broken("timeout", sent=True, detail="no answer", elapsed_ms=1.0)):
        outcome = judge.replied(tried, reply).outcome
        assert isinstance(outcome, Released)
        assert outcome.aside_s == 30.0
    assert judge.replied(tried, _answer(200)).outcome == Delivered()
    assert isinstance(judge.replied(tried, _answer(422)).outcome, Dead)
    late = _case(idempotent=True, deadline=_NOW + 29)._replace(aside_s=30.0)
    assert _problem(judge.replied(late, _answer(500)).outcome).cause is Cause.EXPIRED
    once = _case(on_unknown="park")._replace(aside_s=30.0)
    assert isinstance(judge.replied(once, _answer(504)).outcome, Parked)
