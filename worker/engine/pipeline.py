"""One lease, from start to finish: validate, authorise; then pace, dispatch, judge. What comes out is its Settlement.

The first half is pure and synchronous, and done for a whole batch of leases at once, while its code is in the caches.
"""

import asyncio
import http
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from worker.auth.keeper import Keeper, Stopped
from worker.contract.operation import Operation
from worker.engine.api import Api
from worker.engine.consequences import Consequences
from worker.engine.marking import Marker
from worker.engine.probing import Prober
from worker.job import Job, Lease, Standstill, from_payload
from worker.limits.gate import Closure
from worker.outcome import (
    Admit,
    Answer,
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
    Retry,
    Settlement,
    Unread,
)
from worker.ports import Clock
from worker.redaction import REDACTED
from worker.settings import Validation
from worker.stages import judge
from worker.stages.authorise import authorise
from worker.stages.capture import attempt_of
from worker.stages.dispatch import compose
from worker.stages.pace import Hold, Never, Pace, Slot
from worker.stages.refusal import refusal
from worker.stages.validate import validate


class Pipeline:
    """Takes single leases through the stages.

    Args:
        apis: by name; a lease of any other API is never handed in.
    """

    def __init__(
        self,
        apis: Mapping[str, Api],
        pace: Pace,
        marker: Marker,
        consequences: Consequences,
        clock: Clock,
    ) -> None:
        self._apis = apis
        self._pace = pace
        self._marker = marker
        self._consequences = consequences
        self._prober = Prober(pace)
        self._clock = clock
        self._flying: dict[tuple[int, int], judge.Case] = {}

    def admit(self, lease: Lease) -> judge.Case | Settlement:
        """Validate, then authorise. A job that may be sent, with its request; or the settlement of one that may not."""
        verdict = self._admit(lease, self._apis[lease.lane.api])
        return verdict if isinstance(verdict, judge.Case) else Settlement(lease, verdict)

    async def run(self, case: judge.Case, slot: Slot) -> Settlement:
        """Pace, dispatch, judge. Cancelling is allowed at every await; ``interrupted`` then has the outcome."""
        lease, job, api = case.lease, case.job, self._apis[case.job.api]
        if lease.sent and not judge.may_repeat(case) and (told := await self._asked(api, case)) is not None:
            return told
        ready = await self._ready(api, case)
        if not isinstance(ready, judge.Case):
            await self._pace.refund(slot.receipt)
            return Settlement(lease, ready)
        permit = self._pace.at_once(lease.lane) or await self._pace.permit(job, slot)
        match permit:
            case Never(problem):
                await self._pace.refund(slot.receipt)
                return Settlement(lease, Dead(problem))
            case Hold(reason, wait_s):
                await self._pace.refund(slot.receipt)
                self._consequences.hold(lease.lane, wait_s)
                return Settlement(lease, Released(reason))
        if (late := self._too_late(job, api)) is not None:
            await self._pace.refund(permit.costs, slot.receipt)
            return Settlement(lease, late)
        return await self._dispatch(api, self._signed(api, ready), permit.at)

    async def _asked(self, api: Api, case: judge.Case) -> Settlement | None:
        """What becomes of a job that a worker died with, and that it may have sent; None where it did not arrive."""
        arrived = await self._prober.arrived(api, case.job, self._clock.now())
        if arrived is None:
            return Settlement(case.lease, judge.orphaned(case.lease.expiries))
        return Settlement(case.lease, Delivered()) if arrived else None

    async def _resolved(self, api: Api, case: judge.Case, outcome: Outcome) -> Outcome:
        """What becomes of a job whose answer was lost, where the API can be asked whether it arrived."""
        problem = judge.doubtful(outcome)
        if problem is None:
            return outcome
        arrived = await self._prober.arrived(api, case.job, self._clock.now())
        if arrived is None:
            return outcome
        return Delivered() if arrived else judge.again(case, problem)

    def interrupted(self, lease: Lease) -> Settlement:
        """The settlement of a lease whose job was waiting, or whose ``run`` was cancelled."""
        case = self._flying.pop((lease.seq, lease.fence), None)
        return Settlement(lease, judge.interrupted(case) if case else Released("shutdown"))

    def crashed(self, lease: Lease, error: Exception) -> Settlement:
        """The settlement of a lease whose ``run`` raised what it should not: a bug of ours, charged to the job."""
        case = self._flying.pop((lease.seq, lease.fence), None)
        detail = f"{type(error).__name__}: this is a bug in Preflight; the log has the details"
        problem = Problem(Cause.UNKNOWN, "dispatch", "the worker failed at this job", detail, retryable=True)
        if case is not None and not judge.may_repeat(case):
            return Settlement(lease, Parked(problem))  # it was sent
        policy = self._apis[lease.lane.api].policies.get(lease.lane.operation, judge.Policy()).retry
        if lease.attempts + 1 >= policy.max_attempts:
            return Settlement(lease, Dead(problem))
        return Settlement(lease, Retry(problem, judge.back_off_s(policy, lease.attempts + 1, self._clock.random())))

    def _admit(self, lease: Lease, api: Api) -> judge.Case | Outcome:
        now = self._clock.now()
        job = _job(lease)
        if isinstance(job, Refuse):
            return judge.refused(job)
        if job.deadline is not None and now >= job.deadline:
            return judge.expired()
        mode = api.modes.get(job.operation, "enforce")
        verdict = self._check(job, api, mode, now)
        match verdict:
            case Refuse():
                return judge.refused(verdict)
            case (Admit(_, request, warned), operation):
                policy = api.policies[operation.name]
                chance, enforced = self._clock.random(), mode == "enforce"
                return judge.Case(job, lease, operation, request, policy, now, chance, warned, enforced)
        assert_never(verdict)

    async def _ready(self, api: Api, case: judge.Case) -> judge.Case | Outcome:
        """A job with all that its request needs; or what becomes of one that cannot go.

        Before the wait for leave: once there is leave to go, nothing else may be waited for.
        """
        if isinstance(case.request.body, Unread):
            made = await asyncio.to_thread(case.request.body.complete)
            if isinstance(made, Refuse):
                return judge.refused(made)
            case = case._replace(request=made)
        keeper = api.keyring.keeper(case.job.key)
        if keeper.asks:
            used = await keeper.take()
            if isinstance(used, Stopped):
                closure = Closure(used.reason, used.kind, used.wait_s, api.keyring.level)
                self._consequences.stop(case.lease.lane, closure)
                return Released(used.reason)
            case = case._replace(used=used)
        if not case.request.idempotent and not await self._marker.mark(case.lease):
            return Released("its lease was lost")
        return case

    def _signed(self, api: Api, case: judge.Case) -> judge.Case:
        """A job with its request as it leaves: tokens and signatures are of this very moment."""
        keeper = api.keyring.keeper(case.job.key)
        if case.used is None or not keeper.moves:
            return case
        used = keeper.newest(case.used)
        return case._replace(used=used, request=used.apply(case.request, case.job.id, self._clock.now()))

    def _too_late(self, job: Job, api: Api) -> Outcome | None:
        """What becomes of a job that waited for leave until its deadline, or its credential, had passed."""
        credential = api.to(job.key).credential
        expires_at = credential.expires_at
        if job.deadline is None and expires_at is None:
            return None
        now = self._clock.now()
        if job.deadline is not None and now >= job.deadline:
            return judge.expired()
        refused = authorise(credential, now)
        return judge.refused(refused) if refused else None

    def _check(self, job: Job, api: Api, mode: Validation, now: float) -> tuple[Admit, Operation] | Refuse:
        checked = validate(job, api.contract, mode)
        if isinstance(checked, Refuse):
            return checked
        to = api.to(job.key)
        refused = authorise(api.keyring.keeper(job.key).current, now)
        if refused is not None:
            return refused
        return Admit(job, compose(job, checked, to), checked.warned), checked.endpoint.operation

    async def _dispatch(self, api: Api, case: judge.Case, paid_at: float) -> Settlement:
        lease = case.lease
        flight = lease.seq, lease.fence  # a job whose lease ran out may be in flight here twice
        sent_at = self._clock.now()
        self._flying[flight] = case
        reply = await api.transport.send(case.request)
        keeper = api.keyring.keeper(case.job.key)
        reply = scrubbed(reply, keeper.secrets)
        case = case._replace(now=self._clock.now(), aside_s=self._consequences.aside_s(api, lease.lane))
        judgement = judge.replied(case, reply)
        if (heard := _heard(keeper, case, reply, judgement)) is not None:
            await self._consequences.draw(api, case, reply, heard, paid_at, self._flying.values())
        outcome = await self._resolved(api, case, judgement.outcome)
        settlement = Settlement(lease, outcome, attempt_of(lease, sent_at, reply, outcome, api.capture), case.warned)
        del self._flying[flight]  # only now: should anything above fail, the job is known to have been sent
        return settlement


def _job(lease: Lease) -> Job | Refuse:
    try:
        return from_payload(lease.payload, lease.source)
    except (TypeError, ValueError) as error:  # a payload that did not come through our intake
        fault = Fault("#", "job", "job", str(error), "submit it with `preflight submit`", Cause.MALFORMED)
        return Refuse(refusal([fault], "validate"))


def _heard(keeper: Keeper, case: judge.Case, reply: Reply, judgement: judge.Judgement) -> judge.Judgement | None:
    """Tell who keeps the credential what the API thinks of it; None where the job only has to come again."""
    closure = judgement.closure
    if closure is not None and closure.kind is Standstill.UNAUTHORISED:
        if keeper.refused(case.used) is None:
            return None
        return judgement._replace(closure=replace(closure, reason=f"{closure.reason} of {keeper.worn.origin}"))
    if case.used is not None and isinstance(reply, Answer) and reply.status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
        keeper.accepted(case.used)
    return judgement


def scrubbed(reply: Reply, secrets: Sequence[bytes]) -> Reply:
    """A reply in which the API's own credential, should the API repeat it, is replaced before anything looks at it."""
    if isinstance(reply, Answer):
        for secret in secrets:
            if secret in reply.body:
                reply = reply._replace(body=reply.body.replace(secret, REDACTED.encode()))
            location = reply.headers.get("location", "")
            if location and secret.decode() in location:
                reply = reply._replace(headers={"location": location.replace(secret.decode(), REDACTED)})
    return reply
