"""Everything that is needed to work for one API."""

from dataclasses import dataclass

from worker.contract.contract import Contract
from worker.ports import Transport
from worker.settings import RetrySettings, Validation
from worker.stages.dispatch import Destination


@dataclass(frozen=True, slots=True)
class Api:
    """One API, ready for work.

    Attributes:
        concurrency: requests in flight at once.
    """

    name: str
    contract: Contract
    destination: Destination
    policy: RetrySettings
    mode: Validation
    concurrency: int
    transport: Transport
