"""Edits of jobs as a person writes them: ``body.qty=3`` sets a value, ``params.dry_run`` takes one away."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from worker.contract.explain import suggest
from worker.errors import UsageError
from worker.job import IDENTITY, UNSET

_TEXTS: Final = frozenset({"key", "deadline", "not_before"})
#: Their members are named by all that follows the first dot: a parameter may be called ``query.id``.
_FLAT: Final = frozenset({"params", "headers", "cost"})
_NESTED: Final = frozenset({"body", "meta"})
MOST_STEPS: Final = 100  # of a path: nobody writes more, and each is a call within another
_PLACES: Final = frozenset({"priority"}) | _TEXTS | _FLAT | _NESTED


class Change(NamedTuple):
    """One edit: a path into a job, and what is to stand there; ``UNSET`` takes away what stands there."""

    path: tuple[str, ...]
    value: Any


def setting(text: str) -> Change:
    """``body.qty=3`` as a change: the value is JSON, or else text; in a header, a key or a date it is always text.

    Raises:
        UsageError: there is no ``=``, or the place is none that can be changed.
    """
    place, equals, written = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: write PLACE=VALUE, such as body.qty=3")
    path = _path(place, f"--set {text}")
    value: Any = written
    try:
        value = orjson.loads(written)
    except orjson.JSONDecodeError:
        return Change(path, written)
    is_text = path[0] in _TEXTS or (path[0] == "headers" and len(path) > 1)
    return Change(path, written if is_text and not isinstance(value, str | None) else value)


def unsetting(place: str) -> Change:
    """A place whose value is to be taken away.

    Raises:
        UsageError: the place is none that can be changed.
    """
    return Change(_path(place, f"--unset {place}"), UNSET)


def _path(place: str, option: str) -> tuple[str, ...]:
    head, dot, rest = place.partition(".")
    if head in IDENTITY:
        raise UsageError(f"{option}: {head} says which job this is and cannot be changed; submit a new job instead")
    if head not in _PLACES:
        raise UsageError(f"{option}: {head!r} is no place in a job; {suggest(head, sorted(_PLACES))}")
    if not dot:
        return (head,)
    if head not in _FLAT | _NESTED:
        raise UsageError(f"{option}: {head} is a single value and has no members; write {head} alone")
    path = (head, rest) if head in _FLAT else (head, *rest.split("."))
    if not all(path):
        raise UsageError(f"{option}: a name between the dots is missing")
    if len(path) > MOST_STEPS:
        raise UsageError(f"{option[:80]}...: a path of {len(path)} steps; no job is deeper than {MOST_STEPS}")
    return path


def mended(payload: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """A job's JSON form with every change made, in order; ``payload`` itself stays as it is.

    Objects that are missing (or null) on the way are made, and a list where the next step is ``0``; the number of
    one past a list's end adds to it. Taking away what is not there changes nothing.

    Raises:
        UsageError: a path leads into a value that has no members, or past the end of a list.
    """
    made: Any = dict(payload)
    for change in changes:
        made = _put(made, change, 0)
    return dict(made)


def _put(here: Any, change: Change, depth: int) -> Any:
    step = change.path[depth]
    if here is None and change.value is not UNSET:
        here = [] if step == "0" else {}
    if isinstance(here, Mapping):
        return _put_member(here, step, change, depth)
    if isinstance(here, list) and (change.value is not UNSET or _index(step, len(here) - 1) is not None):
        return _put_item(here, step, change, depth)
    if change.value is UNSET:
        return here
    at = ".".join(change.path[:depth])
    raise UsageError(f"{'.'.join(change.path)} cannot be set: {at} is a single value and has no members")


def _put_member(here: Mapping[str, Any], step: str, change: Change, depth: int) -> Any:
    if change.value is UNSET and step not in here:
        return here
    if depth + 1 < len(change.path):
        return {**here, step: _put(here.get(step), change, depth + 1)}
    if change.value is UNSET:
        return {name: value for name, value in here.items() if name != step}
    return {**here, step: change.value}


def _put_item(here: list[Any], step: str, change: Change, depth: int) -> Any:
    index = _index(step, len(here))
    if index is None:
        at = ".".join(change.path[:depth])
        raise UsageError(f"{'.'.join(change.path)} cannot be set: {at} is a list of {len(here)}, counted from 0")
    before, after = here[:index], here[index + 1 :]
    if depth + 1 < len(change.path):
        inner = here[index] if index < len(here) else None
        return [*before, _put(inner, change, depth + 1), *after]
    return [*before, *after] if change.value is UNSET else [*before, change.value, *after]


def _index(step: str, most: int) -> int | None:
    """The step as an index from 0 to ``most``; None where it is none."""
    is_number = step.isascii() and step.isdecimal() and len(step) <= 9  # noqa: PLR2004 - no list is longer
    return int(step) if is_number and int(step) <= most else None
