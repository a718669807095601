"""Which failures, as SQL: only the conditions that are asked for."""

from typing import Any, Final

from worker.failure import Selection
from worker.queues.postgres.paging import FIRST_VALUE, Listing
from worker.queues.postgres.statements import statement
from worker.queues.record import as_json
from worker.queues.selection import asked

#: Field of a Selection -> its condition, on columns of ``list_failures`` and ``list_rejects``. The name of a lane
#: begins with its API, and no other part of it can look like the operation between its commas.
_CONDITIONS: Final = {
    "causes": "cause = ANY({}::text[])",
    "api": "starts_with(lanes.name, {}::text)",
    "operation": "strpos(lanes.name, {}::text) > 0",
    "status": "status = {}::integer",
    "since": "failed_at >= {}::double precision",
}

_IDS: Final = {
    "list_failures": "failures.seq = ANY(ARRAY(SELECT seq FROM preflight.bodies WHERE id = ANY({}::text[])))",
    "list_rejects": "id = ANY({}::text[])",
}


def narrowed(name: str, selection: Selection) -> Listing:
    """The listing of this name with the conditions of a selection."""
    values = {field: _value(field, value) for field, value in asked(selection).items()}
    forms = {**_CONDITIONS, "ids": _IDS[name]}
    conditions = (forms[field].format(f"${number}") for number, field in enumerate(values, FIRST_VALUE))
    listing = statement(name).replace("/* selection */", " AND ".join(conditions) or "TRUE")
    return Listing(listing, tuple(values.values()))


def _value(field: str, value: Any) -> Any:
    match field:
        case "api":
            return f"[{as_json(value)},"
        case "operation":
            return f'",{as_json(value)},'
        case _:
            return value
