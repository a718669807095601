"""What the columns of a table mean: each goes to a place in the job, as the text that it is."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from worker.contract.coerce import coerced
from worker.contract.contract import Contract
from worker.contract.explain import suggest
from worker.errors import UsageError

#: Fields of a job that are single values, and those that hold others.
_FIELDS: Final = frozenset({"id", "api", "operation", "key", "priority", "not_before", "deadline", "meta", "body"})
_HOLDERS: Final = frozenset({"params", "body", "cost", "headers", "meta"})
_DEEPEST: Final = 64  # levels of a place: far more than any body has, far less than any reader fails at
_NUMBERS: Final = frozenset({"priority", "cost"})  # what is no part of the request has its type from the job's schema
_A_NUMBER: Final = frozenset({"number"})


class Columns:
    """Turns records of text into jobs.

    Args:
        mapping: column to place, from ``--map``; an empty place leaves the column out. Columns that are not named go
            to the field or place they are called after (``id``, ``body.qty``), else to the operation's parameter of
            that name, else to the body's member of that name.
        operation: for records that name none.
        contracts: by API.
        trim: cells of nothing but blanks are empty.

    Attributes:
        operation: as given.
    """

    def __init__(
        self,
        mapping: Mapping[str, str],
        operation: str | None,
        contracts: Mapping[str, Contract],
        *,
        trim: bool = False,
    ) -> None:
        for column, place in mapping.items():
            head, dot, rest = place.partition(".")
            if place and not (head in _HOLDERS and rest if dot else head in _FIELDS):
                raise UsageError(
                    f"--map {column}={place}: {place!r} is no place in a job; write id, key, params.NAME, body.NAME, "
                    f"cost.NAME, headers.NAME or meta.NAME"
                )
        self._mapping = mapping
        self.operation = operation
        self._contracts = contracts
        self._trim = trim
        self._api_column = self._column_of("api")
        self._operation_column = self._column_of("operation")
        self._layouts: dict[tuple[str, str, tuple[str, ...]], _Layout] = {}

    def job(self, record: Mapping[str, str], default_api: str | None) -> dict[str, Any]:
        """The job that a record describes. Empty cells are left out: a missing value and an empty one look the same.

        Raises:
            UsageError: two of its columns go to one place, or the mapping names one that it does not have.
        """
        api = self._cell(record, self._api_column) or default_api or ""
        operation = self._cell(record, self._operation_column) or self.operation or ""
        layout = self._layout(api, operation, tuple(record))
        made: dict[str, Any] = {"api": api} if api else {}
        if operation:
            made["operation"] = operation
        for column, place in layout.places:
            if (text := self._cell(record, column)) != "":
                _put(made, place, coerced(text, _A_NUMBER) if place[0] in _NUMBERS else record[column])
        for prefix in layout.lists:
            _make_list(made, prefix)
        return made

    def _cell(self, record: Mapping[str, str], column: str) -> str:
        text = record.get(column, "")
        return text.strip() if self._trim else text

    def _column_of(self, field: str) -> str:
        mapped = (column for column, place in self._mapping.items() if place == field)
        return next(mapped, "" if field in self._mapping else field)

    def _layout(self, api: str, operation: str, columns: tuple[str, ...]) -> "_Layout":
        key = (api, operation, columns)
        if key not in self._layouts:
            self._refuse_strangers(columns)
            found = [(column, self._find(api, operation, column)) for column in columns]
            self._layouts[key] = _laid_out([(column, place) for column, place in found if place])
        return self._layouts[key]

    def _refuse_strangers(self, columns: tuple[str, ...]) -> None:
        for column, place in self._mapping.items():
            if column not in columns:
                raise UsageError(f"--map {column}={place}: there is no column {column!r}; {suggest(column, columns)}")

    def _find(self, api: str, operation: str, column: str) -> tuple[str, ...]:
        if (mapped := self._mapping.get(column)) is not None:
            return _split(mapped)
        if column in _FIELDS or ("." in column and column.partition(".")[0] in _HOLDERS):
            return _split(column)
        contract = self._contracts.get(api)
        known = contract.operations.get(operation) if contract else None
        if known and (column in known.by_flat or column in known.aliases):
            return "params", column
        return ("body", *column.split("."))


class _Layout(NamedTuple):
    """Where the columns of a table go, and which of those places are lists, the innermost first."""

    places: list[tuple[str, tuple[str, ...]]]
    lists: list[tuple[str, ...]]


def _laid_out(places: list[tuple[str, tuple[str, ...]]]) -> _Layout:
    """A place with a member called ``0`` is a list.

    Raises:
        UsageError: two columns go to one place, or one goes into what another fills.
    """
    taken = {place: column for column, place in reversed(places)}
    lists: set[tuple[str, ...]] = set()
    for column, place in places:
        for depth in range(1, len(place) + 1):
            other = taken.get(place[:depth], column)
            if other != column:
                raise UsageError(
                    f"columns {other!r} and {column!r} both go to {'.'.join(place[:depth])}; leave one out with "
                    f"--map {column}="
                )
            if place[depth : depth + 1] == ("0",):
                lists.add(place[:depth])
    return _Layout(places, sorted(lists, key=len, reverse=True))


def _split(place: str) -> tuple[str, ...]:
    """``params.query.id`` keeps its dots after the first: a parameter's name may have some."""
    if not place:
        return ()
    head, _, rest = place.partition(".")
    if not rest:
        return (head,)
    if rest.count(".") > _DEEPEST:
        raise UsageError(f"the column {place[:40]!r}... goes deeper than {_DEEPEST} levels, which no API takes")
    return (head, rest) if head in {"params", "headers", "cost"} else (head, *rest.split("."))


def _put(target: dict[str, Any], place: tuple[str, ...], value: Any) -> None:
    """Set a value at a path, making objects on the way."""
    *above, last = place
    for step in above:
        target = target.setdefault(step, {})
    target[last] = value


def _make_list(target: Any, prefix: tuple[str, ...]) -> None:
    """Make a list of an object whose members are numbered, where there is one; numbers that are missing close up."""
    *above, last = prefix
    for step in above:
        target = target.get(step)
        if not isinstance(target, dict):
            return
    found = target.get(last)
    if isinstance(found, dict) and all(map(str.isdecimal, found)):
        target[last] = [found[number] for number in sorted(found, key=int)]
