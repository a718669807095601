"""Reads form bodies: url-encoded and multipart, each property as the contract's Encoding Object writes it."""

from collections.abc import Iterable, Sequence
from typing import Final

import orjson

from worker.sandbox import styles
from worker.sandbox.faults import Fault, Faults, pointer
from worker.sandbox.media import fits, is_json
from worker.sandbox.multipart import Part, parts_of
from worker.sandbox.operation import Encoding, Media, Parameter
from worker.sandbox.parameters import Reader
from worker.sandbox.received import Received
from worker.sandbox.schemas import Schemas, Shape
from worker.sandbox.styles import Parts
from worker.sandbox.values import Raw, Typed, decode

_PLAIN: Final = Encoding()


class Form:
    """One form of an operation: how its fields are read."""

    def __init__(self, media: Media, schemas: Schemas) -> None:
        self._schemas = schemas
        self._shape = schemas.shape((media.schema,) if media.schema else ())
        self._encoding = media.encoding
        self._styled = [
            (
                Parameter(name, "query", required=False, style=each.style, explode=each.explode, schema=None),
                schemas.shape(self._shape.places_of(name)),
            )
            for name, each in media.encoding.items()
            if each.style is not None
        ]
        self._headers = {
            name: [Reader(header, schemas, pointer("body", [name, header.name])) for header in each.headers]
            for name, each in media.encoding.items()
        }

    def url_encoded(self, content: bytes) -> Raw:
        """The fields of ``a=1&b=x+y``.

        Raises:
            ValueError: escapes are broken, or a field cannot be read as its encoding says.
        """
        query = styles.query_of(content.decode("ascii"))
        fields: dict[str, Raw] = {}
        claimed: set[str] = set()
        for parameter, shape in self._styled:
            claimed.update(_names(parameter, shape, query))
            raw = _first(parameter, shape, query)
            if raw is not None:
                fields[parameter.name] = raw
        for name, texts in query.items():
            if name not in claimed:
                fields[name] = self._field(name, [decode(text, plus=True) for text in texts])
        return fields

    def _field(self, name: str, texts: Sequence[str]) -> Raw:
        shape = self._schemas.shape(self._shape.places_of(name))
        as_json = any(is_json(kind) for kind in self._encoding.get(name, _PLAIN).types)
        if as_json and len(texts) == 1 and isinstance(value := _json(texts[0]), list):
            return Typed(value)
        is_list = "array" in shape.types
        item = self._schemas.shape(tuple(shape.items)) if is_list else shape
        values: list[Raw] = [Typed(_json(text)) if as_json else _item(text, item) for text in texts]
        only_list = is_list and "scalar" not in shape.kinds
        return values if only_list or len(values) > 1 or (is_list and isinstance(values[0], Typed)) else values[0]

    def multipart(self, content: bytes, boundary: str, faults: Faults) -> Raw | None:
        """The parts by name; None where one of them is of a kind that no schema speaks of.

        Raises:
            ValueError: it is no multipart body, or a part is not what its type says.
        """
        named: dict[str, list[Part]] = {}
        for part in parts_of(content, boundary):
            named.setdefault(part.name, []).append(part)
        fields: dict[str, Raw] = {}
        for name, parts in named.items():
            shape = self._schemas.shape(self._shape.places_of(name))
            is_list = "array" in shape.types
            item = self._schemas.shape(tuple(shape.items)) if is_list else shape
            values = [self._part(part, item, faults) for part in parts]
            if None in values:
                return None
            known = [value for value in values if value is not None]
            whole_list = len(known) == 1 and isinstance(known[0], Typed) and isinstance(known[0].value, list)
            fields[name] = known if (is_list or len(known) > 1) and not whole_list else known[0]
        return fields

    def _part(self, part: Part, shape: Shape, faults: Faults) -> Raw | None:
        at = pointer("body", [part.name])
        kind = part.media or "text/plain"
        declared = self._encoding.get(part.name, _PLAIN).types
        # a part with a file's name is a file, of which text without a format says nothing
        wanted = declared or (_default(shape) if part.media and not _is_file(part) else ("*/*",))
        if not any(fits(kind, each) or (each == "+json" and is_json(kind)) for each in wanted):
            faults.malformed.append(Fault(at, f"is {kind}: send {', '.join(wanted)}"))
        for header in self._headers.get(part.name, ()):
            seen = Parts(Received("", "", "", part.headers, b""), {}, {})
            header.check(seen, faults)
        if is_json(kind) or (not part.media and shape.kinds[0] == "object"):
            return Typed(_json(part.content))
        if shape.kinds[0] == "object" and "scalar" not in shape.kinds:
            return None
        if kind.startswith("text/") and not shape.binary:
            return part.content.decode()
        return Typed(part.content.decode("latin-1"))  # a character for each byte, as far as a schema counts them


def _is_file(part: Part) -> bool:
    return "filename" in part.headers.get("content-disposition", "")


def _default(shape: Shape) -> tuple[str, ...]:
    """The types that a part may have where the contract does not say, by what its schema lets through."""
    if shape.binary or not shape.types:
        return ("*/*",)
    structured = ("application/json", "+json") if shape.kinds[0] != "scalar" else ()
    return (*structured, "text/plain") if "scalar" in shape.kinds else structured


def _names(parameter: Parameter, shape: Shape, query: Iterable[str]) -> Iterable[str]:
    """The fields that belong to a property with a style of its own."""
    if parameter.style == "deepObject":
        return [name for name in query if name.startswith(f"{parameter.name}[")]
    if parameter.explode and "object" in shape.types:
        return [parameter.name, *shape.properties]
    return [parameter.name]


def _first(parameter: Parameter, shape: Shape, query: styles.Query) -> Raw | None:
    """The property's text in the first way in which it can be read."""
    wrong: ValueError | None = None
    for kind in shape.kinds:
        try:
            raw = styles.in_query(kind, parameter, shape, Parts(_NOBODY, {}, query))
        except ValueError as error:
            wrong = wrong or error
        else:
            if raw is not None:
                return raw
    if wrong is not None:
        raise ValueError(f"{parameter.name} {wrong}")
    return None


_NOBODY: Final = Received("", "", "", {}, b"")


def _item(text: str, shape: Shape) -> Raw:
    """An object in a form is JSON text, everything else means itself."""
    if shape.kinds[0] == "scalar":
        return text
    try:
        return Typed(_json(text))
    except ValueError:
        if "scalar" in shape.kinds:
            return text
        raise


def _json(text: str | bytes) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"{text[:80]!r} is not JSON: {error}") from error
