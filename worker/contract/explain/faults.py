"""Makes faults that a person can act on out of what jsonschema-rs found: pointer, place, rule, detail, hint."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

import jsonschema_rs

from worker.contract.document import pointer
from worker.contract.explain.broken import Broken
from worker.contract.explain.condition import condition
from worker.contract.explain.naming import missing, place_of, unexpected
from worker.contract.explain.surroundings import Lookup
from worker.contract.explain.union import Told, unravel
from worker.contract.explain.wording import read_only, words
from worker.contract.operation import Operation
from worker.outcome import Fault
from worker.redaction import is_secret

#: Faults of one job that are kept: a long list of the wrong things would fill the ledger, and nobody reads on.
MAX_FAULTS: Final = 1000


def explain(errors: Iterable[jsonschema_rs.ValidationError], operation: Operation, lookup: Lookup) -> list[Fault]:
    """Faults in the order of the schema, each once, and one more than are kept where there are too many.

    Args:
        errors: of a job's ``{"params": ..., "body": ...}``.
        operation: says in which part of the request a parameter is.
        lookup: finds the schema at an absolute reference, to name what would have been allowed.
    """
    found: dict[tuple[str, str, str], Fault] = {}
    lookup = lru_cache(lookup)  # a long list has the same faults again and again
    for error in errors:
        for one in unravel(error, lookup, secret=_is_secret(error.instance_path)):
            for fault in _faults(one, operation, lookup):
                found.setdefault((fault.pointer, fault.rule, fault.detail), fault)
        if len(found) > MAX_FAULTS:
            break
    return list(found.values())[: MAX_FAULTS + 1]


def _faults(error: jsonschema_rs.ValidationError | Told, operation: Operation, lookup: Lookup) -> Iterator[Fault]:
    if isinstance(error, Told):
        place = place_of(error.path, operation)
        yield Fault(f"#{pointer(*error.path)}", place, error.rule, *error.words, error.cause)
        return
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(name):
            yield missing(error, name, operation, lookup)
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(names) | (
            jsonschema_rs.ValidationErrorKind.UnevaluatedProperties(names)
        ):
            yield from unexpected(error, names, operation, lookup)
        case jsonschema_rs.ValidationErrorKind.PropertyNames(inner):
            yield _misnamed(error, inner, operation, lookup)
        case jsonschema_rs.ValidationErrorKind.Custom():  # ours: of the value as a whole
            place = place_of(error.instance_path, operation)
            detail = f"it {error.message}"
            yield Fault(f"#{pointer(*error.instance_path)}", place, error.kind.name, detail)
        case _:
            yield _broken(error, operation, lookup)


def _broken(error: jsonschema_rs.ValidationError, operation: Operation, lookup: Lookup) -> Fault:
    path = error.instance_path
    broken = Broken(error, _is_secret(path), lookup)
    detail, hint = words(broken)
    reason = condition(error, lookup)
    rule = "readOnly" if read_only(broken) else error.kind.name
    told = f"{detail}, {reason}" if reason else detail
    return Fault(f"#{pointer(*path)}", place_of(path, operation), rule, told, hint)


def _misnamed(
    error: jsonschema_rs.ValidationError, inner: jsonschema_rs.ValidationError, operation: Operation, lookup: Lookup
) -> Fault:
    """A name that ``propertyNames`` does not allow."""
    path = [*error.instance_path, str(inner.instance)]
    detail, hint = words(Broken(inner, _is_secret(error.instance_path), lookup))
    return Fault(f"#{pointer(*path)}", place_of(path, operation), error.kind.name, f"the name {detail}", hint)


def _is_secret(path: Iterable[str | int]) -> bool:
    return any(isinstance(token, str) and is_secret(token) for token in path)
