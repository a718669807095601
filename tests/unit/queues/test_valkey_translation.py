"""The errors of Valkey and Redis reach people as ours, with the server and a remedy."""

import pytest
from redis import exceptions

from worker.errors import StoreBusyError, StoreError, StoreFullError, StoreGoneError
from worker.queues.valkey.translation import translate


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (exceptions.ConnectionError("refused"), StoreGoneError, "no connection to"),
        (exceptions.TimeoutError("Timeout reading"), StoreGoneError, "no connection to"),
        (OSError("broken pipe"), StoreGoneError, "no connection to"),
        (RuntimeError("unable to perform operation on <TCPTransport closed=True>"), StoreGoneError, "no connection to"),
        (exceptions.BusyLoadingError("loading the dataset"), StoreGoneError, "reads its data"),
        (exceptions.MasterDownError("link is down"), StoreGoneError, "another server is taking over"),
        (exceptions.ClusterDownError("down"), StoreGoneError, "another server is taking over"),
        (exceptions.ReadOnlyError("read only replica"), StoreGoneError, "another server is taking over"),
        (exceptions.SlotNotCoveredError("slot"), StoreGoneError, "no connection to"),
        (exceptions.TryAgainError("keys"), StoreBusyError, "does not take writes for now"),
        (exceptions.MovedError("866 10.0.0.1:6379"), StoreError, "?cluster=true"),
        (exceptions.OutOfMemoryError("command not allowed"), StoreFullError, "raise its maxmemory"),
        (exceptions.ResponseError("MISCONF errors writing to the AOF"), StoreFullError, "free space"),
        (exceptions.ResponseError("NOREPLICAS not enough"), StoreBusyError, "bring them back"),
        (exceptions.ResponseError("BUSY running a script"), StoreBusyError, "SCRIPT KILL"),
        (exceptions.AuthenticationError("invalid username-password pair"), StoreError, "correct queue.url"),
        (exceptions.NoPermissionError("no permissions"), StoreError, "~{p}:*"),
        (exceptions.ResponseError("ERR something else"), StoreError, "something else"),
    ],
)
def test_each_error_has_its_kind_and_remedy(error: Exception, kind: type[StoreError], words: str) -> None:
    """By the client's class for it, or by what the server says."""
    ours = translate(error, "valkey://u:...@h", "{p}")

    assert type(ours) is kind
    assert "valkey://u:...@h" in str(ours)
    assert words in str(ours)


def test_a_bug_of_ours_stays_one() -> None:
    """Nothing is said of the server where it has done nothing."""
    assert translate(RuntimeError("generator ignored GeneratorExit"), "valkey://h", "{p}") is None
    assert translate(KeyError("seq"), "valkey://h", "{p}") is None
