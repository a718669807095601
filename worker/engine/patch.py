"""JSON Patch (RFC 6902): operations that change a JSON value, applied one after the other; all of them, or none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import orjson

from worker.contract.explain import suggest
from worker.engine.change import MOST_STEPS
from worker.errors import UsageError

#: Operation -> the members that it needs beside ``op`` and ``path``.
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "add": ("value",),
    "remove": (),
    "replace": ("value",),
    "move": ("from",),
    "copy": ("from",),
    "test": ("value",),
}
_END: Final = "-"  # as an index: after the last item


class Operation(NamedTuple):
    """One operation; pointers as their steps. ``source`` is what the RFC calls ``from``."""

    op: str
    path: tuple[str, ...]
    value: Any = None
    source: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.op} {_pointer(self.path)}"


def operations(text: bytes, name: str) -> list[Operation]:
    """The operations of a patch document; ``name`` is what messages call it.

    Raises:
        UsageError: the document is no JSON Patch.
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"{name}: broken JSON at line {error.lineno}, column {error.colno}") from error
    if not isinstance(document, list):
        raise UsageError(
            f'{name}: a JSON Patch is a list of operations: [{{"op": "replace", "path": "/body/qty", ...}}]'
        )
    return [_operation(one, f"{name}: operation {number}") for number, one in enumerate(document, 1)]


def _operation(one: Any, where: str) -> Operation:
    if not isinstance(one, Mapping):
        raise UsageError(f"{where} is no object")
    op = one.get("op")
    if not isinstance(op, str) or op not in _NEEDS:
        raise UsageError(f"{where}: {op!r} is no operation; {suggest(str(op), list(_NEEDS))}")
    for member in ("path", *_NEEDS[op]):
        if member not in one:
            raise UsageError(f"{where}: {op} needs {member!r}")
    source = _steps(one["from"], f"{where}: from") if "from" in _NEEDS[op] else ()
    return Operation(op, _steps(one["path"], f"{where}: path"), one.get("value"), source)


def _steps(pointer: Any, where: str) -> tuple[str, ...]:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise UsageError(f"{where}: {pointer!r} is no JSON Pointer; write one such as /body/qty")
    steps = tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    if len(steps) > MOST_STEPS:
        raise UsageError(f"{where}: a path of {len(steps)} steps; no job is deeper than {MOST_STEPS}")
    return steps


def _pointer(steps: Sequence[str]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps) or "the whole job"


def patched(document: Any, made: Sequence[Operation]) -> Any:
    """A JSON value with every operation made, in order; ``document`` itself stays as it is.

    Raises:
        UsageError: an operation cannot be made, or a test fails.
    """
    for operation in made:
        document = _APPLY[operation.op](document, operation)
    return document


def _test(document: Any, operation: Operation) -> Any:
    if not _equal(_found(document, operation.path, operation), operation.value):
        raise UsageError(f"{operation}: another value stands there")
    return document


def _replace(document: Any, operation: Operation) -> Any:
    _found(document, operation.path, operation)
    return _put(document, operation, _exchanged)


def _move(document: Any, operation: Operation) -> Any:
    if operation.path != operation.source and operation.path[: len(operation.source)] == operation.source:
        raise UsageError(f"{operation}: it cannot be moved into itself")
    value = _found(document, operation.source, operation)
    rest = _put(document, operation._replace(path=operation.source), _without)
    return _put(rest, operation._replace(value=value), _with)


def _copy(document: Any, operation: Operation) -> Any:
    return _put(document, operation._replace(value=_found(document, operation.source, operation)), _with)


_Act = Callable[[Any, str, Operation], Any]

_APPLY: Final[Mapping[str, Callable[[Any, Operation], Any]]] = {
    "add": lambda document, operation: _put(document, operation, _with),
    "remove": lambda document, operation: _put(document, operation, _without),
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _put(here: Any, operation: Operation, act: _Act, depth: int = 0) -> Any:
    """``here`` with something done to the member that the path names."""
    if not operation.path:
        return None if act is _without else operation.value
    step = operation.path[depth]
    if depth == len(operation.path) - 1:
        return act(here, step, operation)
    inner = _put(_member(here, step, operation), operation, act, depth + 1)
    return _exchanged(here, step, operation._replace(value=inner))


def _found(here: Any, path: Sequence[str], operation: Operation) -> Any:
    for step in path:
        here = _member(here, step, operation)
    return here


def _member(here: Any, step: str, operation: Operation) -> Any:
    if isinstance(here, Mapping) and step in here:
        return here[step]
    if isinstance(here, list):
        return here[_index(step, len(here) - 1, operation)]
    raise UsageError(f"{operation}: there is no {step!r}")


def _with(here: Any, step: str, operation: Operation) -> Any:
    if isinstance(here, Mapping):
        return {**here, step: operation.value}
    if isinstance(here, list):
        index = len(here) if step == _END else _index(step, len(here), operation)
        return [*here[:index], operation.value, *here[index:]]
    raise UsageError(f"{operation}: a single value has no members")


def _without(here: Any, step: str, operation: Operation) -> Any:
    _member(here, step, operation)
    if isinstance(here, Mapping):
        return {name: value for name, value in here.items() if name != step}
    index = int(step)
    return [*here[:index], *here[index + 1 :]]


def _exchanged(here: Any, step: str, operation: Operation) -> Any:
    """In its place: the order of members stays."""
    if isinstance(here, Mapping):
        return {**here, step: operation.value}
    index = int(step)
    return [*here[:index], operation.value, *here[index + 1 :]]


def _index(step: str, most: int, operation: Operation) -> int:
    is_number = step.isascii() and step.isdecimal() and (step == "0" or step[0] != "0") and len(step) <= 9  # noqa: PLR2004 - no list is longer
    if not is_number:
        raise UsageError(f"{operation}: {step!r} is no index of a list")
    if int(step) > most:
        raise UsageError(f"{operation}: the list has no item {step}, counted from 0")
    return int(step)


def _equal(one: Any, other: Any) -> bool:
    """As the RFC has it: numbers by their value, objects whatever their order; ``true`` is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return cast("bool", one == other)
