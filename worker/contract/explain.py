"""Makes faults that a person can act on out of what jsonschema-rs found: pointer, place, rule, detail, hint."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import jsonschema_rs
import orjson

from worker.contract.document import pointer
from worker.contract.operation import Operation
from worker.errors import ContractError
from worker.outcome import Cause, Fault, Place
from worker.redaction import REDACTED, is_secret, redact

_MAX_SHOWN: Final = 60  # characters of a value: enough to recognise it, short enough for one line
_MAX_CHOICES: Final = 8
_MAX_FAULTS: Final = 1000  # of one job: a long list of the wrong things would fill the ledger, and nobody reads on

Lookup = Callable[[str], Any]

_ARTICLES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
}


def explain(errors: Iterable[jsonschema_rs.ValidationError], operation: Operation, lookup: Lookup) -> list[Fault]:
    """Faults in the order of the schema, each place and rule once.

    Args:
        errors: of a job's ``{"params": ..., "body": ...}``.
        operation: says in which part of the request a parameter is.
        lookup: finds the schema at an absolute reference, to name what would have been allowed.
    """
    found: dict[tuple[str, str], Fault] = {}
    for error in errors:
        for path, one in _flatten(error):
            for fault in _faults(one, path, operation, lookup):
                found.setdefault((fault.pointer, fault.rule), fault)
        if len(found) >= _MAX_FAULTS:
            break
    return list(found.values())


def _flatten(error: jsonschema_rs.ValidationError) -> Iterator[tuple[list[str | int], jsonschema_rs.ValidationError]]:
    """An error, or those of the branch of a oneOf/anyOf that fits best, where one fits better than its type alone."""
    context = getattr(error.kind, "context", None) if error.kind.name in {"oneOf", "anyOf"} else None
    branch = _closest(context, len(error.instance_path)) if context else None
    if branch is None:
        yield error.instance_path, error
        return
    for inner in branch:
        yield from _flatten(inner)


def _closest(
    context: Sequence[Sequence[jsonschema_rs.ValidationError]], depth: int
) -> Sequence[jsonschema_rs.ValidationError] | None:
    """The branch whose type and shape the value has: its errors lie deeper, or are not about the type."""
    fitting = [
        branch
        for branch in context
        if branch and not any(len(one.instance_path) == depth and one.kind.name in {"type", "const"} for one in branch)
    ]
    return min(fitting, key=len, default=None)


def _faults(
    error: jsonschema_rs.ValidationError, path: Sequence[str | int], operation: Operation, lookup: Lookup
) -> Iterator[Fault]:
    kind = error.kind
    rule = kind.name
    match kind:
        case jsonschema_rs.ValidationErrorKind.Required(name):
            yield _missing([*path, name], operation)
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(names) | (
            jsonschema_rs.ValidationErrorKind.UnevaluatedProperties(names)
        ):
            known = _known_names(error, operation, path, lookup)
            for name in names:
                yield _unexpected([*path, name], rule, known, operation)
        case _:
            detail, hint = _words(error, secret=any(isinstance(token, str) and is_secret(token) for token in path))
            yield Fault(f"#{pointer(*path)}", place_of(path, operation), rule, detail, hint)


def place_of(path: Sequence[str | int], operation: Operation) -> Place:
    """In which part of the request a value of the job is."""
    match list(path[:2]):
        case ["params", str(name)] if name in operation.by_flat:
            return cast("Place", operation.by_flat[name].place)
        case ["params", _]:
            return "query"  # where a parameter that nobody knows would most likely have gone
        case ["body", *_]:
            return "body"
    return "job"


def _missing(path: Sequence[str | int], operation: Operation) -> Fault:
    what = "the body" if path == ["body"] else f"{path[-1]!r}"
    place = place_of(path, operation)
    where = f" the {place} parameter" if path[0] == "params" else ""
    return Fault(f"#{pointer(*path)}", place, "required", f"{what} is missing", f"add{where} {what}", Cause.MISSING)


def _unexpected(path: Sequence[str | int], rule: str, known: Sequence[str], operation: Operation) -> Fault:
    if path == ["body"]:
        return Fault("#/body", "body", rule, f"{operation.name} takes no body", "leave the body out")
    name = str(path[-1])
    return Fault(
        f"#{pointer(*path)}", place_of(path, operation), rule, f"{name!r} is not known here", suggest(name, known)
    )


def suggest(name: str, known: Sequence[str]) -> str:
    """``did you mean 'title'?``, or what there is, or nothing better than to leave it out."""
    if close := difflib.get_close_matches(name, known, n=1, cutoff=0.7):
        return f"did you mean {close[0]!r}?"
    if known:
        return f"known here: {_choices(known)}"
    return "leave it out"


def _known_names(
    error: jsonschema_rs.ValidationError, operation: Operation, path: Sequence[str | int], lookup: Lookup
) -> list[str]:
    if list(path) == ["params"]:
        return list(operation.by_flat)
    location = error.absolute_keyword_location
    if location is None:
        return []
    try:
        schema = lookup(location.rpartition("/")[0])
    except ContractError:  # known to the validator by an $id
        return []
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return list(properties) if isinstance(properties, Mapping) else []


def show(value: Any, *, secret: bool = False) -> str:
    """A value as JSON, short; a secret's not at all, nor those inside of it."""
    if secret:
        return REDACTED
    text = orjson.dumps(redact(value), default=str, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def _words(error: jsonschema_rs.ValidationError, *, secret: bool) -> tuple[str, str | None]:
    """What is wrong, and what to do."""
    shown = show(error.instance, secret=secret)
    kind = error.kind
    match kind:
        case jsonschema_rs.ValidationErrorKind.Type(types):
            wanted = " or ".join(_ARTICLES.get(name, name) for name in types)
            return f"{shown} is {_type_of(error.instance)}, not {wanted}", _retype(error.instance, types, secret=secret)
        case jsonschema_rs.ValidationErrorKind.Enum(options):
            return f"{shown} is not one of the allowed values", _one_of(error.instance, options)
        case jsonschema_rs.ValidationErrorKind.Constant(expected):
            return f"{shown} is not {show(expected)}", f"send {show(expected)}"
        case jsonschema_rs.ValidationErrorKind.Format(name):
            return f"{shown} is not a {name}", _FORMAT_EXAMPLES.get(name)
        case jsonschema_rs.ValidationErrorKind.Pattern(pattern):
            return f"{shown} does not match the pattern {pattern}", None
    limit = getattr(kind, "limit", None)
    if limit is not None and kind.name in _LIMITS:
        detail, hint = _LIMITS[kind.name]
        return detail.format(shown=shown, limit=limit, size=_size(error.instance)), hint.format(limit=limit)
    if kind.name in {"oneOf", "anyOf"}:
        return _union(error, shown)
    detail, remedy = _OTHERS.get(kind.name, ("{shown} breaks the rule {rule}", None))
    number = getattr(kind, "multiple_of", None)
    return detail.format(shown=shown, rule=kind.name, number=number), remedy and remedy.format(number=number)


_LIMITS: Final[Mapping[str, tuple[str, str]]] = {
    "minimum": ("{shown} is less than {limit}", "send {limit} or more"),
    "maximum": ("{shown} is more than {limit}", "send {limit} or less"),
    "exclusiveMinimum": ("{shown} is not more than {limit}", "send more than {limit}"),
    "exclusiveMaximum": ("{shown} is not less than {limit}", "send less than {limit}"),
    "minLength": ("{shown} has {size} characters", "at least {limit} are wanted"),
    "maxLength": ("{shown} has {size} characters", "at most {limit} are allowed"),
    "minItems": ("the list has {size} items", "at least {limit} are wanted"),
    "maxItems": ("the list has {size} items", "at most {limit} are allowed"),
    "minProperties": ("the object has {size} members", "at least {limit} are wanted"),
    "maxProperties": ("the object has {size} members", "at most {limit} are allowed"),
}

_OTHERS: Final[Mapping[str, tuple[str, str | None]]] = {
    "multipleOf": ("{shown} is not a multiple of {number}", "send a multiple of {number}"),
    "uniqueItems": ("the list holds something twice", "send each item once"),
    "contains": ("not the right items are in the list", None),
    "additionalItems": ("the list has items beyond those that are described", "leave them out"),
    "unevaluatedItems": ("the list has items beyond those that are described", "leave them out"),
    "propertyNames": ("the object has a member whose name is not allowed", None),
    "falseSchema": ("{shown} is not allowed here", "leave it out"),
    "not": ("{shown} is what the contract excludes", None),
}

_FORMAT_EXAMPLES: Final[Mapping[str, str]] = {
    "date": "write it like 2026-12-31",
    "date-time": "write it like 2026-12-31T23:59:59Z",
    "time": "write it like 23:59:59Z",
    "email": "write it like name@example.org",
    "uuid": "write it like 123e4567-e89b-12d3-a456-426614174000",
    "uri": "write it like https://example.org/path",
    "ipv4": "write it like 192.0.2.1",
    "duration": "write it like P3DT12H",
}


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | Mapping) else 0


def _type_of(value: Any) -> str:
    names = {str: "text", bool: "a boolean", int: "a number", float: "a number", list: "a list", type(None): "null"}
    return names.get(type(value), "an object")


def _retype(value: Any, types: Sequence[str], *, secret: bool) -> str | None:
    """``'12' is text; send the number 12``: only where nothing has to be guessed."""
    if secret:
        return None
    if isinstance(value, str) and {"integer", "number"} & set(types):
        try:
            number = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
        fits = isinstance(number, int if "number" not in types else int | float) and not isinstance(number, bool)
        return f"send the number {value} without quotes" if fits else None
    if isinstance(value, str) and "boolean" in types and value in {"true", "false"}:
        return f"send {value} without quotes"
    if "string" in types and isinstance(value, int | float):
        return f"send it in quotes: {show(str(value).lower() if isinstance(value, bool) else str(value))}"
    return None


def _one_of(value: Any, options: Sequence[Any]) -> str:
    words = [option for option in options if isinstance(option, str)]
    if isinstance(value, str) and (close := difflib.get_close_matches(value, words, n=1, cutoff=0.7)):
        return f"did you mean {close[0]!r}? one of: {_choices(options)}"
    return f"one of: {_choices(options)}"


def _choices(options: Sequence[Any]) -> str:
    shown = [option if isinstance(option, str) else show(option) for option in options[:_MAX_CHOICES]]
    more = len(options) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _union(error: jsonschema_rs.ValidationError, shown: str) -> tuple[str, str | None]:
    context: Sequence[Sequence[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", ())
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.OneOfMultipleValid):
        return f"{shown} fits more than one of the alternatives, but exactly one is wanted", None
    types = [
        name
        for branch in context
        for one in branch
        if isinstance(one.kind, jsonschema_rs.ValidationErrorKind.Type) and one.instance_path == error.instance_path
        for name in one.kind.types
    ]
    wanted = " or ".join(dict.fromkeys(_ARTICLES.get(name, name) for name in types))
    return f"{shown} fits none of the {len(context)} alternatives", f"send {wanted}" if wanted else None
