"""What the columns of a table mean: each goes to a place in the job, with the type that the contract asks for there."""

from collections.abc import Mapping
from typing import Any, Final

from worker.contract.contract import Contract
from worker.errors import UsageError

#: Fields of a job that are single values, and those that hold others.
_FIELDS: Final = frozenset({"id", "api", "operation", "key", "priority", "not_before", "deadline", "meta", "body"})
_HOLDERS: Final = frozenset({"params", "body", "cost", "headers", "meta"})


class Columns:
    """Turns records of text into jobs.

    Args:
        mapping: column to place, from ``--map``; an empty place leaves the column out. Columns that are not named go
            to the field or place they are called after (``id``, ``body.qty``), else to the operation's parameter of
            that name, else to the body's member of that name.
        contracts: by API.

    Attributes:
        operation: for records that name none.
    """

    def __init__(self, mapping: Mapping[str, str], operation: str | None, contracts: Mapping[str, Contract]) -> None:
        for column, place in mapping.items():
            if place and place.partition(".")[0] not in _FIELDS | _HOLDERS:
                raise UsageError(
                    f"--map {column}={place}: {place!r} is no place in a job; write id, key, params.NAME, body.NAME, "
                    f"cost.NAME, headers.NAME or meta.NAME"
                )
        self._mapping = mapping
        self.operation = operation
        self._contracts = contracts
        self._places: dict[tuple[str, str, str], tuple[str, ...]] = {}

    def job(self, record: Mapping[str, str], default_api: str | None) -> dict[str, Any]:
        """The job that a record describes. Empty cells are left out: a missing value and an empty one look the same."""
        api = record.get("api") or default_api or ""
        operation = record.get("operation") or self.operation or ""
        made: dict[str, Any] = {"api": api} if api else {}
        if operation:
            made["operation"] = operation
        for column, text in record.items():
            if text == "" or (place := self._place(api, operation, column)) == ():
                continue
            _put(made, place, self._typed(api, operation, place, text))
        return made

    def _place(self, api: str, operation: str, column: str) -> tuple[str, ...]:
        key = (api, operation, column)
        if key not in self._places:
            self._places[key] = self._find(api, operation, column)
        return self._places[key]

    def _find(self, api: str, operation: str, column: str) -> tuple[str, ...]:
        if (mapped := self._mapping.get(column)) is not None:
            return _split(mapped)
        if column in _FIELDS or column.partition(".")[0] in _HOLDERS:
            return _split(column)
        contract = self._contracts.get(api)
        known = contract.operations.get(operation) if contract else None
        if known and (column in known.by_flat or column in known.aliases):
            return "params", column
        return ("body", *column.split("."))

    def _typed(self, api: str, operation: str, place: tuple[str, ...], text: str) -> Any:
        head = place[0]
        if head in {"priority", "cost"}:
            return _number(text)
        contract = self._contracts.get(api)
        endpoint = contract.endpoint(operation) if contract and head in {"params", "body"} else None
        return endpoint.coerced(head, place[1:], text) if endpoint else text


def _split(place: str) -> tuple[str, ...]:
    """``params.query.id`` keeps its dots after the first: a parameter's name may have some."""
    if not place:
        return ()
    head, _, rest = place.partition(".")
    if not rest:
        return (head,)
    return (head, rest) if head in {"params", "headers", "cost"} else (head, *rest.split("."))


def _number(text: str) -> Any:
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text


def _put(target: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    """Set a value at a path, making objects, and lists where a step is the next number of one."""
    here: Any = target
    for step, following in zip(place, (*place[1:], None), strict=True):
        made: Any = value if following is None else ([] if following == "0" else {})
        if isinstance(here, list):
            index = int(step) if step.isdecimal() else len(here)
            if index >= len(here):
                here.append(made)
            here = here[min(index, len(here) - 1)]
        elif isinstance(here, dict):
            if following is None:
                here[step] = made
            here = here.setdefault(step, made)
        else:
            return  # a column and its own member, such as body and body.qty: the first one stays
