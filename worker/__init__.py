"""Preflight: no API request leaves unless the API will accept it.

``Job``, ``Operation``, ``Fault`` and ``Cause`` are what own checks are written with (``checks`` in the config), and
``enqueue_sql`` puts jobs on a PostgreSQL queue from a transaction of your own. They are imported when they are first
asked for: ``preflight --help`` needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from worker.contract.operation import Operation
    from worker.job import Job
    from worker.outbox import enqueue_sql
    from worker.outcome import Cause, Fault

__version__ = "0.1.0"

__all__ = ["Cause", "Fault", "Job", "Operation", "__version__", "enqueue_sql"]

_HOMES: Final = {
    "Cause": "worker.outcome",
    "Fault": "worker.outcome",
    "Job": "worker.job",
    "Operation": "worker.contract.operation",
    "enqueue_sql": "worker.outbox",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
