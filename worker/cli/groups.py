"""Faults of the same kind over many rows: how often, where, and the first rows that have one."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from worker.failure import Failure
    from worker.job import Source
    from worker.outcome import Fault

COLUMNS: Final = ("rows", "operation", "where", "rule", "lines", "for example")

_MAX_GROUPS: Final = 1000  # what rows can be wrong about has no end, where the names in them have none
_MAX_LINES: Final = 3


class _Kind(NamedTuple):
    """What faults have in common: the operation, the place without the items' numbers (``#/items/*/qty``), the rule."""

    api: str
    operation: str
    where: str
    rule: str


@dataclass(slots=True)
class _Group:
    example: str
    rows: int = 0
    sources: "list[Source]" = field(default_factory=list)


class Groups:
    """Counts the rows that have a fault of each kind; its memory does not grow with the rows."""

    def __init__(self) -> None:
        self._groups: dict[_Kind, _Group] = {}
        self._beyond = 0

    def __len__(self) -> int:
        return len(self._groups)

    def add(self, failure: "Failure") -> None:
        """Count a bad row: once for each kind of its faults, however many items have it."""
        kinds: dict[_Kind, Fault] = {}
        for fault in failure.problem.faults:
            kinds.setdefault(_kind(failure, fault), fault)
        for kind, fault in kinds.items():
            group = self._groups.get(kind)
            if group is None:
                if len(self._groups) >= _MAX_GROUPS:
                    self._beyond += 1
                    continue
                group = self._groups[kind] = _Group(f"{fault.detail} ({fault.hint})" if fault.hint else fault.detail)
            group.rows += 1
            if failure.source is not None and len(group.sources) < _MAX_LINES:
                group.sources.append(failure.source)

    def cells(self, limit: int | None) -> list[list[str]]:
        """The most frequent kinds, one row of ``COLUMNS`` each."""
        several_apis = len({kind.api for kind in self._groups} - {""}) > 1
        files = {source.file for group in self._groups.values() for source in group.sources}
        ordered = sorted(self._groups.items(), key=lambda item: -item[1].rows)
        return [
            [
                f"{group.rows:,}",
                f"{kind.api}/{kind.operation}" if several_apis and kind.api else kind.operation,
                kind.where,
                kind.rule,
                ", ".join(str(one.line) if len(files) == 1 else f"{one.file}:{one.line}" for one in group.sources),
                group.example,
            ]
            for kind, group in ordered[:limit]
        ]

    @property
    def overflow(self) -> str | None:
        """What is not in the table because there are too many kinds; None where everything is."""
        if not self._beyond:
            return None
        return f"{self._beyond:,} faults of further kinds are not told apart: only the first {_MAX_GROUPS:,} kinds are"


def _kind(failure: "Failure", fault: "Fault") -> _Kind:
    # what a row calls its API and its operation are only words until the config and the contract know them
    api = failure.lane.api if failure.problem.stage != "intake" else ""
    operation = failure.lane.operation if api and fault.pointer != "#/operation" else ""
    return _Kind(api, operation, fault.anywhere, fault.rule)
