"""Takes one request through pace, dispatch and judge: that of a job, or one that asks about a job."""

import asyncio
import http
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from worker.auth.keeper import Keeper, Stopped
from worker.auth.striking import strike
from worker.engine.api import Api
from worker.engine.consequences import Consequences
from worker.engine.desk import Hands
from worker.engine.marking import Marker
from worker.job import Job, Standstill
from worker.limits.gate import Closure
from worker.outcome import Answer, Dead, Outcome, Refuse, Released, Reply, Unread
from worker.ports import Clock
from worker.stages import judge
from worker.stages.authorise import authorise
from worker.stages.pace import Hold, Never, Pace, Permit, Slot

_FAILED: Final = http.HTTPStatus.INTERNAL_SERVER_ERROR.value


class Sent(NamedTuple):
    """What came of a request that was sent.

    Attributes:
        case: as it left.
        at: epoch seconds.
    """

    case: judge.Case
    reply: Reply
    judgement: judge.Judgement
    at: float


class Sender:
    """Sends requests when there is leave to, and draws the consequences of every reply.

    Attributes:
        flying: the jobs whose requests are under way, by lease: a job whose lease ran out may be in flight here twice.
    """

    def __init__(self, pace: Pace, marker: Marker, hands: Hands, consequences: Consequences, clock: Clock) -> None:
        self._pace = pace
        self._hands = hands
        self._marker = marker
        self._consequences = consequences
        self._clock = clock
        self.flying: dict[tuple[int, int], judge.Case] = {}

    async def send(self, api: Api, case: judge.Case, slot: Slot) -> Sent | Outcome:
        """Send a job's request; or what becomes of it that could not be sent. Then it is charged with nothing.

        The job stays among those that are ``flying`` until its sender takes it out.
        """
        if (api.ordered or not judge.may_repeat(case)) and not await self._marker.mark(case.lease):
            return Released("its lease was lost")
        left = await self._left(api, case, slot)
        if not isinstance(left, _Departure):
            return left
        flight = case.lease.seq, case.lease.fence
        self.flying[flight] = left.case
        try:
            return await self._exchanged(api, left)
        finally:
            if left.held:
                del self.flying[flight]

    async def ask(self, api: Api, case: judge.Case, slot: Slot) -> Sent | Outcome:
        """Send a request that changes nothing at the API."""
        left = await self._left(api, case, slot)
        return await self._exchanged(api, left) if isinstance(left, _Departure) else left

    async def _left(self, api: Api, case: judge.Case, slot: Slot) -> "_Departure | Outcome":
        """Wait for all that a request needs, the leave to go last; its slot is handed back where it does not go."""
        keeper = api.keyring.keeper(case.job.key)
        ready = await self._with_credential(api, keeper, case) if keeper.asks else case
        if not isinstance(ready, judge.Case):
            await self._pace.refund(slot.receipt)
            return ready
        permit = self._pace.at_once(case.lease.lane) or await self._pace.permit(case.job, slot)
        if not isinstance(permit, Permit):
            await self._pace.refund(slot.receipt)
            return self._held(case, permit)
        whole: judge.Case | Outcome | None = self._too_late(case.job, api)
        if whole is None:
            body = ready.request.body
            whole = await _read(ready, body, permit) if isinstance(body, Unread) else ready
        if not self._hands.lasts(case.lease):  # nothing but a connection is waited for from here on
            whole = Released("its lease ran out before its request could leave")
        if not isinstance(whole, judge.Case):
            await self._pace.refund(permit.costs, slot.receipt)
            return whole
        return _Departure(self._signed(keeper, whole), keeper, permit, slot, self._hands)

    async def _with_credential(self, api: Api, keeper: Keeper, case: judge.Case) -> judge.Case | Outcome:
        used = await keeper.take()
        if not isinstance(used, Stopped):
            return case._replace(used=used)
        closure = Closure(used.reason, used.kind, used.wait_s, api.keyring.level, news=used.news)
        self._consequences.stop(case.lease.lane, closure)
        return Released(used.reason)

    def _held(self, case: judge.Case, permit: Hold | Never) -> Outcome:
        if isinstance(permit, Never):
            return Dead(permit.problem)
        self._consequences.hold(case.lease.lane, permit.wait_s)
        return Released(permit.reason)

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

    def _signed(self, keeper: Keeper, case: judge.Case) -> judge.Case:
        """A job with its request as it leaves: tokens and signatures are of this very moment."""
        if case.used is None or not keeper.moves:
            return case
        used = keeper.newest(case.used)
        return case._replace(used=used, request=used.apply(case.request, case.job.id, self._clock.now()))

    async def _exchanged(self, api: Api, left: "_Departure") -> Sent | Outcome:
        """Send, and judge what comes back. Nothing is waited for after the reply."""
        case, keeper, sent_at = left.case, left.keeper, self._clock.now()
        reply = await api.transport.send(case.request.asking(left.connected))
        if left.held:
            await self._pace.refund(left.permit.costs, left.slot.receipt)
            return Released("it had no leave any more once a connection was made for it")
        reply = scrubbed(reply, keeper.secrets)
        case = case.answered(self._clock.now(), self._consequences.aside_s(api, case.lease.lane))
        judgement = judge.replied(case, reply)
        if (heard := _heard(keeper, case, reply, judgement)) is not None:
            self._consequences.draw(api, case, reply, heard, left.permit.at, self.flying.values())
        return Sent(case, reply, judgement, sent_at)


@dataclass(slots=True)
class _Departure:
    """A request that has leave to go now, on a connection that is there.

    Attributes:
        held: a connection was made for it, and it has no leave since: it was surely not sent.
    """

    case: judge.Case
    keeper: Keeper
    permit: Permit
    slot: Slot
    hands: Hands
    held: bool = False

    async def connected(self) -> bool:
        """See ``Request.connected``. Look-up, handshake and another slot may take longer than the lease lasts."""
        self.held = True
        if self.permit.connected is not None:
            await self.permit.connected()
        self.held = not self.hands.lasts(self.case.lease)
        return not self.held


async def _read(case: judge.Case, body: Unread, permit: Permit) -> judge.Case | Outcome:
    """A job with its files read, which takes its time: it may need another slot."""
    made = await asyncio.to_thread(body.complete)
    if isinstance(made, Refuse):
        return judge.refused(made)
    if permit.connected is not None:
        await permit.connected()
    return case._replace(request=made)


def _heard(keeper: Keeper, case: judge.Case, reply: Reply, judgement: judge.Judgement) -> judge.Judgement | None:
    """Tell who keeps the credential what the API thinks of it; None where the job only has to come again."""
    closure = judgement.closure
    if closure is not None and closure.kind is Standstill.UNAUTHORISED:
        if (stopped := keeper.refused(case.used, closure.reason)) is None:
            return None
        return judgement._replace(closure=replace(closure, reason=stopped.reason, news=stopped.news))
    if case.used is not None and isinstance(reply, Answer) and reply.status < _FAILED:
        keeper.accepted(case.used)
    return judgement


def scrubbed(reply: Reply, secrets: Sequence[bytes]) -> Reply:
    """A reply in which the API's own credential, should the API repeat it, is replaced before anything looks at it."""
    if not isinstance(reply, Answer) or not secrets:
        return reply
    if (body := strike(reply.body, secrets, cut=reply.truncated)) is not reply.body:
        reply = reply._replace(body=body)
    if location := reply.headers.get("location"):
        struck = strike(location.encode("utf-8", "surrogateescape"), secrets).decode("utf-8", "surrogateescape")
        if struck != location:
            others = {name.lower(): value for name, value in reversed([*reply.headers.items()])}
            reply = reply._replace(headers={**others, "location": struck})
    return reply
