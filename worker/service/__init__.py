"""The composition root: settings become a running system.

Imported name by name: a command that only reads the queue needs no HTTP client.
"""

from typing import TYPE_CHECKING

from worker import lazy

if TYPE_CHECKING:
    from worker.service.assembly import Work, tried, work
    from worker.service.documents import base_url, contracts
    from worker.service.generation import Generation, Rereading, forget_drift, read_again
    from worker.service.program import run_async, system_clock, tune
    from worker.service.store import Store, is_made, open_store

__all__ = [
    "Generation",
    "Rereading",
    "Store",
    "Work",
    "base_url",
    "contracts",
    "forget_drift",
    "is_made",
    "open_store",
    "read_again",
    "run_async",
    "system_clock",
    "tried",
    "tune",
    "work",
]

__getattr__ = lazy.attributes(
    __name__,
    {
        "Generation": "worker.service.generation",
        "Rereading": "worker.service.generation",
        "Store": "worker.service.store",
        "Work": "worker.service.assembly",
        "base_url": "worker.service.documents",
        "contracts": "worker.service.documents",
        "forget_drift": "worker.service.generation",
        "is_made": "worker.service.store",
        "open_store": "worker.service.store",
        "read_again": "worker.service.generation",
        "run_async": "worker.service.program",
        "system_clock": "worker.service.program",
        "tried": "worker.service.assembly",
        "tune": "worker.service.program",
        "work": "worker.service.assembly",
    },
)
