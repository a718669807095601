"""Failures of one kind: how many there are, and one of them."""

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from worker.engine.mending import Chosen, each
from worker.failure import Failure, Selection
from worker.outcome import Cause
from worker.ports import Ledger
from worker.stages.judge import REJECTIONS

_MAX_KINDS: Final = 1000  # names and messages may be data: what there is to be wrong about then has no end
#: Failures that ``drift`` reads: as many as take a second; a pattern shows long before.
MOST_READ: Final = 10_000
#: What differs between two messages that say the same: what is quoted, and numbers.
_DATA: Final = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\d+(?:\.\d+)?")


class Kind(NamedTuple):
    """What failures have in common: the cause, the operation, and their first fault, if any.

    Attributes:
        pointer: without the numbers of lists' items.
        message: what the API said, of jobs that it rejected: of the first of them. None of all others.
    """

    cause: str
    api: str
    operation: str
    pointer: str | None
    rule: str | None
    message: str | None


@dataclass(slots=True)
class Group:
    """Failures of one kind; ``example`` is the id of the first."""

    kind: Kind
    example: str
    count: int = 0


@dataclass(slots=True)
class Groups:
    """Failures by kind; the memory does not grow with them.

    Attributes:
        beyond: failures of yet other kinds, when there were too many kinds to count apart.
    """

    beyond: int = 0
    _found: dict[Kind, Group] = field(default_factory=dict)

    def add(self, failure: Failure) -> None:
        """Count a failure."""
        kind = _kind(failure)
        key = kind._replace(message=kind.message and _DATA.sub("*", kind.message))
        group = self._found.get(key)
        if group is None:
            if len(self._found) >= _MAX_KINDS:
                self.beyond += 1
                return
            group = self._found[key] = Group(kind, failure.id)
        group.count += 1

    @property
    def found(self) -> list[Group]:
        """The kinds, the most frequent first."""
        return sorted(self._found.values(), key=lambda group: -group.count)


async def groups(ledger: Ledger, chosen: Chosen) -> Groups:
    """The chosen failures by kind."""
    made = Groups()
    async for failure in each(ledger, chosen):
        made.add(failure)
    return made


async def drift(ledger: Ledger, now: float) -> Groups:
    """What APIs mind in requests that their contracts allow, by kind; of as many failures as can be read at once."""
    made, count = Groups(), 0
    async for failure in each(ledger, Chosen(Selection(frozenset({Cause.REJECTED})), now)):
        if failure.problem.status in REJECTIONS:
            made.add(failure)
        count += 1
        if count >= MOST_READ:
            break
    return made


def _kind(failure: Failure) -> Kind:
    problem = failure.problem
    first = next(iter(problem.faults), None)
    message = None
    if problem.cause is Cause.REJECTED:
        message = first.detail if first else problem.title
    pointer, rule = (first.anywhere, first.rule) if first else (None, None)
    return Kind(problem.cause.value, failure.lane.api, failure.lane.operation, pointer, rule, message)
