"""What the ledger hands out: a Failure, a Result, Counts.

Their JSON forms are an interface: ``schemas/failure.schema.json``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from worker.clock import to_rfc3339
from worker.job import Lane, Source, State
from worker.outcome import Attempt, Cause, Fault, Problem


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that ended Dead or Parked, or a row that could not become a job.

    Attributes:
        id: the job's id; of a row that is no job, ``row-`` and a digest.
        job: as submitted, redacted; of a row that is no job, as much as could be read (None where nothing could).
        state: DEAD or PARKED; None for a row that is no job.
        failed_at: epoch seconds.
    """

    id: str
    lane: Lane
    problem: Problem
    job: Mapping[str, Any] | None
    failed_at: float
    state: State | None = None
    attempts: tuple[Attempt, ...] = ()
    source: Source | None = None
    meta: Any = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the API answered to a delivered job.

    Attributes:
        attempts: requests made, the successful one included.
        reply: as much of the answer as is kept (``capture``, ``capture_bytes``), as text, redacted.
        delivered_at: epoch seconds.
    """

    id: str
    lane: Lane
    status: int | None
    elapsed_ms: float
    attempts: int
    reply: str | None
    meta: Any
    delivered_at: float


class Ending(NamedTuple):
    """A job that has ended, as the ``number``-th of its queue; one that ends once more gets another number."""

    number: int
    end: Result | Failure


@dataclass(frozen=True, slots=True)
class Counts:
    """How many jobs are in each state, and how many failures of each cause there are (rejected rows too)."""

    states: Mapping[State, int]
    failures: Mapping[Cause, int]

    @property
    def unfinished(self) -> int:
        """Jobs still to be worked on: ready, delayed or leased."""
        return sum(self.states.get(state, 0) for state in (State.READY, State.DELAYED, State.LEASED))

    @property
    def ready_only(self) -> bool:
        """Whether no unfinished job waits for a time or is in somebody's hands."""
        return not self.states.get(State.DELAYED, 0) and not self.states.get(State.LEASED, 0)


@dataclass(frozen=True, slots=True)
class LaneCounts:
    """How many unfinished jobs of one lane there are."""

    lane: Lane
    ready: int
    delayed: int
    leased: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which failures; an empty one selects all.

    Attributes:
        since: epoch seconds; failures at or after.
        ids: only these.
    """

    causes: frozenset[Cause] = field(default_factory=frozenset)
    api: str | None = None
    operation: str | None = None
    status: int | None = None
    since: float | None = None
    ids: frozenset[str] = field(default_factory=frozenset)


def problem_type(cause: Cause) -> str:
    """The ``type`` member of a problem."""
    return f"urn:preflight:{cause.value}"


def fault_json(fault: Fault) -> dict[str, Any]:
    """The JSON form of a fault."""
    return {
        "pointer": fault.pointer,
        "in": fault.place,
        "rule": fault.rule,
        "detail": fault.detail,
        "hint": fault.hint,
    }


def problem_json(problem: Problem) -> dict[str, Any]:
    """The JSON form of a problem: RFC 9457's members, and ``errors``."""
    return {
        "type": problem_type(problem.cause),
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "errors": [fault_json(fault) for fault in problem.faults],
    }


def attempt_json(attempt: Attempt) -> dict[str, Any]:
    """The JSON form of an attempt."""
    return {
        "number": attempt.number,
        "at": to_rfc3339(attempt.at),
        "elapsed_ms": round(attempt.elapsed_ms, 1),
        "status": attempt.status,
        "error": attempt.error,
        "reply": attempt.reply,
    }


def failure_json(failure: Failure) -> dict[str, Any]:
    """One line of ``failures export``."""
    return {
        "id": failure.id,
        "api": failure.lane.api,
        "operation": failure.lane.operation,
        "cause": failure.problem.cause.value,
        "stage": failure.problem.stage,
        "retryable": failure.problem.retryable,
        "problem": problem_json(failure.problem),
        "attempts": [attempt_json(attempt) for attempt in failure.attempts],
        "job": failure.job,
        "source": failure.source and failure.source._asdict(),
        "meta": {} if failure.meta is None else failure.meta,
        "failed_at": to_rfc3339(failure.failed_at),
    }


def result_json(result: Result) -> dict[str, Any]:
    """One line of ``results export``."""
    return {
        "id": result.id,
        "api": result.lane.api,
        "operation": result.lane.operation,
        "status": result.status,
        "elapsed_ms": round(result.elapsed_ms, 1),
        "attempts": result.attempts,
        "reply": result.reply,
        "meta": {} if result.meta is None else result.meta,
        "delivered_at": to_rfc3339(result.delivered_at),
    }


def ending_json(ending: Ending) -> dict[str, Any]:
    """One line of ``run --results``: that of ``results export`` for whatever became of the job, and what it was."""
    number, end = ending
    if isinstance(end, Result):
        return {**result_json(end), "outcome": "delivered", "cause": None, "number": number}
    last = end.attempts[-1] if end.attempts else None
    return {
        "id": end.id,
        "api": end.lane.api,
        "operation": end.lane.operation,
        "status": end.problem.status,
        "elapsed_ms": round(last.elapsed_ms, 1) if last else 0.0,
        "attempts": len(end.attempts),
        "reply": last and last.reply,
        "meta": {} if end.meta is None else end.meta,
        "delivered_at": None,
        "outcome": end.state.value if end.state else None,
        "cause": end.problem.cause.value,
        "number": number,
    }
