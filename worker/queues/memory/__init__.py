"""A queue in the memory of one process: the specification that the durable stores are held to."""

from worker.queues.memory.store import MemoryStore

__all__ = ["MemoryStore"]
