"""Which failures, as databases are asked for them: the same for every store that has SQL."""

from typing import Any

from worker.failure import Selection
from worker.queues.identifiers import ids_text


def asked(selection: Selection) -> dict[str, Any]:
    """Field of a selection -> what it must be, or one of what; only those that say something. Ids as they are kept."""
    values = {
        "causes": [cause.value for cause in selection.causes],
        "api": selection.api,
        "operation": selection.operation,
        "status": selection.status,
        "since": selection.since,
        "ids": ids_text(sorted(selection.ids)),
    }
    return {field: value for field, value in values.items() if value not in (None, [])}
