"""Sends failed jobs again, mended if need be, and counts what that does; or counts what it would do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from worker.engine.choosing import Chosen, pages
from worker.engine.mending import Decision, Mender, Revision
from worker.failure import Failure
from worker.ports import Edit, Ledger


@dataclass(slots=True)
class Replayed:
    """What a replay did, or would do.

    Attributes:
        selected: replayed, still bad, and rows, if nobody else replays at the same time.
        changed: jobs whose content an edit alters.
        replayed: jobs that are back on the queue, or would be.
        rows: selected rows that never became jobs.
        unknown: ids that no failure has, and lines of an edited file that lead to none.
    """

    selected: int = 0
    changed: int = 0
    replayed: int = 0
    still_bad: int = 0
    rows: int = 0
    unknown: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything that was asked for is, or would be, back on the queue."""
        return self.replayed == self.selected and not self.unknown


class Spread(NamedTuple):
    """When replayed jobs become ready: ``per_s`` in a second, from a time in epoch seconds on."""

    start: float
    per_s: float

    def due_at(self, number: int) -> float:
        """When the job of a number, counted from 0, becomes ready."""
        return self.start + number / self.per_s


class Mended(NamedTuple):
    """A failure, and the edit that it gets; ``where`` is what a person knows it by."""

    where: str
    failure: Failure
    revise: Revision | None


class Replay:
    """One pass over failures.

    Args:
        spread: when the jobs become ready; all at once without it.
        tell: hears of every job that is still bad, and why.
        only_count: nothing is changed, and what would be done is counted.
    """

    def __init__(
        self,
        ledger: Ledger,
        mender: Mender,
        tell: Callable[[str, str], None],
        spread: Spread | None = None,
        *,
        only_count: bool = False,
    ) -> None:
        self.done = Replayed()
        self._ledger = ledger
        self._mender = mender
        self.tell = tell
        self._spread = spread
        self._only_count = only_count

    async def take(self, page: Sequence[Mended]) -> None:
        """Put those failures back on the queue that may be sent."""
        done = self.done
        jobs = [one for one in page if one.failure.state is not None]
        payloads = await self._ledger.payloads([one.failure.id for one in jobs])
        edits: list[Edit] = []
        for where, failure, revise in jobs:
            if (payload := payloads.get(failure.id)) is None:
                continue  # somebody discarded it meanwhile
            decision = self._mender.decide(failure, payload, revise)
            done.changed += decision.changed
            if decision.edit is not None:
                edits.append(self._timed(decision.edit, done.replayed + len(edits)))
            else:
                self._refuse(where, decision)
        done.selected += len(page)
        done.rows += len(page) - len(jobs)
        done.replayed += len(edits) if self._only_count or not edits else await self._ledger.replay(edits)

    def _refuse(self, where: str, decision: Decision) -> None:
        self.done.still_bad += 1
        self.tell(where, decision.reason)

    def _timed(self, edit: Edit, number: int) -> Edit:
        if self._spread is None:
            return edit
        return edit._replace(due_at=max(self._spread.due_at(number), edit.due_at or 0.0))


async def replay(ledger: Ledger, chosen: Chosen, revise: Revision | None, into: Replay) -> Replayed:
    """Mend the chosen failures, all with one edit, page by page."""
    async for page in pages(ledger, chosen):
        await into.take([Mended(failure.id, failure, revise) for failure in page])
    return into.done
