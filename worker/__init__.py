"""Preflight: no API request leaves unless the API will accept it.

``Job``, ``Operation``, ``Fault`` and ``Cause`` are what own checks are written with (``checks`` in the config). They
are imported when they are first asked for: ``preflight --help`` needs none of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from worker.contract.operation import Operation
    from worker.job import Job
    from worker.outcome import Cause, Fault

__version__ = "0.1.0"

__all__ = ["Cause", "Fault", "Job", "Operation", "__version__"]

_HOMES: Final = {
    "Cause": "worker.outcome",
    "Fault": "worker.outcome",
    "Job": "worker.job",
    "Operation": "worker.contract.operation",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
