"""One lease, from start to finish: validate, authorise; then pace, dispatch, judge. What comes out is its Settlement.

The first half is pure and synchronous, and done for a whole batch of leases at once, while its code is in the caches.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final, assert_never

from worker.contract.envelope import Envelope
from worker.contract.operation import Operation
from worker.engine.api import Api
from worker.engine.probing import Prober
from worker.engine.sending import Sender, Sent
from worker.engine.suspects import poisoned
from worker.errors import StoreError
from worker.job import Job, Lease, from_payload
from worker.outcome import (
    Admit,
    Cause,
    Dead,
    Delivered,
    Fault,
    Outcome,
    Parked,
    Problem,
    Refuse,
    Released,
    Retry,
    Settlement,
)
from worker.ports import Clock
from worker.settings import Validation
from worker.stages import judge
from worker.stages.authorise import authorise
from worker.stages.back_off import back_off_s
from worker.stages.capture import attempt_of
from worker.stages.dispatch import compose
from worker.stages.pace import Slot
from worker.stages.refusal import refusal
from worker.stages.validate import validate

#: A slot that is long past, so that another is asked for.
_SPENT: Final = Slot(0.0, 0.0)


class Pipeline:
    """Takes single leases through the stages.

    Args:
        apis: by name; a lease of any other API is never handed in.
    """

    def __init__(self, apis: Mapping[str, Api], sender: Sender, clock: Clock) -> None:
        self._apis = apis
        self._sender = sender
        self._prober = Prober(sender)
        self._clock = clock

    def admit(self, lease: Lease) -> judge.Case | Settlement:
        """Validate, then authorise. A job that may be sent, with its request; or the settlement of one that may not."""
        verdict = self._admit(lease, self._apis[lease.lane.api])
        return verdict if isinstance(verdict, judge.Case) else Settlement(lease, verdict)

    async def run(self, case: judge.Case, slot: Slot) -> Settlement:
        """Pace, dispatch, judge. Cancelling is allowed at every await; ``interrupted`` then has the outcome."""
        lease, api = case.lease, self._apis[case.job.api]
        if lease.sent and not judge.may_repeat(case):
            if (told := await self._looked_up(api, case, slot)) is not None:
                return Settlement(lease, told)
            slot = _SPENT
        sent = await self._sender.send(api, case, slot)
        if not isinstance(sent, Sent):
            return Settlement(lease, sent)
        outcome = sent.judgement.outcome
        if (problem := judge.doubtful(outcome)) is not None:
            outcome = await self._resolved(api, sent.case, outcome, problem)
        attempt = attempt_of(lease, sent.at, sent.reply, outcome, api.capture)
        settlement = Settlement(lease, outcome, attempt, case.warned)
        del self._sender.flying[lease.seq, lease.fence]  # only now: should anything fail, it is known to have been sent
        return settlement

    async def _looked_up(self, api: Api, case: judge.Case, slot: Slot) -> Outcome | None:
        """What becomes of a job that a worker died with, and that it may have sent; None where it did not arrive."""
        arrived = await self._prober.arrived(api, case, slot)
        if isinstance(arrived, Released):
            return arrived
        if arrived is None:
            return judge.orphaned(case.lease.expiries)
        return Delivered() if arrived else None

    async def _resolved(self, api: Api, case: judge.Case, outcome: Outcome, problem: Problem) -> Outcome:
        """What becomes of a job whose answer was lost, where the API can be asked whether it arrived."""
        try:
            arrived = await self._prober.arrived(api, case, _SPENT)
        except StoreError:  # there is no leave to ask: what is in doubt stays so
            return outcome
        if not isinstance(arrived, bool):
            return outcome
        return Delivered() if arrived else judge.again(case, problem)

    def interrupted(self, lease: Lease, reason: str = "shutdown") -> Settlement:
        """The settlement of a lease whose job was waiting, or whose ``run`` was cancelled or could not go on."""
        case = self._sender.flying.pop((lease.seq, lease.fence), None)
        return Settlement(lease, judge.interrupted(case) if case else Released(reason))

    def crashed(self, lease: Lease, error: Exception) -> Settlement:
        """The settlement of a lease whose ``run`` raised what it should not: a bug of ours, charged to the job."""
        case = self._sender.flying.pop((lease.seq, lease.fence), None)
        detail = f"{type(error).__name__}: this is a bug in Preflight; the log has the details"
        problem = Problem(Cause.UNKNOWN, "dispatch", "the worker failed at this job", detail, retryable=True)
        if case is not None and not judge.may_repeat(case):
            return Settlement(lease, Parked(problem))  # it was sent
        policy = _policy(lease, self._apis[lease.lane.api]).retry
        if lease.attempts + 1 >= policy.max_attempts:
            return Settlement(lease, Dead(problem))
        return Settlement(lease, Retry(problem, back_off_s(policy, lease.attempts + 1, self._clock.random())))

    def _admit(self, lease: Lease, api: Api) -> judge.Case | Outcome:
        if lease.expiries >= _policy(lease, api).retry.max_attempts:  # before anything looks at what is in it
            return poisoned(lease.expiries)
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

    def _check(self, job: Job, api: Api, mode: Validation, now: float) -> tuple[Admit, Operation] | Refuse:
        checked = validate(job, api.contract, mode)
        if isinstance(checked, Refuse):
            return checked
        to = api.to(job.key)
        refused = authorise(api.keyring.keeper(job.key).current, now)
        if refused is not None:
            return refused
        return Admit(job, compose(job, checked, to), checked.warned), checked.endpoint.operation


def _policy(lease: Lease, api: Api) -> judge.Policy:
    return api.policies.get(lease.lane.operation) or judge.Policy()


@cache
def _envelope() -> Envelope:
    return Envelope()


def _job(lease: Lease) -> Job | Refuse:
    if lease.source is None and (faults := _envelope().faults(lease.payload)):  # what came of a file was looked at then
        return Refuse(refusal(faults, "validate"))
    try:
        return from_payload(lease.payload, lease.source)
    except (TypeError, ValueError) as error:  # a payload that did not come through our intake
        fault = Fault("#", "job", "job", str(error), "submit it with `preflight submit`", Cause.MALFORMED)
        return Refuse(refusal([fault], "validate"))
