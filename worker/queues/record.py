"""Attempts, problems, results, rejected rows and stops as JSON records and back.

Kept whole and exact, unlike the forms that ``worker.failure`` prints.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from worker.failure import Failure, Result
from worker.job import Lane, Scope, Source, Standstill, State, Stop
from worker.outcome import Attempt, Cause, Fault, Problem
from worker.redaction import redact


def as_json(value: Any) -> str:
    """A value as JSON text."""
    return orjson.dumps(value).decode()


def attempt_of(record: Mapping[str, Any], number: int) -> Attempt:
    """The attempt of a record, as the ``number``-th of its job."""
    return Attempt(**{**record, "number": number})


def failure_record(problem: Problem, failed_at: float) -> dict[str, Any]:
    """Why and when a job failed."""
    return {"problem": problem, "failed_at": failed_at}


def problem_of(record: Mapping[str, Any]) -> Problem:
    """The problem of a record."""
    problem = record["problem"]
    faults = tuple(Fault(**{**fault, "cause": Cause(fault["cause"])}) for fault in problem["faults"])
    return Problem(**{**problem, "cause": Cause(problem["cause"]), "faults": faults})


def failure_of(
    id_: str,
    lane: list[Any],
    record: Mapping[str, Any],
    job: Mapping[str, Any],
    state: State,
    attempts: Sequence[Attempt],
    source: Source | None,
) -> Failure:
    """The failure of a record, and of its ``job`` as it stands in the queue; what is handed out is redacted."""
    return Failure(
        id=id_,
        lane=Lane(*lane),
        problem=problem_of(record),
        job=redact(job),
        failed_at=record["failed_at"],
        state=state,
        attempts=tuple(attempts),
        source=source,
        meta=job.get("meta"),
    )


def result_text(attempt: Attempt | None, delivered_at: float) -> str:
    """What a delivered job was answered, and when; ``made`` is how many requests that took, 0 or 1."""
    return as_json(
        {
            "status": attempt.status if attempt else None,
            "elapsed_ms": attempt.elapsed_ms if attempt else 0.0,
            "reply": attempt.reply if attempt else None,
            "delivered_at": delivered_at,
            "made": int(attempt is not None),
        }
    )


def kept_result(result: Result, tried: int) -> str:
    """``result_text`` of a result that another store gave, after ``tried`` attempts that did not deliver."""
    made = Attempt(result.attempts, 0.0, result.elapsed_ms, result.status, None, result.reply)
    return result_text(made if result.attempts > tried else None, result.delivered_at)


def result_of(id_: str, lane: list[Any], meta: Any, attempts: int, record: Mapping[str, Any]) -> Result:
    """The result of a record, after ``attempts`` that did not deliver."""
    return Result(
        id=id_,
        lane=Lane(*lane),
        status=record["status"],
        elapsed_ms=record["elapsed_ms"],
        attempts=attempts + record["made"],
        reply=record["reply"],
        meta=meta,
        delivered_at=record["delivered_at"],
    )


def reject_record(failure: Failure, job: Any) -> dict[str, Any]:
    """A rejected row, its ``job`` redacted."""
    return {
        "problem": failure.problem,
        "failed_at": failure.failed_at,
        "job": job,
        "source": failure.source and list(failure.source),
        "meta": failure.meta,
    }


def reject_of(id_: str, lane: list[Any], record: Mapping[str, Any]) -> Failure:
    """The rejected row of a record."""
    return Failure(
        id=id_,
        lane=Lane(*lane),
        problem=problem_of(record),
        job=record["job"],
        failed_at=record["failed_at"],
        source=record["source"] and Source(*record["source"]),
        meta=record["meta"],
    )


def lane_text(lane: Lane) -> str:
    """The name of a lane."""
    return as_json(list(lane))


def scope_text(scope: Scope) -> str:
    """The name of a part of the lanes."""
    return as_json(list(scope))


def stop_text(stop: Stop) -> str:
    """A stop, to the last digit of its times."""
    return as_json((list(stop.scope), stop.kind, stop.reason, stop.since, stop.until))


def stop_of(record: list[Any]) -> Stop:
    """The stop of a record."""
    scope, kind, reason, since, until = record
    return Stop(Scope(*scope), Standstill(kind), reason, since, until)
