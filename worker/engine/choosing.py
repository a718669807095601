"""The failures that a person chose, read a page at a time; they may be replayed and discarded on the way."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

import orjson

from worker.engine.kind import kind_id
from worker.errors import UsageError
from worker.failure import Failure, Selection
from worker.ports import Ledger

_AT_ONCE: Final = 500  # ids in one question, as many as a page has


class Wanted(NamedTuple):
    """A value that a job's ``meta`` is to have: at a path this JSON value; where a text stands there, this text."""

    path: tuple[str, ...]
    text: str

    def holds(self, meta: Any) -> bool:
        """Whether it is there."""
        for step in self.path:
            if isinstance(meta, list) and step.isdecimal() and int(step) < len(meta):
                meta = meta[int(step)]
            elif isinstance(meta, dict) and step in meta:
                meta = meta[step]
            else:
                return False
        return meta == self.text if isinstance(meta, str) else _same(meta, self.text)


def _same(value: Any, text: str) -> bool:
    try:
        wanted = orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS)
    except orjson.JSONDecodeError:
        return False
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == wanted


def wanted(text: str) -> Wanted:
    """``row=17`` as a value that ``meta`` is to have.

    Raises:
        UsageError: there is no ``=``, or no path before it.
    """
    place, equals, value = text.partition("=")
    path = tuple(place.split("."))
    if not equals or not all(path):
        raise UsageError(f"--meta {text}: write PATH=VALUE, such as row=17 or customer.name=Ada")
    return Wanted(path, value)


class Chosen(NamedTuple):
    """The failures that a person chose: those of a selection that were there when it was made, not later ones.

    Attributes:
        until: epoch seconds; failures at or before.
        group: only those of this kind, by its id; see ``worker.engine.kind``.
        meta: only those whose ``meta`` has all of these.
    """

    selection: Selection
    until: float
    group: str | None = None
    meta: tuple[Wanted, ...] = ()

    def holds(self, failure: Failure) -> bool:
        """Whether a failure of the selection is one of those chosen."""
        return (
            failure.failed_at <= self.until
            and (self.group is None or kind_id(failure) == self.group)
            and all(one.holds(failure.meta) for one in self.meta)
        )


async def pages(ledger: Ledger, chosen: Chosen) -> AsyncIterator[list[Failure]]:
    """The chosen failures, a page at a time."""
    after: int | None = 0
    while after is not None:
        page, after = await ledger.failures(chosen.selection, after)
        yield [failure for failure in page if chosen.holds(failure)]


async def each(ledger: Ledger, chosen: Chosen) -> AsyncIterator[Failure]:
    """The chosen failures, one at a time."""
    async for page in pages(ledger, chosen):
        for failure in page:
            yield failure


async def count(ledger: Ledger, chosen: Chosen) -> int:
    """How many failures are chosen."""
    return sum([len(page) async for page in pages(ledger, chosen)])


async def discard(ledger: Ledger, chosen: Chosen) -> int:
    """Forget the chosen failures for good; how many went."""
    return sum([await ledger.discard([one.id for one in page]) async for page in pages(ledger, chosen) if page])


async def by_id(ledger: Ledger, ids: Sequence[str]) -> dict[str, Failure]:
    """Those failures that have one of these ids."""
    found: dict[str, Failure] = {}
    for start in range(0, len(ids), _AT_ONCE):
        chosen = Chosen(Selection(ids=frozenset(ids[start : start + _AT_ONCE])), float("inf"))
        found |= {failure.id: failure async for failure in each(ledger, chosen)}
    return found
