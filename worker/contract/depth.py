"""Lists the errors of a value without letting it cost more than it is worth.

Where alternatives hold themselves, each level of a value multiplies the errors of the last: a job of twenty levels can
ask for a million of them, and a job is not trusted. So a deep value is looked at cut short first, and then deeper and
deeper, as long as that stays cheap.
"""

from collections.abc import Sequence
from typing import Any, Final

import jsonschema_rs

_SHALLOW: Final = 3  # levels, ``{"params": ..., "body": ...}`` included: whatever the schema, there is an end to these
#: In alternatives of alternatives: some 50 ms. One more level may take as many times longer as there are alternatives.
_MOST_ERRORS: Final = 200


def errors(validator: jsonschema_rs.Validator, instance: Any) -> list[jsonschema_rs.ValidationError]:
    """Everything wrong with a value; one error for all where that would take too long."""
    deepest = _depth(instance)
    for level in range(_SHALLOW, deepest):
        costly = next(filter(_is_costly, validator.iter_errors(_cut(instance, level))), None)
        if costly is not None:
            return [_too_much(costly.instance_path, deepest)]
    return list(validator.iter_errors(instance))


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level := [
        inner
        for one in level
        if isinstance(one, dict | list)
        for inner in (one.values() if isinstance(one, dict) else one)
    ]:
        depth += 1
    return depth


def _cut(value: Any, levels: int) -> Any:
    """A value with nothing in what lies deeper than so many levels."""
    if isinstance(value, dict):
        return {name: _cut(inner, levels - 1) for name, inner in value.items()} if levels else {}
    if isinstance(value, list):
        return [_cut(inner, levels - 1) for inner in value] if levels else []
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
    kind = jsonschema_rs.ValidationErrorKind.Custom("alternatives", message)  # type: ignore[call-arg]  # no stub
    return jsonschema_rs.ValidationError(message, message, [], list(path), [], kind, None)
