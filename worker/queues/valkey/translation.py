"""The client's errors in our words: one table, used at the one place where the client is called."""

from typing import Final, NamedTuple

from redis import exceptions

from worker.errors import StoreBusyError, StoreError, StoreFullError, StoreGoneError

_GONE: Final = "no connection to {shown} ({detail}): is the server up, and the address right?"
_BROKEN: Final = _GONE.replace("{detail}", "the connection broke")
_MOVED: Final = "{shown} does not take writes for now ({detail}): another server is taking over"
_RIGHTS: Final = (
    "{shown} refuses this user ({detail}): give it the keys ~{prefix}:*, ~{prefix}, the channel &{prefix}:* "
    "and the commands +@all -@dangerous +info"
)


class _Rule(NamedTuple):
    """An error of the client, or the beginning of what a server says, and what it means."""

    error: type[Exception]
    beginning: str
    kind: type[StoreError]
    message: str


#: The first that fits counts: several of the client's errors are kinds of its ConnectionError.
_TABLE: Final = (
    _Rule(exceptions.AuthenticationError, "", StoreError, "{shown} refuses the password ({detail}): correct queue.url"),
    _Rule(
        exceptions.AuthenticationWrongNumberOfArgsError,
        "",
        StoreError,
        "{shown} knows no users, only a password ({detail}): write valkey://:password@...",
    ),
    _Rule(exceptions.NoPermissionError, "", StoreError, _RIGHTS),
    _Rule(
        exceptions.BusyLoadingError,
        "",
        StoreGoneError,
        "{shown} reads its data ({detail}): wait until it is ready",
    ),
    _Rule(exceptions.ConnectionError, "", StoreGoneError, _GONE),
    _Rule(exceptions.TimeoutError, "", StoreGoneError, _GONE),
    _Rule(TimeoutError, "", StoreGoneError, _GONE),
    _Rule(OSError, "", StoreGoneError, _GONE),
    _Rule(RuntimeError, "unable to perform operation on", StoreGoneError, _BROKEN),  # so says uvloop
    _Rule(exceptions.MasterDownError, "", StoreGoneError, _MOVED),
    _Rule(exceptions.ClusterDownError, "", StoreGoneError, _MOVED),
    _Rule(exceptions.ClusterError, "", StoreGoneError, _MOVED),
    _Rule(exceptions.RedisClusterException, "", StoreGoneError, _GONE),
    _Rule(exceptions.ReadOnlyError, "", StoreGoneError, _MOVED),
    _Rule(exceptions.TryAgainError, "", StoreBusyError, _MOVED),
    _Rule(
        exceptions.AskError,
        "",
        StoreError,
        "{shown} is a node of a cluster that does not have the queue ({detail}): write ?cluster=true",
    ),
    _Rule(
        exceptions.OutOfMemoryError,
        "",
        StoreFullError,
        "no room left in {shown} ({detail}): raise its maxmemory, or set queue.retention",
    ),
    _Rule(
        exceptions.ResponseError,
        "MISCONF",
        StoreFullError,
        "{shown} cannot write to its disk ({detail}): free space there, and look into the server's log",
    ),
    _Rule(
        exceptions.ResponseError,
        "NOREPLICAS",
        StoreBusyError,
        "{shown} has fewer replicas than it needs ({detail}): bring them back, or lower min-replicas-to-write",
    ),
    _Rule(
        exceptions.ResponseError,
        "BUSY",
        StoreBusyError,
        "{shown} is busy with a script of somebody else ({detail}): wait, or run SCRIPT KILL",
    ),
    _Rule(exceptions.ResponseError, "max number of clients", StoreBusyError, _GONE),
)


def translate(error: Exception, shown: str, prefix: str) -> StoreError | None:
    """Our error for one of the client's, naming the server and the remedy; None for one that is a bug of ours."""
    detail = str(error) or type(error).__name__
    for rule in _TABLE:
        if isinstance(error, rule.error) and detail.startswith(rule.beginning):
            return rule.kind(rule.message.format(shown=shown, prefix=prefix, detail=detail))
    return (
        StoreError(f"{shown}: {detail}: look into the server's log")
        if isinstance(error, exceptions.RedisError)
        else None
    )
