"""Says what is wrong with a value of the wrong type, or of none of the allowed values, and what to send instead."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from worker.contract.explain.broken import Broken, Words
from worker.contract.likeness import closest
from worker.contract.shown import choices, joined, quoted, show, type_of

#: JSON Schema's types, as people call them.
TYPES: Final[Mapping[str, str]] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
}


def mistyped(broken: Broken, types: Sequence[str]) -> Words:
    """The words for a value of another type than all that would do."""
    ordered = sorted(dict.fromkeys(types), key=lambda name: name == "null")  # last, as people say it
    wanted = joined([TYPES.get(name, name) for name in ordered])
    value = broken.value
    plain = value is None or (type(value) is float and wanted == TYPES["integer"])
    detail = f"{broken.shown} is not {wanted}" if plain else f"{broken.shown} is {type_of(value)}, not {wanted}"
    return Words(detail, (None if broken.secret else _retype(value, types)) or f"send {wanted}")


def not_among(broken: Broken, options: Sequence[Any]) -> Words:
    """The words for a value that is none of those allowed."""
    value = broken.value
    likely = closest(value, [option for option in options if isinstance(option, str)]) if type(value) is str else None
    meant = f"did you mean {quoted(likely)}? " if likely is not None and not broken.secret else ""
    return Words(f"{broken.shown} is not one of the allowed values", f"{meant}one of: {choices(options)}")


def _retype(value: Any, types: Sequence[str]) -> str | None:
    """``send the number 12 without quotes``: only where nothing has to be guessed."""
    if isinstance(value, str) and (hint := _retype_text(value, types)):
        return hint
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return f"send {int(value)}"
    if "string" in types and isinstance(value, bool | int | float):
        return f"send it in quotes: {show(show(value))}"
    if "array" in types and isinstance(value, str | int | float):
        return f"send it in a list: [{show(value)}]"
    return None


def _retype_text(text: str, types: Sequence[str]) -> str | None:
    read = _read(text)
    number = isinstance(read, int | float) and not isinstance(read, bool)
    if number and ("number" in types or ("integer" in types and isinstance(read, int))):
        return f"send the number {text} without quotes"
    if "boolean" in types and text.lower() in {"true", "false"}:
        return f"send {text.lower()} without quotes"
    if "null" in types and text.lower() == "null":
        return "send null without quotes"
    if ("object" in types and isinstance(read, dict)) or ("array" in types and isinstance(read, list)):
        return "send the value itself, not its JSON in quotes"
    return None


def _read(text: str) -> Any:
    """What a text is as JSON; None where it is none."""
    try:
        return orjson.loads(text)
    except ValueError:
        return None
