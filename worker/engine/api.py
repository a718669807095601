"""Everything that is needed to work for one API."""

from dataclasses import dataclass

from worker.contract.contract import Contract
from worker.ports import Transport
from worker.settings.sections import RetrySettings
from worker.stages.dispatch import Destination
from worker.stages.validate import Mode


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
    mode: Mode
    concurrency: int
    transport: Transport
