"""The queue in Valkey or Redis: sorted sets, and one script for each change of a batch."""

from worker.queues.valkey.store import ValkeyStore

__all__ = ["ValkeyStore"]
