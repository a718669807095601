"""Takes values out of a job's content, without changing the job."""

from collections.abc import Iterable
from typing import Any, Final

from worker.contract.document import pointer_tokens

_GONE: Final = object()


def without(body: Any, pointers: Iterable[str]) -> Any:
    """A copy of a body without some of its members; only what holds one of them is copied, and that once.

    Args:
        body: a JSON value.
        pointers: to members of objects, from the job as URI fragments (``#/body/items/0/id``).
    """
    tree: dict[str, Any] = {}
    for pointer in pointers:
        *above, last = pointer_tokens(pointer[1:])[1:]
        branch = tree
        for token in above:
            branch = branch.setdefault(token, {})
        branch[last] = _GONE
    return _without(body, tree)


def _without(value: Any, tree: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_without(inner, tree[str(at)]) if str(at) in tree else inner for at, inner in enumerate(value)]
    return {
        name: _without(inner, tree[name]) if name in tree else inner
        for name, inner in value.items()
        if tree.get(name) is not _GONE
    }
