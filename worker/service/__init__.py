"""The composition root: settings become a running system."""

from worker.service.contracts import base_url, contracts
from worker.service.program import run_async, system_clock, tune
from worker.service.store import Store, open_store
from worker.service.work import Work, tried, work

__all__ = ["Store", "Work", "base_url", "contracts", "open_store", "run_async", "system_clock", "tried", "tune", "work"]
