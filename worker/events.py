"""What happened, as types, and the bus that tells whoever wants to know.

An event is emitted only after the queue has said yes. Log, display and metrics are observers; with none of them
subscribed to a type, ``wants`` is False and nobody builds the event.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from worker.job import Lane, Stop
from worker.outcome import Attempt, Fault, Problem


class JobDelivered(NamedTuple):
    """The API accepted a job. ``attempts`` counts its requests, this one included."""

    id: str
    lane: Lane
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class JobRetried:
    """An attempt failed; the job will be sent again in ``delay_s``."""

    id: str
    lane: Lane
    problem: Problem
    delay_s: float
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class JobDied:
    """A job cannot be delivered as it is. ``attempt`` is None where it was refused before sending."""

    id: str
    lane: Lane
    problem: Problem
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class JobParked:
    """A job waits for a person or a policy."""

    id: str
    lane: Lane
    problem: Problem
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class JobReleased:
    """A job went back to the queue uncharged. ``attempt`` is the request that was made for nothing, if any."""

    id: str
    lane: Lane
    reason: str
    attempt: Attempt | None


@dataclass(frozen=True, slots=True)
class LeaseLost:
    """A settle was refused: the lease had run out and the job is in other hands. It may have been sent twice."""

    id: str
    lane: Lane


@dataclass(frozen=True, slots=True)
class JobWarned:
    """A job came to its end that was sent although its contract does not allow it; follows what tells of that end.

    Attributes:
        faults: why it would have been refused.
        accepted: whether the API accepted it.
    """

    id: str
    lane: Lane
    faults: tuple[Fault, ...]
    accepted: bool


@dataclass(frozen=True, slots=True)
class LaneStopped:
    """A part of the lanes sends nothing from now on; no job is charged for it."""

    stop: Stop


@dataclass(frozen=True, slots=True)
class LaneOpened:
    """A part of the lanes goes on, after ``LaneStopped``."""

    stop: Stop


JobEvent = JobDelivered | JobRetried | JobDied | JobParked | JobReleased | JobWarned | LeaseLost
Event = JobEvent | LaneStopped | LaneOpened

E = TypeVar("E", bound=Event)


class Bus:
    """Tells observers of events, in the order of subscription, at once and in the emitter's own task."""

    def __init__(self) -> None:
        self._observers: defaultdict[type[Any], list[Callable[[Any], None]]] = defaultdict(list)

    def subscribe(self, kind: type[E], observer: Callable[[E], None]) -> None:
        """Call ``observer`` with every event of exactly this kind; it must not block or raise."""
        self._observers[kind].append(observer)

    def wants(self, kind: type[Event]) -> bool:
        """Whether anybody listens, so that nobody builds an event for nothing."""
        return kind in self._observers

    def emit(self, event: Event) -> None:
        """Tell everybody who subscribed to the event's type."""
        for observer in self._observers.get(type(event), ()):
            observer(event)
