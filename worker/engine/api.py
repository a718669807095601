"""Everything that is needed to work for one API."""

from collections.abc import Mapping
from dataclasses import dataclass

from worker.contract.contract import Contract
from worker.limits.gate import Level
from worker.ports import Transport
from worker.settings import DriftSettings, Validation
from worker.stages.dispatch import Destination
from worker.stages.judge import Policy


@dataclass(frozen=True, slots=True)
class Api:
    """One API, ready for work.

    Attributes:
        policies: how answers are judged, by operation: of every one that there is.
        modes: how strictly jobs are held to the contract, by operation: of every one that there is.
        drift: when an operation is left alone whose API rejects what the contract allows.
        concurrency: requests in flight at once.
        ordered: one job of a lane at a time, in the order of acceptance.
        closes: how much a throttle stops.
        max_delayed: retries that may wait for their time before no more jobs are leased.
    """

    name: str
    contract: Contract
    destination: Destination
    policies: Mapping[str, Policy]
    modes: Mapping[str, Validation]
    drift: DriftSettings
    concurrency: int
    transport: Transport
    ordered: bool = False
    closes: Level = "api"
    max_delayed: int = 100_000
