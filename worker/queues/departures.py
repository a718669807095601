"""What does not leave a store: the same for every store."""

from worker.errors import StoreError


def in_hand(id_: str) -> StoreError:
    """Why a job that is leased cannot be read as a record."""
    return StoreError(f"job {id_} is in a worker's hands: stop the workers, or wait for its lease to end")
