"""Takes values out of a job's content, without changing the job."""

from collections.abc import Iterable, Sequence
from typing import Any

from worker.contract.document import pointer_tokens


def without(body: Any, pointers: Iterable[str]) -> Any:
    """A copy of a body without some of its members; only what holds one of them is copied.

    Args:
        body: a JSON value.
        pointers: to members of objects, from the job as URI fragments (``#/body/items/0/id``).
    """
    for pointer in pointers:
        body = _without(body, pointer_tokens(pointer[1:])[1:])
    return body


def _without(value: Any, tokens: Sequence[str]) -> Any:
    head, *rest = tokens
    if isinstance(value, list):
        index = int(head)
        return [*value[:index], _without(value[index], rest), *value[index + 1 :]]
    if not rest:
        return {name: inner for name, inner in value.items() if name != head}
    return {**value, head: _without(value[head], rest)}
