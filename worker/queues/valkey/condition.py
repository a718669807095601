"""How the server is set up, as far as it tells: what it does when its memory is full, and what survives a restart."""

from dataclasses import dataclass
from typing import Any, Final

from worker.errors import StoreAwayError, StoreError
from worker.finding import Finding
from worker.queues.valkey.connection import Connection, Word

#: How full the memory may be before it is worth a word.
_FULL: Final = 0.8
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Condition:
    """What a server says of itself.

    Attributes:
        name: product and version.
        maxmemory: bytes; 0 where it takes all there is.
        policy: what it does when they are used up.
        appendonly: whether it writes a log of all changes.
        appendfsync: when that is on the disk; ``everysec`` where the server may not be asked.
        writes: whether its last write to that log went well.
        can_wait: whether a client can wait for the disk.
        takes_writes: whether it is no replica.
    """

    name: str
    used: int
    maxmemory: int
    policy: str
    appendonly: bool
    appendfsync: str
    writes: bool
    can_wait: bool
    takes_writes: bool

    @property
    def evicts(self) -> bool:
        """Whether jobs are thrown away when its memory is full."""
        return self.maxmemory > 0 and self.policy != "noeviction"

    @property
    def waits_for_disk(self) -> bool:
        """Whether waiting for the disk is possible, and comes to an end."""
        return self.appendonly and self.can_wait and self.appendfsync != "no"


async def read_condition(connection: Connection) -> Condition | None:
    """Ask the server how it is set up; None where this user may not ask.

    Raises:
        StoreAwayError: there is no connection.
    """
    told = await _answer(connection, "INFO")
    if told is None:
        return None
    fsync = await _answer(connection, "CONFIG", "GET", "appendfsync")
    version = told.get("valkey_version")
    return Condition(
        name=f"Valkey {version}" if version else f"Redis {told['redis_version']}",
        used=int(told["used_memory"]),
        maxmemory=int(told.get("maxmemory", 0)),
        policy=str(told.get("maxmemory_policy", "noeviction")),
        appendonly=bool(told.get("aof_enabled")),
        appendfsync=fsync[1].decode() if fsync else "everysec",
        writes=told.get("aof_last_write_status", "ok") == "ok",
        can_wait=await _answer(connection, "WAITAOF", 1, 0, 1) is not None,
        takes_writes=told.get("role", "master") == "master",
    )


async def _answer(connection: Connection, *words: Word) -> Any:
    """What the server answers; None where it does not know that command, or keeps it to itself."""
    try:
        return await connection.ask_server(*words)
    except StoreAwayError:
        raise
    except StoreError:
        return None


def findings_of(condition: Condition | None) -> list[Finding]:
    """What is worth knowing of a server, for ``preflight doctor``."""
    if condition is None:
        detail = "this user may not ask the server how it is set up (INFO)"
        return [Finding("warning", "server", detail, "check yourself: maxmemory-policy noeviction, appendonly yes")]
    replica = "is a replica, and takes no writes"
    return [
        Finding("ok", "server", condition.name)
        if condition.takes_writes
        else Finding("problem", "server", f"{condition.name} {replica}", "name its primary in queue.url"),
        memory_of(condition),
        persistence_of(condition),
    ]


def memory_of(condition: Condition) -> Finding:
    """Whether jobs may be thrown away, or find no room."""
    used = f"{condition.used / _MIB:.0f} MiB used"
    if condition.evicts:
        detail = f"maxmemory-policy {condition.policy} throws jobs away when maxmemory is used up"
        return Finding(
            "problem", "memory", detail, "CONFIG SET maxmemory-policy noeviction, and in the server's config"
        )
    if not condition.maxmemory:
        return Finding("ok", "memory", f"{used}, no maxmemory")
    detail = f"{used} of {condition.maxmemory / _MIB:.0f} MiB"
    if condition.used > _FULL * condition.maxmemory:
        return Finding(
            "warning", "memory", detail, "raise maxmemory, or set queue.retention: a full queue takes no jobs"
        )
    return Finding("ok", "memory", detail)


def persistence_of(condition: Condition) -> Finding:
    """What a restart or a power cut of the server may cost."""
    if not condition.appendonly:
        detail = (
            "appendonly is off: accepted jobs survive a restart of the server only with appendonly yes; "
            "without it they are lost, or are as they were in its last snapshot"
        )
        return Finding("warning", "persistence", detail, "CONFIG SET appendonly yes, and in the server's config")
    if not condition.writes:
        detail = "the last write to the append-only file failed"
        return Finding("problem", "persistence", detail, "free space on the server's disk, and look into its log")
    if condition.appendfsync == "always":
        return Finding("ok", "persistence", "appendonly, appendfsync always: what was answered survives a power cut")
    if not condition.waits_for_disk:
        detail = f"appendfsync {condition.appendfsync}: a power cut may cost the jobs of the last moments"
        return Finding("warning", "persistence", detail, "appendfsync always; or everysec, with Valkey or Redis 7.2 on")
    detail = (
        "appendonly, appendfsync everysec: accepting jobs, and noting that a request without an idempotency key is "
        "about to leave, waits for the disk, up to a second for each batch; a power cut may cost the outcomes of the "
        "last second: those jobs are sent again with the same key, or parked where they have none"
    )
    return Finding("ok", "persistence", detail)
