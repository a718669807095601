"""What a runner is put together from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from worker.engine.api import Api
from worker.engine.bookkeeping import Bookkeeper
from worker.engine.callbacks import Callbacks
from worker.engine.canary import Canary
from worker.engine.desk import Hands
from worker.engine.outage import Outage
from worker.engine.pipeline import Pipeline
from worker.engine.renewal import Renewal
from worker.engine.retention import Retention
from worker.events import Bus
from worker.limits.gate import Gates
from worker.ports import Bell, Clock, Queue, Quota, Stops


@dataclass(frozen=True, slots=True)
class Parts:
    """What a runner is put together from.

    Attributes:
        hands: what this worker has leased.
        outage: knows whether the store is away.
        limited: APIs that have budgets.
        canary: decides how many jobs the run may take on; without one, any number.
        callbacks: tell others what became of jobs.
        renewal: looks after credentials; not needed where none can change.
        retention: forgets what is old; without it, nothing is forgotten.
    """

    queue: Queue
    quota: Quota
    stops: Stops
    bell: Bell
    hands: Hands
    outage: Outage
    books: Bookkeeper
    limited: Collection[str]
    gates: Gates
    pipeline: Pipeline
    apis: Mapping[str, Api]
    bus: Bus
    clock: Clock
    canary: Canary | None = None
    callbacks: Callbacks | None = None
    renewal: Renewal | None = None
    retention: Retention | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Times of a runner, in seconds.

    Attributes:
        lease_s: how long a lease lasts unless renewed.
        drain_s: how long requests in flight may go on after ``stop``.
    """

    lease_s: float
    drain_s: float
