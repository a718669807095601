"""Says in words what a broken keyword means: what is wrong with the value, and what to do.

One case or one entry for each keyword of Draft 4 to 2020-12 that a value can break. Those about names and about
alternatives have files of their own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import jsonschema_rs

from worker.contract.explain import items
from worker.contract.explain.broken import Broken, Words
from worker.contract.explain.formats import format_words
from worker.contract.explain.mistyped import mistyped, not_among
from worker.contract.explain.surroundings import values, within
from worker.contract.shown import choices, counted, printable, quoted, show

_MAX_NOTE: Final = 120  # characters of a pattern, or of what a contract says about a value


def words(broken: Broken) -> Words:
    """What is wrong, and what to do."""
    kind = broken.error.kind
    match kind:
        case jsonschema_rs.ValidationErrorKind.Type(types):
            return mistyped(broken, types)
        case jsonschema_rs.ValidationErrorKind.Enum(options):
            return not_among(broken, options)
        case jsonschema_rs.ValidationErrorKind.Constant(expected):
            return Words(f"{broken.shown} is not {show(expected)}", f"send {show(expected)}")
        case jsonschema_rs.ValidationErrorKind.Format(name):
            detail, hint = format_words(name, broken.value, secret=broken.secret)
            return Words(detail, hint or _described(broken))
        case jsonschema_rs.ValidationErrorKind.Pattern(pattern):
            return Words(f"{broken.shown} does not match the pattern {_note(pattern)}", _described(broken))
        case jsonschema_rs.ValidationErrorKind.MultipleOf(number):
            return Words(f"{broken.shown} is not a multiple of {show(number)}", f"send a multiple of {show(number)}")
    say = _SAYINGS.get(kind.name)
    return say(broken) if say else Words(f"{broken.shown} breaks the rule {kind.name}", _described(broken))


def read_only(broken: Broken) -> bool:
    """Whether a value is refused because only the API may set it."""
    return broken.error.kind.name == "not" and broken.beside("readOnly") is True


def _compared(broken: Broken) -> Words:
    detail, hint = _BOUNDS[broken.error.kind.name]
    bound = show(getattr(broken.error.kind, "limit", None))
    return Words(detail.format(shown=broken.shown, bound=bound), hint.format(bound=bound))


_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "minimum": ("{shown} is less than {bound}", "send {bound} or more"),
    "maximum": ("{shown} is more than {bound}", "send {bound} or less"),
    "exclusiveMinimum": ("{shown} is not more than {bound}", "send more than {bound}"),
    "exclusiveMaximum": ("{shown} is not less than {bound}", "send less than {bound}"),
}


def _measured(broken: Broken) -> Words:
    rule, limit, size = broken.error.kind.name, getattr(broken.error.kind, "limit", 0), len(broken.value)
    what, unit = _UNITS[rule[3:]]
    holder = broken.shown if unit == "character" else what
    detail = f"{holder} has {counted(size, unit)}" if size else f"{what} is empty"
    wanted = f"{counted(limit, unit)} {'is' if limit == 1 else 'are'}"
    return Words(detail, f"at least {wanted} wanted" if rule[:3] == "min" else f"at most {wanted} allowed")


_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "Length": ("the text", "character"),
    "Items": ("the list", "item"),
    "Properties": ("the object", "member"),
}


def _excluded(broken: Broken) -> Words:
    if read_only(broken):
        return Words(f"{_name(broken)} is read-only: the API sets it", "leave it out")
    if options := values(within(broken.holder, "not"), broken.lookup):
        return Words(f"{broken.shown} is not allowed here", f"send anything but: {choices(options)}")
    return Words(f"{broken.shown} is what the contract excludes", _described(broken))


def _forbidden(broken: Broken) -> Words:
    path = broken.error.instance_path
    if path and isinstance(path[-1], int):
        return Words(f"the contract describes no item {path[-1]} of this list", "leave it out")
    return Words(f"{_name(broken)} is not allowed here", "leave it out")


def _name(broken: Broken) -> str:
    path = broken.error.instance_path
    return quoted(str(path[-1])) if len(path) > 1 else broken.shown


def _fitting_none(broken: Broken) -> Words:
    return Words(f"{broken.shown} fits none of the alternatives", _described(broken))


def _encoded(broken: Broken) -> Words:
    encoding = printable(str(getattr(broken.error.kind, "content_encoding", "")))
    return Words(f"{broken.shown} is not {encoding}", f"encode it as {encoding}")


def _written(broken: Broken) -> Words:
    media = printable(str(getattr(broken.error.kind, "content_media_type", "")))
    return Words(f"{broken.shown} is not {media}", f"send {media} as text")


_SAYINGS: Final[Mapping[str, Callable[[Broken], Words]]] = {
    **items.SAYINGS,
    **dict.fromkeys(_BOUNDS, _compared),
    **{f"{bound}{what}": _measured for bound in ("min", "max") for what in _UNITS},
    **dict.fromkeys(("anyOf", "oneOf"), _fitting_none),
    "contentEncoding": _encoded,
    "contentMediaType": _written,
    "falseSchema": _forbidden,
    "not": _excluded,
    "pattern": lambda broken: Words(
        f"{broken.shown} takes too long to hold against its pattern", "send a shorter text"
    ),
}


def _described(broken: Broken) -> str | None:
    """An example that the contract gives, or the first sentence that it says about the value."""
    found = broken.holder
    schema: Mapping[str, Any] = found.schema if found else {}
    examples = schema.get("examples")
    example = examples[0] if isinstance(examples, list) and examples else schema.get("example")
    if example is not None and not broken.secret:
        return f"for example {show(example)}"
    about = schema.get("description")
    sentence = " ".join(about.split()).partition(". ")[0] if isinstance(about, str) else ""
    return f"the contract says: {_note(sentence.rstrip('.'))}" if sentence else None


def _note(text: str) -> str:
    return printable(text if len(text) <= _MAX_NOTE else f"{text[: _MAX_NOTE - 3]}...")
