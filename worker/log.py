"""Log lines: structured, redacted, to standard error. An observer: it hears of jobs through events only."""

import io
import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final, TextIO, cast

import structlog

from worker.clock import to_rfc3339
from worker.events import Bus, JobDied, JobParked, JobRetried, JobWarned, LaneOpened, LaneStopped, LeaseLost
from worker.job import Lane, Standstill
from worker.outcome import Problem
from worker.redaction import redact

LEVELS: Final = ("debug", "info", "warning", "error")

log = structlog.get_logger("preflight")


def configure(level: str, *, human: bool) -> None:
    """Set up logging for the process.

    Args:
        level: one of ``LEVELS``; what is below is dropped before it costs anything.
        human: coloured text for a terminal instead of a JSON object a line.
    """
    # never the locals of a traceback: they hold credentials and bodies
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Any = plain if human else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Unheard())),
        cache_logger_on_first_use=False,
    )


class _Unheard(io.TextIOBase):
    """Standard error as it is now, since a live display stands in for it; its reader may go away.

    Work does not end for want of somebody who reads its log.
    """

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


def observe(bus: Bus) -> None:
    """Write a line for every job that was refused, died or was parked, and whenever something closes or opens."""
    bus.subscribe(JobDied, lambda event: _ended("job_dead", event.id, event.lane, event.problem))
    bus.subscribe(JobParked, lambda event: _ended("job_parked", event.id, event.lane, event.problem))
    bus.subscribe(JobRetried, _retried)
    bus.subscribe(JobWarned, _warned)
    bus.subscribe(LeaseLost, lambda event: log.warning("lease_lost", id=event.id, lane=str(event.lane)))
    bus.subscribe(LaneStopped, _stopped)
    bus.subscribe(LaneOpened, lambda event: log.info("lane_opened", lane=str(event.stop.scope)))


def _ended(name: str, job_id: str, lane: Lane, problem: Problem) -> None:
    log.warning(
        "job_refused" if problem.refused else name,
        id=job_id,
        lane=str(lane),
        cause=problem.cause.value,
        status=problem.status,
        detail=problem.detail,
    )


def _retried(event: JobRetried) -> None:
    log.info(
        "job_retried",
        id=event.id,
        lane=str(event.lane),
        cause=event.problem.cause.value,
        delay_s=round(event.delay_s, 3),
        detail=event.problem.detail,
    )


def _warned(event: JobWarned) -> None:
    told = [f"{fault.pointer}: {fault.detail}" for fault in event.faults]
    log.info("job_would_be_refused", id=event.id, lane=str(event.lane), accepted=event.accepted, faults=told)


#: What a person can do about a lane that does not go on by itself.
_REMEDIES: Final = {
    Standstill.PAUSED: "once its reason is gone, `preflight lanes resume '{scope}'`",
    Standstill.UNAUTHORISED: "renew the credential; it is tried again by itself",
    Standstill.DRIFTING: "compare `preflight failures list --group` with the contract; mend it or the jobs, then "
    "`preflight lanes resume '{scope}'`",
}


def _stopped(event: LaneStopped) -> None:
    stop = event.stop
    told = {"lane": str(stop.scope), "state": stop.kind.value, "reason": stop.reason}
    if stop.until is not None:
        told["until"] = to_rfc3339(stop.until)
    if remedy := _REMEDIES.get(stop.kind):
        told["remedy"] = remedy.format(scope=stop.scope)
    log.warning("lane_stopped", **told)


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    redacted: dict[str, Any] = redact(event)
    return redacted
