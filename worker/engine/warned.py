"""What ``validation = "warn"`` is for: jobs that were sent although their contract does not allow them, by kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from worker.events import JobWarned

_MAX_KINDS: Final = 1000  # names in a body may be data: what there is to be wrong about then has no end


class Kind(NamedTuple):
    """What faults have in common."""

    api: str
    operation: str
    pointer: str
    rule: str


@dataclass(slots=True)
class Count:
    """Jobs with one kind of fault.

    Attributes:
        would_refuse: how many came to their end.
        accepted: how many of them the API accepted.
        example: what one of the faults says.
    """

    example: str
    would_refuse: int = 0
    accepted: int = 0


@dataclass(slots=True)
class Warned:
    """Counts jobs that would have been refused; its memory does not grow with them.

    Attributes:
        would_refuse: jobs that came to their end.
        accepted: those of them that the API accepted.
        beyond: times that a job had a fault of yet another kind, when there were too many kinds to count apart.
    """

    would_refuse: int = 0
    accepted: int = 0
    beyond: int = 0
    _counts: dict[Kind, Count] = field(default_factory=dict)

    def add(self, event: JobWarned) -> None:
        """Count a job: once for each kind of its faults."""
        self.would_refuse += 1
        self.accepted += event.accepted
        api, operation = event.lane.api, event.lane.operation
        kinds = {Kind(api, operation, one.anywhere, one.rule): one.detail for one in event.faults}
        for kind, detail in kinds.items():
            self._count(kind, Count(detail, 1, int(event.accepted)))

    def include(self, other: "Warned") -> None:
        """Count what another has counted."""
        self.would_refuse += other.would_refuse
        self.accepted += other.accepted
        self.beyond += other.beyond
        for kind, count in other._counts.items():  # noqa: SLF001 - one of its own
            self._count(kind, count)

    def _count(self, kind: Kind, more: Count) -> None:
        count = self._counts.get(kind)
        if count is None:
            if len(self._counts) >= _MAX_KINDS:
                self.beyond += more.would_refuse
                return
            count = self._counts[kind] = Count(more.example)
        count.would_refuse += more.would_refuse
        count.accepted += more.accepted

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Warned":
        """What its JSON form says."""
        counts = {
            Kind(**{name: group[name] for name in Kind._fields}): Count(
                group["example"], group["would_refuse"], group["accepted"]
            )
            for group in told["groups"]
        }
        return cls(told["would_refuse"], told["accepted"], told.get("beyond", 0), counts)

    @property
    def counts(self) -> list[tuple[Kind, Count]]:
        """Every kind, the most frequent first."""
        return sorted(self._counts.items(), key=lambda item: -item[1].would_refuse)

    @property
    def json(self) -> dict[str, Any]:
        """What ``run --json`` prints; ``beyond`` only where there is something to tell."""
        groups = [
            {**kind._asdict(), "would_refuse": count.would_refuse, "accepted": count.accepted, "example": count.example}
            for kind, count in self.counts
        ]
        beyond = {"beyond": self.beyond} if self.beyond else {}
        return {"would_refuse": self.would_refuse, "accepted": self.accepted, "groups": groups, **beyond}
