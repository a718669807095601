"""The composition root: settings become a running system."""

from worker.service.contracts import base_url, contracts
from worker.service.generation import Generation, Rereading, forget_drift
from worker.service.generation import read as read_again
from worker.service.program import run_async, system_clock, tune
from worker.service.store import Store, open_store
from worker.service.work import Work, tried, work

__all__ = [
    "Generation",
    "Rereading",
    "Store",
    "Work",
    "base_url",
    "contracts",
    "forget_drift",
    "open_store",
    "read_again",
    "run_async",
    "system_clock",
    "tried",
    "tune",
    "work",
]
