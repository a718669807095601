"""Counts what happens in one run, by listening."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from worker.engine.warned import Warned
from worker.events import Bus, JobDelivered, JobDied, JobParked, JobReleased, JobRetried, JobWarned
from worker.outcome import Attempt, Problem


@dataclass(slots=True)
class RunTally:
    """What this run did so far.

    Attributes:
        refused: jobs that were not sent because they would not have been accepted, by cause.
        attempts: requests that were made.
        retried: attempts that failed and are followed by another.
        recovered: jobs delivered by a later attempt than their first.
        warned: jobs that were sent although their contract does not allow them.
    """

    delivered: int = 0
    dead: int = 0
    parked: int = 0
    released: int = 0
    attempts: int = 0
    retried: int = 0
    recovered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    warned: Warned = field(default_factory=Warned)

    @classmethod
    def total(cls, tallies: "Iterable[RunTally]") -> "RunTally":
        """What several did together."""
        total = cls()
        for tally in tallies:
            for name in _NUMBERS:
                setattr(total, name, getattr(total, name) + getattr(tally, name))
            for cause, count in tally.refused.items():
                total.refused[cause] = total.refused.get(cause, 0) + count
            total.warned.include(tally.warned)
        return total

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "RunTally":
        """The tally of its JSON form."""
        numbers = {name: told[name] for name in _NUMBERS}
        return cls(**numbers, refused=dict(told["refused"]), warned=Warned.of(told["warned"]))

    @property
    def json(self) -> dict[str, Any]:
        """All of it, for another process."""
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {**numbers, "refused": self.refused, "warned": self.warned.json}

    def listen(self, bus: Bus) -> "RunTally":
        """Count everything that this bus tells of."""
        bus.subscribe(JobDelivered, self._delivered)
        bus.subscribe(JobRetried, self._retried)
        bus.subscribe(JobDied, self._died)
        bus.subscribe(JobParked, self._parked)
        bus.subscribe(JobReleased, self._released)
        bus.subscribe(JobWarned, self.warned.add)
        return self

    @property
    def settled(self) -> int:
        """Jobs that this run brought to an end."""
        return self.delivered + self.dead + self.parked

    def _delivered(self, event: JobDelivered) -> None:
        self.delivered += 1
        self.attempts += 1
        if event.attempt.number > 1:
            self.recovered += 1

    def _retried(self, event: JobRetried) -> None:
        self.retried += 1
        self._attempted(event.attempt)

    def _died(self, event: JobDied) -> None:
        self.dead += 1
        self._attempted(event.attempt)
        self._refused(event.problem)

    def _parked(self, event: JobParked) -> None:
        self.parked += 1
        self._attempted(event.attempt)
        self._refused(event.problem)

    def _released(self, event: JobReleased) -> None:
        self.released += 1
        self._attempted(event.attempt)

    def _attempted(self, attempt: Attempt | None) -> None:
        if attempt is not None:
            self.attempts += 1

    def _refused(self, problem: Problem) -> None:
        if problem.refused:
            cause = problem.cause.value
            self.refused[cause] = self.refused.get(cause, 0) + 1


_NUMBERS: Final = tuple(one.name for one in fields(RunTally) if one.type is int)
