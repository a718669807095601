"""Gives the values of rows the types that contracts ask for, and keeps count of what it changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from worker.contract.coerce import Change, Coercer
from worker.contract.contract import Contract
from worker.contract.media import named_in
from worker.errors import UsageError
from worker.intake import exact

_MAX_GROUPS: Final = 200  # a person reads far fewer; what is beyond them is counted by operation
_LINES: Final = 3


@dataclass(slots=True)
class Changed:
    """Values that were changed alike: text at one place of one operation, to one type.

    Attributes:
        operation: empty for rows that name none that there is.
        pointer: as in ``Change``; ``#`` where there are too many to tell apart.
        lines: the first that had such a value.
    """

    operation: str
    pointer: str
    to: str
    count: int = 0
    lines: list[int] = field(default_factory=list)


class Coercion:
    """What is done to the rows of one command.

    Args:
        contracts: by API.
        objects: also change rows of JSON, which have types of their own; those of a table are always changed.
        trim: blanks around text are no part of it.
    """

    def __init__(self, contracts: Mapping[str, Contract], *, objects: bool = False, trim: bool = False) -> None:
        self._trim = trim
        self._objects = objects
        self._cells = {api: Coercer(one, trim=trim, decode=exact.loads) for api, one in contracts.items()}
        self._values = {api: Coercer(one, trim=trim) for api, one in contracts.items()} if objects else {}
        self._groups: dict[tuple[str, str, str], Changed] = {}

    @property
    def changed(self) -> list[Changed]:
        """What was changed so far, the most first."""
        return sorted(self._groups.values(), key=lambda one: -one.count)

    def mend(self, job: dict[str, Any], line: int, *, tabular: bool) -> bool:
        """Change a job as it stands in a row; whether anything was changed.

        Raises:
            UsageError: rows of JSON are to be trimmed, but not to be changed.
        """
        if not (tabular or self._objects):
            if self._trim:
                raise UsageError("--trim: rows of JSON are changed only where --coerce is given too")
            return False
        coercer = (self._cells if tabular else self._values).get(self._text(job.get("api")))
        if coercer is None:
            return False
        name, headers = self._text(job.get("operation")), job.get("headers")
        media_type = named_in(headers) if isinstance(headers, dict) else None
        changes = coercer.coerce(name, media_type if isinstance(media_type, str) else None, job)
        for change in changes:
            self._count(name if name in coercer.operations else "", change, line)
        return bool(changes)

    def _text(self, value: Any) -> str:
        """A name, as it is to be read."""
        if not isinstance(value, str):
            return ""
        return value.strip() if self._trim else value

    def _count(self, operation: str, change: Change, line: int) -> None:
        key = operation, change.pointer, change.to
        if key not in self._groups and len(self._groups) >= _MAX_GROUPS:
            key = operation, "#", change.to
        group = self._groups.setdefault(key, Changed(*key))
        group.count += 1
        if len(group.lines) < _LINES and line not in group.lines:
            group.lines.append(line)
