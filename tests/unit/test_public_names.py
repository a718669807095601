import worker
from worker.contract.operation import Operation
from worker.job import Job
from worker.outcome import Cause, Fault


def test_what_own_checks_are_written_with_has_public_names() -> None:
    """A module of the user's imports from ``worker`` alone."""
    assert (worker.Job, worker.Operation, worker.Fault, worker.Cause) == (Job, Operation, Fault, Cause)
    assert all(hasattr(worker, name) for name in worker.__all__)
