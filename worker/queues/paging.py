"""Cursors of ``Ledger.failures``: failed jobs by their number first, then rejected rows by theirs, in one integer."""

from typing import Final

from worker.failure import Failure, Selection

#: Cursors from here on count rejected rows. No queue will ever hold so many jobs, and it fits into 64 bits.
FIRST_REJECT: Final = 1 << 62


def selects(selection: Selection, failure: Failure) -> bool:
    """Whether a failure is one of those asked for."""
    problem = failure.problem
    return (
        (not selection.causes or problem.cause in selection.causes)
        and (selection.api is None or failure.lane.api == selection.api)
        and (selection.operation is None or failure.lane.operation == selection.operation)
        and (selection.status is None or problem.status == selection.status)
        and (selection.since is None or failure.failed_at >= selection.since)
        and (not selection.ids or failure.id in selection.ids)
    )
