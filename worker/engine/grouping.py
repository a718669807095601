"""Failures of one kind: how many there are, and one of them."""

from dataclasses import dataclass, field
from typing import Final

from worker.engine.choosing import Chosen, each
from worker.engine.kind import Kind, kind_of
from worker.failure import Failure, Selection
from worker.outcome import Cause
from worker.ports import Ledger
from worker.stages.judge import REJECTIONS

_MAX_KINDS: Final = 1000  # names and messages may be data: what there is to be wrong about then has no end
#: Failures that ``drift`` reads: as many as take a second; a pattern shows long before.
MOST_READ: Final = 10_000


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
        kind = kind_of(failure)
        key = kind.bare
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
