"""Lists the errors of a value without letting them cost more than they are worth.

Where alternatives hold themselves, each level of a value multiplies the errors of the last: a job of twenty levels can
ask for a million of them, and a job is not trusted. So a deep value is looked at cut short first, and then deeper and
deeper, as long as that stays cheap. A list of a million wrong items has a million errors: of a large value the first
items of each list are looked at.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import jsonschema_rs

_SHALLOW: Final = 3  # levels, ``{"params": ..., "body": ...}`` included: whatever the schema, there is an end to these
#: In alternatives of alternatives: some 50 ms. One more level may take as many times longer as there are alternatives.
_MOST_ERRORS: Final = 200
_MOST_VALUES: Final = 20_000  # each may have an error of 3 kB
_FIRST: Final = 100  # items of each list of a value with more


def errors(validator: jsonschema_rs.Validator, instance: Any) -> list[jsonschema_rs.ValidationError]:
    """Everything wrong with a value; of one that is large, or would take too long, what a bounded effort finds."""
    if _is_large(instance):
        return _of_large(validator, instance)
    deepest = _depth(instance)
    for level in range(_SHALLOW, deepest):
        costly = next(filter(_is_costly, validator.iter_errors(_cut(instance, level, _MOST_VALUES))), None)
        if costly is not None:
            return [_too_much(costly.instance_path, deepest)]
    return list(validator.iter_errors(instance))


def _of_large(validator: jsonschema_rs.Validator, instance: Any) -> list[jsonschema_rs.ValidationError]:
    """What is wrong with the first items of its lists; where that is nothing, the first error of the whole value.

    Of what was cut nothing is told but what lies inside of it: how many there are, or must be, is another matter.
    """
    shown = _cut(instance, _depth(instance), _FIRST)
    found = [one for one in errors(validator, shown) if not _was_cut(instance, one.instance_path)]
    if found:
        return [*found, _ours("large", f"is so large that only the first {_FIRST} items of each list were looked at")]
    try:
        validator.validate(instance)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def _is_large(value: Any) -> bool:
    """Whether it holds so many values that their errors would not fit into memory."""
    level, count = [value], 0
    while level and count <= _MOST_VALUES:
        count += len(level)
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
    return count > _MOST_VALUES


def _was_cut(instance: Any, path: Sequence[str | int]) -> bool:
    for step in path:
        instance = instance[step]
    return isinstance(instance, list) and len(instance) > _FIRST


def _inside(holder: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return holder.values() if isinstance(holder, dict) else holder


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level := [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]:
        depth += 1
    return depth


def _cut(value: Any, levels: int, first: int) -> Any:
    """A value with the first items only of its lists, and nothing in what lies deeper than so many levels."""
    if isinstance(value, dict):
        return {name: _cut(inner, levels - 1, first) for name, inner in value.items()} if levels else {}
    if isinstance(value, list):
        return [_cut(inner, levels - 1, first) for inner in value[:first]] if levels else []
    return value


def _is_costly(error: jsonschema_rs.ValidationError) -> bool:
    """Whether many errors are in alternatives of alternatives; a long list of wrong items has its errors elsewhere."""
    count, waiting = 0, [(error, 0)]
    while waiting:
        here, nesting = waiting.pop()
        count += nesting > 1
        if count > _MOST_ERRORS:
            return True
        for branch in getattr(here.kind, "context", None) or ():
            waiting += ((inner, nesting + 1) for inner in branch)
    return False


def _too_much(path: Sequence[str | int], levels: int) -> jsonschema_rs.ValidationError:
    message = f"fits none of its alternatives, which hold each other {levels} levels deep: too many to tell apart"
    return _ours("alternatives", message, path)


def _ours(rule: str, message: str, path: Sequence[str | int] = ("body",)) -> jsonschema_rs.ValidationError:
    kind = jsonschema_rs.ValidationErrorKind.Custom(rule, message)  # type: ignore[call-arg]  # no stub
    return jsonschema_rs.ValidationError(message, message, [], list(path), [], kind, None)
