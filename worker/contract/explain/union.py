"""Finds the alternative of a ``oneOf`` or ``anyOf`` that a value was meant to be, so that its errors can be told.

By the discriminator, or by a member that has another value in each alternative; else by what fits best: few names out
of place, few errors, and those deep inside. It never changes the verdict, only what is told of it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import jsonschema_rs

from worker.contract.explain.broken import Broken, Words
from worker.contract.explain.mistyped import mistyped, not_among
from worker.contract.explain.surroundings import Lookup, Node, branches, holder, members, name_of
from worker.contract.explain.tag import tag_of
from worker.contract.explain.wording import words
from worker.contract.likeness import closest
from worker.contract.shown import choices, joined, quoted, show
from worker.outcome import Cause
from worker.redaction import is_secret

Error = jsonschema_rs.ValidationError

_MAX_LEVELS: Final = 6  # of alternatives inside each other: more than people write, and each multiplies the errors
_MAX_TOLD: Final = 3  # alternatives to a single value that are told one by one
_MAX_NAMES: Final = 6  # of members or alternatives that are listed


class Told(NamedTuple):
    """A fault of all the alternatives together.

    Attributes:
        types: those that would do, where the value has none of them.
        options: the values that would do, where it is none of them.
    """

    path: Sequence[str | int]
    rule: str
    words: Words
    cause: Cause = Cause.INVALID
    types: Sequence[str] = ()
    options: Sequence[Any] = ()


class _Branch(NamedTuple):
    """An alternative: its schema, where that can be looked up, and what is wrong with the value by it."""

    node: Node | None
    errors: list[Error | Told]


def unravel(error: Error, lookup: Lookup, *, secret: bool, levels: int = _MAX_LEVELS) -> list[Error | Told]:
    """What an error comes down to: itself, or the errors of the alternative that the value was meant to be."""
    kind = error.kind
    match kind:
        case jsonschema_rs.ValidationErrorKind.OneOfMultipleValid(context):
            return [_too_many(error, context, lookup, secret=secret)]
        case jsonschema_rs.ValidationErrorKind.AnyOf(context) | (
            jsonschema_rs.ValidationErrorKind.OneOfNotValid(context)
        ) if levels:
            found = holder(error, lookup)
            made = [
                _Branch(
                    node, [inner for one in told for inner in unravel(one, lookup, secret=secret, levels=levels - 1)]
                )
                for node, told in zip(branches(found, kind.name, len(context)), context, strict=True)
            ]
            return _closest(Broken(error, secret, lookup), found, made)
    return [error]


def _closest(broken: Broken, found: Node | None, made: list[_Branch]) -> list[Error | Told]:
    at = broken.error.instance_path
    fitting = [one for one in made if not any(_types(inner, at) for inner in one.errors)]
    others = [one for one in fitting if not any(_options(inner, at) for inner in one.errors)]
    if not others:
        return [_none_fits(broken, made)]
    if isinstance(broken.value, dict):
        return _tagged(broken, found, others) or _best(broken, others)
    return _best(broken, others) if isinstance(broken.value, list) else _single(broken, fitting)


def _tagged(broken: Broken, found: Node | None, fitting: list[_Branch]) -> list[Error | Told] | None:
    """What the tag decides; None where there is none, or where it leaves everything open."""
    tag = tag_of(found, [one.node for one in fitting], broken.lookup)
    if tag is None:
        return None
    at = broken.error.instance_path
    known = list(dict.fromkeys(label for labels in tag.labels for label in labels))
    if tag.name not in broken.value:
        if not tag.declared and not all(tag.name in _missing(one, at) for one in fitting):
            return None
        said = Words(f"{quoted(tag.name)} is missing", f"one of: {choices(known)}")
        return [Told([*at, tag.name], "required", said, Cause.MISSING)]
    value = broken.value[tag.name]
    agreeing = [one for one, labels in zip(fitting, tag.labels, strict=True) if value in labels]
    if agreeing:
        return _best(broken, agreeing)
    likely = closest(value, [one for one in known if isinstance(one, str)]) if isinstance(value, str) else None
    shown = show(value, secret=broken.secret or is_secret(tag.name))
    said = Words(f"{shown} is none of: {choices(known)}", likely and f"did you mean {quoted(likely)}?")
    return [Told([*at, tag.name], "discriminator" if tag.declared else "enum", said)]


def _none_fits(broken: Broken, made: list[_Branch]) -> Told:
    """The value has the type, or is one of the values, of no alternative."""
    at = broken.error.instance_path
    every = [one for branch in made for one in branch.errors]
    types = [name for one in every for name in _types(one, at)]
    options = [option for one in every for option in _options(one, at)]
    said = not_among(broken, options) if options else mistyped(broken, types)
    if options and types:
        other = mistyped(broken, types)
        said = Words(f"{other.detail}, nor one of the allowed values", f"{said.hint}; or {other.hint}")
    return Told(at, broken.error.kind.name, said, types=types, options=options)


def _single(broken: Broken, fitting: list[_Branch]) -> list[Error | Told]:
    """Text, a number: several alternatives may be meant, and all are told."""
    errors = [one for branch in fitting for one in branch.errors[:1]]
    said = list(
        dict.fromkeys(one.words if isinstance(one, Told) else words(broken._replace(error=one)) for one in errors)
    )
    if len(said) == 1:
        return fitting[0].errors
    shown = broken.shown
    details = [one.detail.removeprefix(f"{shown} ") for one in said[:_MAX_TOLD]]
    hints = [one.hint for one in said[:_MAX_TOLD] if one.hint]
    told = Words(f"{shown} {joined(details, 'and')}", f"either {joined(hints)}" if len(hints) > 1 else "".join(hints))
    return [Told(broken.error.instance_path, broken.error.kind.name, told)]


def _best(broken: Broken, fitting: list[_Branch]) -> list[Error | Told]:
    scores = [_score(broken, one) for one in fitting]
    if len(fitting) > 1 and len({score[0] for score in scores}) == 1 and (told := _any_name(broken, fitting)):
        return [told]
    return min(zip(scores, range(len(fitting)), fitting, strict=True))[2].errors


def _any_name(broken: Broken, fitting: list[_Branch]) -> Told | None:
    """Names of which one has to be there, where nothing but names is missing from each alternative."""
    at = broken.error.instance_path
    missing = [_missing(one, at) for one in fitting]
    if any(len(names) != len(one.errors) for names, one in zip(missing, fitting, strict=True)):
        return None
    groups = dict.fromkeys(joined([quoted(name) for name in names], "with") for names in missing)
    detail = f"{joined(list(groups)[:_MAX_NAMES])} is missing"
    return Told(at, broken.error.kind.name, Words(detail, "add one of them"), Cause.MISSING)


def _missing(branch: _Branch, at: Sequence[str | int]) -> list[str]:
    """The names that an alternative asks for at a place."""
    return [
        one.kind.property
        for one in branch.errors
        if isinstance(one, Error)
        and isinstance(one.kind, jsonschema_rs.ValidationErrorKind.Required)
        and one.instance_path == at
    ]


def _types(one: Error | Told, at: Sequence[str | int]) -> Sequence[str]:
    """The types that would have done at a place; empty where that is not what is wrong."""
    if isinstance(one, Told):
        return one.types if one.path == at else ()
    here = isinstance(one.kind, jsonschema_rs.ValidationErrorKind.Type) and one.instance_path == at
    return getattr(one.kind, "types", ()) if here else ()


def _options(one: Error | Told, at: Sequence[str | int]) -> Sequence[Any]:
    """The values that would have done at a place; empty where that is not what is wrong."""
    if isinstance(one, Told):
        return one.options if one.path == at else ()
    if one.instance_path != at:
        return ()
    match one.kind:
        case jsonschema_rs.ValidationErrorKind.Enum(options):
            return options
        case jsonschema_rs.ValidationErrorKind.Constant(expected):
            return [expected]
    return ()


def _score(broken: Broken, branch: _Branch) -> tuple[int, int, int, int]:
    """The smaller, the closer: names that are strange to it, errors at its own level, all errors, how deep they lie."""
    depth = len(broken.error.instance_path)
    known = members(branch.node, broken.lookup)
    strange = sum(name not in known for name in broken.value) if known and isinstance(broken.value, dict) else 0
    paths = [one.path if isinstance(one, Told) else one.instance_path for one in branch.errors]
    shallow = sum(len(path) == depth for path in paths)
    return strange, shallow, len(paths), -max(map(len, paths), default=0)


def _too_many(error: Error, context: Sequence[Sequence[Error]], lookup: Lookup, *, secret: bool) -> Told:
    """The value is valid by several alternatives of ``oneOf``."""
    nodes = branches(holder(error, lookup), "oneOf", len(context))
    fitting = [
        (index, name_of(node)) for index, (node, told) in enumerate(zip(nodes, context, strict=True)) if not told
    ]
    names = [f"number {index + 1}" if name is None else name for index, name in fitting]
    shown = show(error.instance, secret=secret)
    detail = f"{shown} fits more than one of the alternatives ({joined(names[:_MAX_NAMES], 'and')})"
    return Told(error.instance_path, error.kind.name, Words(detail, "exactly one of them has to fit"))
