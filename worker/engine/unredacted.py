"""Puts back what was redacted, where a person has edited the redacted form of a job: no mark is ever sent."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from worker.errors import UsageError
from worker.redaction import REDACTED, redact


class _Kept(NamedTuple):
    """A value as the ledger has it, and as it was shown."""

    value: Any
    shown: Any


def unredacted(edited: Any, job: Mapping[str, Any]) -> Any:
    """An edited value whose redacted parts are again what they are in ``job``, at the same place.

    An item of a list that holds redacted parts may have moved, but must not be changed beside: whose they are would
    be a guess.

    Raises:
        UsageError: a redacted part has no value to go back to.
    """
    return _restored(edited, _Kept(job, redact(job)), "#")


def _restored(edited: Any, kept: _Kept | None, at: str) -> Any:
    if not _marked(edited):
        return edited
    if kept is not None and _same(edited, kept.shown):
        return kept.value
    if isinstance(edited, Mapping):
        members = _members(kept)
        return {name: _restored(item, members.get(name), f"{at}/{name}") for name, item in edited.items()}
    if isinstance(edited, list):
        items = list(_items(kept))
        return [_item(item, index, items, f"{at}/{index}") for index, item in enumerate(edited)]
    raise UsageError(f"{at} is {REDACTED} here, and no such value was exported: write the value out, or use --set")


def _item(item: Any, index: int, items: list[_Kept], at: str) -> Any:
    """An item of a list: the one that was shown at its place, or else the only one that was shown so."""
    if not _marked(item):
        return item
    alike = [one for one in items if _same(item, one.shown)]
    if index < len(items) and items[index] in alike:
        return items[index].value
    if len({orjson.dumps(one.value) for one in alike}) == 1:
        return alike[0].value
    raise UsageError(f"{at} holds {REDACTED} and was changed: write its secret values out, or use --set")


def _members(kept: _Kept | None) -> dict[str, _Kept]:
    if kept is None or not isinstance(kept.value, Mapping) or not isinstance(kept.shown, Mapping):
        return {}
    return {name: _Kept(value, kept.shown[name]) for name, value in kept.value.items()}


def _items(kept: _Kept | None) -> Iterator[_Kept]:
    if kept is not None and isinstance(kept.value, list) and isinstance(kept.shown, list):
        yield from map(_Kept, kept.value, kept.shown)


def _marked(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_marked, value.values()))
    return any(map(_marked, value)) if isinstance(value, list) else isinstance(value, str) and REDACTED in value


def _same(one: Any, other: Any) -> bool:
    """The same JSON: 1, 1.0 and true differ."""
    return orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(other, option=orjson.OPT_SORT_KEYS)
