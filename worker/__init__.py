"""Preflight: no API request leaves unless the API will accept it.

``Job``, ``Operation``, ``Fault`` and ``Cause`` are what own checks are written with (``checks`` in the config), and
``enqueue_sql`` puts jobs on a PostgreSQL queue from a transaction of your own. They are imported when they are first
asked for: ``preflight --help`` needs none of them.
"""

from typing import TYPE_CHECKING

from worker import lazy

if TYPE_CHECKING:
    from worker.contract.operation import Operation
    from worker.job import Job
    from worker.outbox import enqueue_sql
    from worker.outcome import Cause, Fault

__version__ = "0.1.0"

__all__ = ["Cause", "Fault", "Job", "Operation", "__version__", "enqueue_sql"]

__getattr__ = lazy.attributes(
    __name__,
    {
        "Cause": "worker.outcome",
        "Fault": "worker.outcome",
        "Job": "worker.job",
        "Operation": "worker.contract.operation",
        "enqueue_sql": "worker.outbox",
    },
)
