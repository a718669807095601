"""The fifth stage, pure: what becomes of a job, given what came back."""

import http
from dataclasses import replace
from typing import Final, NamedTuple, assert_never

from worker.auth.credential import Credential
from worker.auth.keeper import REFUSED_S
from worker.contract.operation import Operation
from worker.job import Job, Lease, Standstill
from worker.limits import word
from worker.limits.gate import Closure, Level
from worker.limits.throttle import credential_refused, throttled
from worker.limits.word import Word
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
    Reply,
    Request,
    Retry,
)
from worker.redaction import redact_body, redact_url
from worker.settings import Predicate, RetrySettings, Said
from worker.settings.durations import format_duration
from worker.settings.profile import Profile
from worker.stages import rejection
from worker.stages.back_off import back_off_s

#: Answers after which the same request may work: the server's trouble, not the request's.
_PASSING: Final = frozenset({408, 425, 500, 502, 503, 504})
#: A gateway gave up waiting: the API itself may have done it.
_AMBIGUOUS: Final = frozenset({502, 504})
#: These say themselves what they mean.
_THROTTLES: Final = frozenset({429, 503})
#: The request itself is not as the API wants it.
REJECTIONS: Final = frozenset({400, 422})
_ANY_SUCCESS: Final = range(200, 300)
_UNAVAILABLE: Final = http.HTTPStatus.SERVICE_UNAVAILABLE.value
_SHOWN_BYTES: Final = 300


class Policy(NamedTuple):
    """How the answers of one operation are judged: made once, for all of its jobs.

    Attributes:
        success_when: what an answer has to be, besides its status, for its job to be delivered.
        profile: the vendor's habits.
        credential_by: what stands still when the credential is refused: the API, or what has the same key.
        quotes: what the API said may stand in problems, which are kept.
    """

    retry: RetrySettings = RetrySettings()
    success_when: Predicate | None = None
    profile: Profile | None = None
    credential_by: Level = "api"
    quotes: bool = True


class Case(NamedTuple):
    """All that is known when a reply is judged.

    Attributes:
        now: epoch seconds.
        chance: a number in [0, 1), for jitter.
        warned: why the job would not have been sent, were its contract enforced.
        enforced: the contract was, and allows the job.
        aside_s: its lane is only tried out: what may pass costs it nothing, but others go first for so many seconds.
        used: the credential that was put on the request when it left; None where it was there before.
    """

    job: Job
    lease: Lease
    operation: Operation
    request: Request
    policy: Policy
    now: float
    chance: float
    warned: tuple[Fault, ...] = ()
    enforced: bool = True
    aside_s: float | None = None
    used: Credential | None = None

    def answered(self, now: float, aside_s: float | None) -> "Case":
        """The same when its answer has come, at a third of what ``_replace`` costs: this is done for every request."""
        job, lease, operation, request, policy, _, chance, warned, enforced, _, used = self
        return Case(job, lease, operation, request, policy, now, chance, warned, enforced, aside_s, used)


class Judgement(NamedTuple):
    """What becomes of the job, whether lanes are to be left alone for a while, and what the answer says of limits."""

    outcome: Outcome
    closure: Closure | None = None
    word: Word | None = None


def refused(refusal: Refuse) -> Outcome:
    """A job that was not sent: parked where only the credential is wrong, else dead."""
    return Parked(refusal.problem) if refusal.problem.cause is Cause.UNAUTHORISED else Dead(refusal.problem)


def expired() -> Outcome:
    """A job whose deadline passed before it could be sent."""
    detail = "its deadline passed before it could be sent; replay it with a later one"
    return Dead(Problem(Cause.EXPIRED, "judge", "the deadline has passed", detail))


def orphaned(expiries: int) -> Outcome:
    """A job that may have been sent by a worker that died, and that must not be sent twice."""
    return _perhaps_sent(f"a worker died with it {expiries} time(s)")


def interrupted(case: Case) -> Outcome:
    """A job whose request was under way when the worker had to stop."""
    if may_repeat(case):
        return Released("shutdown")
    return _perhaps_sent("the worker was stopped while its request was under way")


def _perhaps_sent(event: str) -> Outcome:
    detail = f"{event}, and it may have been sent; look it up at the API, then `preflight failures resolve` it"
    return Parked(Problem(Cause.UNKNOWN, "dispatch", "it may have been sent already", detail, retryable=True))


def drifted(count: int, window: int, last: Problem) -> str:
    """Why an operation is paused: how much was rejected, and what the API said of the last."""
    said = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in last.faults[:1]) or last.title
    return f"{count:,} of the last {window:,} requests that the contract allows were rejected ({said})"


def replied(case: Case, reply: Reply) -> Judgement:
    """What becomes of a job that was sent."""
    match reply:
        case Answer():
            return _answered(case, reply)
        case Broken():
            return _broken(case, reply)
    assert_never(reply)


def _answered(case: Case, answer: Answer) -> Judgement:
    policy, status, said = case.policy, answer.status, Said(answer.status, answer.headers, answer.body)
    answer = answer if policy.quotes else answer._replace(body=b"")
    told = word.read(said, policy.profile, case.now)
    wait_s = told.wait_s if told else None
    if throttled(said, policy.profile) or (status == _UNAVAILABLE and wait_s is not None):
        reason = _named(status) if status in _THROTTLES else f"{_named(status)}: too many requests"
        reason += f" ({told.note})" if told and told.note else ""
        return Judgement(Released(reason), Closure(reason, Standstill.CLOSED, wait_s), told)
    if credential_refused(said, policy.profile):
        reason = f"{_named(status)}: the API does not accept the credential"
        closure = Closure(reason, Standstill.UNAUTHORISED, REFUSED_S, policy.credential_by)
        return Judgement(Released(reason), closure, told)
    if case.operation.succeeded(status) or status in _ANY_SUCCESS:
        return Judgement(_accepted(case, answer, said), word=told)
    return Judgement(_failed(case, answer, wait_s or 0.0), word=told)


def _failed(case: Case, answer: Answer, wait_s: float) -> Outcome:
    status = answer.status
    problem = _problem(_cause(status), answer)
    if status in _AMBIGUOUS and not may_repeat(case):
        return _lost(problem)
    if _passes(case, status):
        return again(case, problem, wait_s)
    if status == http.HTTPStatus.FORBIDDEN:
        return Parked(problem)
    said = rejection.faults(answer.body, case.job, case.operation) if status in REJECTIONS else ()
    return Dead(replace(problem, faults=said))


def _passes(case: Case, status: int) -> bool:
    """Whether the same request may work after an answer of this status."""
    statuses = case.policy.retry.statuses
    if statuses is not None:
        return status in statuses
    return status in _PASSING or (status == http.HTTPStatus.CONFLICT and case.request.idempotent)


def _accepted(case: Case, answer: Answer, said: Said) -> Outcome:
    """Delivered, unless the answer is not the one that the contract promises: then a person has to look.

    A web page is a proxy's, most likely; another 2xx may mean that it was done, or that it was not.
    """
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "text/html" and said.body and media not in case.operation.answers:
        named = _named(answer.status)
        detail = f"{named} with a web page, not the API's answer: is base_url right, is a proxy in between?"
        return Parked(
            Problem(Cause.UNKNOWN, "judge", "the answer is a web page", detail, answer.status, retryable=True)
        )
    if case.operation.succeeded(answer.status):
        wanted_of_it = case.policy.success_when
        return Delivered() if wanted_of_it is None or wanted_of_it.holds(said) else _unmet(wanted_of_it, answer)
    wanted, named = ", ".join(map(str, sorted(case.operation.success))), _named(answer.status)
    detail = f"{named}, where the contract promises {wanted}: look it up at the API; if that is success, declare it"
    title = f"the API answered {named}, which the contract does not promise"
    return Parked(Problem(Cause.UNKNOWN, "judge", title, detail, answer.status, retryable=True))


def _unmet(wanted: Predicate, answer: Answer) -> Outcome:
    """An error that is told in an answer of success; unless the part that was read is too little to know."""
    named = _named(answer.status)
    if answer.truncated:
        detail = f"{named}, longer than reply_bytes: whether {wanted} holds cannot be told; raise reply_bytes"
        return Parked(Problem(Cause.UNKNOWN, "judge", "the answer is too long", detail, answer.status, retryable=True))
    said = redact_body(answer.body, _SHOWN_BYTES)
    detail = f"{named}, but not {wanted}" + (f": {said}" if said else "")
    return Dead(Problem(Cause.REJECTED, "judge", f"the API answered {named}, not a success", detail, answer.status))


def _cause(status: int) -> Cause:
    if status == http.HTTPStatus.FORBIDDEN:
        return Cause.UNAUTHORISED
    if status == http.HTTPStatus.REQUEST_TIMEOUT:
        return Cause.TIMEOUT
    return Cause.UNAVAILABLE if status >= http.HTTPStatus.INTERNAL_SERVER_ERROR else Cause.REJECTED


def _problem(cause: Cause, answer: Answer) -> Problem:
    status = answer.status
    said = redact_body(answer.body, _SHOWN_BYTES)
    detail = f"the API answered {_named(status)}" + (f": {said}" if said else "")
    if location := answer.headers.get("location", "") if http.HTTPStatus.MULTIPLE_CHOICES <= status < 400 else "":  # noqa: PLR2004
        detail = f"the API redirects to {redact_url(location)}; redirects are not followed, correct base_url"
    retryable = cause in {Cause.UNAVAILABLE, Cause.TIMEOUT, Cause.UNAUTHORISED}
    return Problem(cause, "judge", f"the API answered {_named(status)}", detail, status, retryable=retryable)


def _named(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _broken(case: Case, reply: Broken) -> Judgement:
    if reply.kind == "unreachable":
        return Judgement(Released(reply.detail), Closure(reply.detail, Standstill.UNREACHABLE, level="api"))
    cause = Cause.TIMEOUT if reply.kind == "timeout" else Cause.UNAVAILABLE
    problem = Problem(cause, "dispatch", "no answer came", reply.detail, retryable=True)
    if reply.sent and not may_repeat(case):
        return Judgement(_lost(problem))
    return Judgement(again(case, problem) if reply.kind in case.policy.retry.errors else Dead(problem))


def doubtful(outcome: Outcome) -> Problem | None:
    """The problem of a job that is parked because nobody knows whether its request was carried out."""
    if not isinstance(outcome, Parked) or outcome.problem.cause is not Cause.UNKNOWN:
        return None
    return outcome.problem if outcome.problem.stage == "dispatch" else None


def _lost(problem: Problem) -> Outcome:
    """The request may have been carried out, and must not be sent twice."""
    detail = f"{problem.detail}; it may have been carried out: look it up there, then `preflight failures resolve` it"
    return Parked(Problem(Cause.UNKNOWN, "dispatch", "the answer was lost", detail, problem.status, retryable=True))


def may_repeat(case: Case) -> bool:
    """Whether a request that may have been carried out may be sent again."""
    on_unknown = case.policy.retry.on_unknown
    return on_unknown == "retry" or (on_unknown == "auto" and case.request.idempotent)


def again(case: Case, problem: Problem, wait_s: float = 0.0) -> Outcome:
    """Retry, not before ``wait_s``; unless the job was tried often enough, for long enough, or until its deadline.

    While its lane is only tried out, it is released instead: what fails then says nothing of the job.
    """
    retry, attempt = case.policy.retry, case.lease.attempts + 1
    if attempt >= retry.max_attempts and case.aside_s is None:
        return Dead(problem)
    delay_s = max(back_off_s(retry, attempt, case.chance), wait_s) if case.aside_s is None else case.aside_s
    if case.job.deadline is not None and case.now + delay_s >= case.job.deadline:
        detail = f"{problem.detail}; there is no time left for another try"
        return Dead(Problem(Cause.EXPIRED, "judge", "the deadline has passed", detail, problem.status))
    age_s = case.now - (case.now if case.lease.first_at is None else case.lease.first_at)
    if retry.max_age_s is not None and age_s + delay_s >= retry.max_age_s:
        limit = format_duration(retry.max_age_s)
        return Dead(replace(problem, detail=f"{problem.detail}; the next try would be {limit} or more after the first"))
    return Retry(problem, delay_s) if case.aside_s is None else Released(problem.title, delay_s)
