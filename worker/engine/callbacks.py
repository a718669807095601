"""Tells others what became of jobs: a job that ends is followed by one that says so, in the same transaction."""

import hashlib
from collections.abc import Collection
from typing import Any, Final, assert_never

import orjson

from worker.clock import to_rfc3339
from worker.failure import Failure, Result, failure_json, result_json
from worker.job import Entry, Lane, Lease, State
from worker.outcome import Attempt, Dead, Delivered, Parked, Problem, Released, Retry, Settlement
from worker.ports import Clock
from worker.redaction import redact
from worker.settings.callback_apis import DELIVERED, FAILED, callback_api, is_callback_api

_DIGEST_BYTES: Final = 16


class Callbacks:
    """Makes the jobs that tell of others.

    Args:
        apis: names of all that there are; some of them hear of others' jobs.
    """

    def __init__(self, apis: Collection[str], clock: Clock) -> None:
        self._listeners = frozenset(filter(is_callback_api, apis))
        self._clock = clock

    def __bool__(self) -> bool:
        """Whether anybody listens at all."""
        return bool(self._listeners)

    def followed(self, settlement: Settlement) -> Settlement:
        """The same settlement, followed by a job that tells of it where somebody listens."""
        match settlement.outcome:
            case Delivered():
                event = DELIVERED
            case Dead() | Parked():
                event = FAILED
            case Retry() | Released():
                return settlement
            case _:
                assert_never(settlement.outcome)
        lane = Lane(callback_api(settlement.lease.lane.api, event), event)
        if lane.api not in self._listeners:
            return settlement
        return settlement._replace(follow=self._entry(lane, settlement))

    def _entry(self, lane: Lane, settlement: Settlement) -> Entry:
        lease, now = settlement.lease, self._clock.now()
        body = {"type": lane.operation, "timestamp": to_rfc3339(now), "data": _data(settlement, now)}
        # a job that is sent again after it failed ends once more, under another fence
        ended = f"{lane.api}\0{lease.id}\0{lease.seq}\0{lease.fence}"
        id_ = f"callback-{hashlib.blake2b(ended.encode(), digest_size=_DIGEST_BYTES).hexdigest()}"
        job = {
            "id": id_,
            "api": lane.api,
            "operation": lane.operation,
            "body": body,
            "meta": {"of": lease.id},
        }
        return Entry(id_, lane, orjson.dumps(job).decode())


def _data(settlement: Settlement, now: float) -> dict[str, Any]:
    """What ``results export`` or ``failures export`` says of the job, of its last attempt only."""
    outcome, lease, attempt = settlement.outcome, settlement.lease, settlement.attempt
    if isinstance(outcome, Dead | Parked):
        state = State.DEAD if isinstance(outcome, Dead) else State.PARKED
        return failure_json(_failure(lease, outcome.problem, attempt, state, now))
    return result_json(_result(lease, attempt, now))


def _failure(lease: Lease, problem: Problem, attempt: Attempt | None, state: State, now: float) -> Failure:
    return Failure(
        id=lease.id,
        lane=lease.lane,
        problem=problem,
        job=redact(lease.payload),
        failed_at=now,
        state=state,
        attempts=(attempt,) if attempt else (),
        source=lease.source,
        meta=lease.payload.get("meta"),
    )


def _result(lease: Lease, attempt: Attempt | None, now: float) -> Result:
    return Result(
        id=lease.id,
        lane=lease.lane,
        status=attempt.status if attempt else None,
        elapsed_ms=attempt.elapsed_ms if attempt else 0.0,
        attempts=lease.attempts + (attempt is not None),
        reply=attempt.reply if attempt else None,
        meta=lease.payload.get("meta"),
        delivered_at=now,
    )
