"""Everything that is needed to work for one API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from worker.auth.keyring import Keyring
from worker.contract.contract import Contract
from worker.limits.concurrency import Concurrency
from worker.limits.gate import Level
from worker.ports import Transport
from worker.settings import BreakerSettings, DriftSettings, Validation
from worker.settings.predicate import Place
from worker.settings.probe import ProbeSettings
from worker.stages.capture import CAPTURE, Capture
from worker.stages.dispatch import Destination
from worker.stages.judge import Policy


class Cost(NamedTuple):
    """A named cost that answers tell.

    Attributes:
        place: where they do.
        estimate: what is reserved for a job that does not name it.
    """

    place: Place
    estimate: float


@dataclass(frozen=True, slots=True)
class Api:
    """One API, ready for work.

    Attributes:
        destination: of jobs that travel with the keyring's default.
        policies: how answers are judged, by operation: of every one that there is.
        modes: how strictly jobs are held to the contract, by operation: of every one that there is.
        drift: when an operation is left alone whose API rejects what the contract allows.
        concurrency: how many requests may be in flight at once, now and ever.
        ordered: one job of a lane at a time, in the order of acceptance.
        closes: how much a throttle stops.
        max_delayed: retries that may wait in this worker before nothing more is leased.
        breaker: when a lane is left alone whose requests fail.
        costs: those that answers tell, by name.
        probes: what tells whether a request arrived, by operation.
        capture: what is kept of answers.
        by_key: the destinations of jobs whose key has a credential of its own.
    """

    name: str
    contract: Contract
    destination: Destination
    policies: Mapping[str, Policy]
    modes: Mapping[str, Validation]
    drift: DriftSettings
    concurrency: Concurrency
    transport: Transport
    keyring: Keyring
    ordered: bool = False
    closes: Level = "api"
    max_delayed: int = 100_000
    by_key: Mapping[str, Destination] = field(default_factory=dict)
    costs: Mapping[str, Cost] = field(default_factory=dict)
    probes: Mapping[str, ProbeSettings] = field(default_factory=dict)
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    capture: Capture = CAPTURE

    def to(self, key: str | None) -> Destination:
        """Where a job with this key goes, and what is put on its request."""
        return self.by_key.get(key, self.destination) if self.by_key and key is not None else self.destination
