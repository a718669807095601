"""Which failures, as SQL: only the conditions that are asked for, so that SQLite can plan each question on its own."""

from typing import Any, Final

from worker.failure import Selection
from worker.queues.record import as_json
from worker.queues.selection import asked
from worker.queues.sqlite.statements import statement

#: Field of a Selection -> its condition. The columns have these names in ``list_failures`` and ``list_rejects``.
_CONDITIONS: Final = {
    "causes": "cause IN (SELECT value FROM json_each(:causes))",
    "api": "name ->> 0 = :api",
    "operation": "name ->> 1 = :operation",
    "status": "status = :status",
    "since": "failed_at >= :since",
    "ids": "id IN (SELECT value FROM json_each(:ids))",
}


def narrowed(name: str, selection: Selection) -> tuple[str, dict[str, Any]]:
    """The statement of this name with the conditions of a selection, and their values."""
    values = asked(selection)
    conditions = " AND ".join(_CONDITIONS[field] for field in values) or "TRUE"
    lists = {field: as_json(value) for field, value in values.items() if isinstance(value, list)}
    return statement(name).replace("/* selection */", conditions), values | lists
