"""The embedded queue: one SQLite file, nothing to install, safe for several processes of one machine."""

from worker.queues.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
