"""Faults about the names of members and parameters: those that are missing, and those that nobody knows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, cast

import jsonschema_rs

from worker.contract.document import pointer
from worker.contract.explain.condition import condition
from worker.contract.explain.surroundings import Lookup, Node, described, member_names, members, values
from worker.contract.likeness import closest, offer
from worker.contract.operation import Operation
from worker.contract.shown import choices, quoted
from worker.outcome import Cause, Fault, Place

_PREFIXES: Final = frozenset({"query", "path", "header", "cookie"})


def place_of(path: Sequence[str | int], operation: Operation) -> Place:
    """In which part of the request a value of the job is; ``job`` where it has none."""
    match list(path[:2]):
        case ["params", str(name)] if name in operation.by_flat:
            return operation.by_flat[name].place
        case ["params", str(name)] if "." in name and (prefix := name.partition(".")[0]) in _PREFIXES:
            return cast("Place", prefix)
        case ["body", *_]:
            return "body"
    return "job"


def missing(error: jsonschema_rs.ValidationError, name: str, operation: Operation, lookup: Lookup) -> Fault:
    """The fault of a name that is required and not there."""
    path = [*error.instance_path, name]
    place, what = place_of(path, operation), "the body" if path == ["body"] else quoted(name)
    is_parameter = path == ["params", name] and name in operation.by_flat
    hint = f"add the {place} parameter {what}" if is_parameter else f"add {what}"
    known = _known(error, operation, lookup)
    if allowed := values(known.get(name), lookup):
        hint = f"{hint}, {'' if len(allowed) == 1 else 'one of: '}{choices(allowed)}"
    strange = [one for one in member_names(error) if one not in known] if name in known else []
    if (likely := closest(name, strange)) is not None:
        hint = f"is {quoted(likely)} meant for it?"
    reason = condition(error, lookup)
    detail = f"{what} is missing" + (f", {reason}" if reason else "")
    return Fault(f"#{pointer(*path)}", place, _rule(error), detail, hint, Cause.MISSING)


def unexpected(
    error: jsonschema_rs.ValidationError, names: Sequence[str], operation: Operation, lookup: Lookup
) -> Iterator[Fault]:
    """The faults of names that are there and that nobody knows."""
    path, rule = error.instance_path, error.kind.name
    if path == ["params"]:
        yield from (_unknown_parameter(name, rule, operation, lookup, member_names(error)) for name in names)
        return
    known = list(_known(error, operation, lookup))
    given = member_names(error)
    for name in names:
        at = [*path, name]
        if at == ["body"]:
            yield Fault("#/body", "body", rule, f"{operation.name} takes no body", "leave the body out")
            continue
        likely = _meant(name, known, given)
        hint = f"did you mean {quoted(likely)}?" if likely is not None else offer(known)
        if likely is None and path == ["body"] and name in operation.by_flat:
            hint = f"{quoted(name)} belongs into params"
        yield Fault(f"#{pointer(*at)}", place_of(at, operation), rule, f"{quoted(name)} is not known here", hint)


def _known(error: jsonschema_rs.ValidationError, operation: Operation, lookup: Lookup) -> Mapping[str, Node]:
    """What is described of the members of the object which an error is about."""
    if error.instance_path == ["params"] and error.absolute_keyword_location is None:
        return {
            name: Node(one.schema if isinstance(one.schema, Mapping) else {}, "")
            for name, one in operation.by_flat.items()
        }
    return described(error, lookup)


def _rule(error: jsonschema_rs.ValidationError) -> str:
    last = str(error.schema_path[-1]) if error.schema_path else ""
    return last if last in {"dependentRequired", "dependencies"} else error.kind.name


def _meant(name: str, known: Sequence[str], given: Sequence[str]) -> str | None:
    """The known name that is most like this one; rather one that is not there yet."""
    return closest(name, [one for one in known if one not in given]) or closest(name, known)


def _unknown_parameter(name: str, rule: str, operation: Operation, lookup: Lookup, given: Sequence[str]) -> Fault:
    """What it was meant for decides where it would have been: nobody can know where else."""
    likely = _meant(name, [*operation.by_flat, *operation.aliases], given)
    place = place_of(["params", name if likely is None else likely], operation)
    hint = offer(list(operation.by_flat)) if likely is None else f"did you mean {quoted(likely)}?"
    if likely is None and name in _body_names(operation, lookup):
        place, hint = "body", f"{quoted(name)} belongs into the body"
    detail = f"{operation.name} has no parameter {quoted(name)}"
    return Fault(f"#{pointer('params', name)}", place, rule, detail, hint)


def _body_names(operation: Operation, lookup: Lookup) -> Mapping[str, Node]:
    schema = operation.body.contents[0].schema if operation.body else None
    return members(Node(schema, "") if isinstance(schema, Mapping) else None, lookup)
