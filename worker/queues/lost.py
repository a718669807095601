"""Leases that ran out and that nobody has taken back: no worker looks after the queue. The same for every store."""

from typing import Final

from worker.finding import Finding

#: Workers take back what ran out every few seconds.
LOST_S: Final = 60.0


def lost_leases(jobs: int, since: float | None, now: float) -> Finding:
    """What to say of ``jobs`` whose leases ran out ``LOST_S`` ago or more, the first of them at ``since``."""
    if not jobs or since is None:
        return Finding("ok", "leases", "none was left behind")
    detail = f"{jobs:,} jobs were left by workers that died, the first {(now - since) / 60:,.0f} min ago"
    return Finding("warning", "leases", detail, "start a worker: it takes them back")
