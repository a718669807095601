"""Makes a job's params into the parts of a URL and into headers: OpenAPI's styles, percent-encoding, and no way out.

A value cannot leave its place: path values are encoded whole and no part of a path may become ``.``, ``..`` or empty by
them, no name of a member is that of another parameter, header values hold no line breaks.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from worker.contract.document import pointer
from worker.contract.operation import Operation, Parameter, pieces
from worker.contract.styles import (
    Flaw,
    Style,
    empty,
    flaws,
    in_header,
    in_path,
    nothing,
    pairs,
    spread,
    style_of,
    text_of,
)
from worker.outcome import Fault

#: RFC 9110 field-content: visible characters, spaces and tabs inside; ``obs-text`` is left out.
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20\x09\x21-\x7e]*[\x21-\x7e])?|")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
#: RFC 6265 cookie-octet: no blanks, quotes, commas, semicolons or backslashes.
_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
#: What stands in a path's template as it is: a few documents have a query there, which is a part of every request.
_TEMPLATE: Final = "/:@!$&'()*+,;=~-._%?"
_DOTTED: Final = frozenset({"", "."})
_DOTS: Final = frozenset({"", ".", ".."})
_SINGLE: Final = frozenset({str, int, float, bool})


def is_header_value(text: str) -> bool:
    """Whether text may be sent as a header's value."""
    return _HEADER_VALUE.fullmatch(text) is not None


def is_header_name(text: str) -> bool:
    """Whether text may be sent as a header's name, or a cookie's."""
    return _TOKEN.fullmatch(text) is not None


class Serialiser:
    """Writes the parts of one operation's requests; made once per operation.

    Attributes:
        sets_headers: some of its parameters are headers or cookies.
    """

    def __init__(self, operation: Operation) -> None:
        template = pieces(operation.path)
        in_path = {one.name: one for one in operation.parameters if one.place == "path"}
        self._first, *texts = (quote(text, safe=_TEMPLATE) for text in template[::2])
        self._path = [(_Placed(in_path[name]), text) for name, text in zip(template[1::2], texts, strict=True)]
        placed = [_Placed(one) for one in operation.parameters]
        self._by_flat = {one.flat: one for one in placed}
        self._query = [one for one in placed if one.place == "query"]
        self._headers = [one for one in placed if one.place == "header"]
        self._cookies = [one for one in placed if one.place == "cookie"]
        self.sets_headers = bool(self._headers or self._cookies)

    def target(self, params: Mapping[str, Any]) -> str:
        """Path and query: ``/shops/berlin/orders?dry_run=false``."""
        path = self._first
        for one, text in self._path:
            value = params[one.flat]
            plain = type(value) is str and one.style.name == "simple"  # nearly always
            path += (quote(value, safe="") if plain else in_path(one.name, value, one.style)) + text
        if self._query:
            query: list[str] = []
            for one in self._query:
                if one.flat in params:
                    query += one.pairs(params[one.flat])
            if query:
                return f"{path}{'&' if '?' in self._first else '?'}{'&'.join(query)}"
        return path

    def headers(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Header and cookie parameters."""
        made = {
            one.name: in_header(value, one.style)
            for one in self._headers
            if one.flat in params and not (empty(value := params[one.flat]) and one.style.name == "simple")
        }
        cookies = [pair for one in self._cookies if one.flat in params for pair in one.cookies(params[one.flat])]
        if cookies:
            made["Cookie"] = "; ".join(cookies)
        return made

    def faults(self, params: Mapping[str, Any]) -> list[Fault]:
        """What a schema cannot say: values that have no text, and those that would break out of their place."""
        found: list[Fault] = []
        for one, _ in self._path:
            value = params.get(one.flat)
            if type(value) is not int and (type(value) is not str or value[:1] in _DOTTED):  # nearly none
                found = [_path_fault(broken, params[broken.flat]) for broken in self._path_breakers(params)]
                break
        for flat, value in params.items():
            if type(value) not in _SINGLE:
                found += self._flaws(self._by_flat[flat], value)
        if self.sets_headers:
            found += self._unsendable(params)
        return found

    def _path_breakers(self, params: Mapping[str, Any]) -> list["_Placed"]:
        """Parameters of which nothing is left in the path, or that make one of its segments a dot or two."""
        found: list[_Placed] = []
        segment, inside = self._first.rpartition("/")[2], list[_Placed]()
        for one, text in self._path:
            written = in_path(one.name, params[one.flat], one.style) if one.flat in params else "absent"
            if written in _DOTS:
                found.append(one)
            inside.append(one)
            head, slash, _ = text.partition("/")
            segment += written + head
            if slash:
                found += inside if segment in _DOTS else []
                segment, inside = text.rpartition("/")[2], []
        found += inside if segment in _DOTS else []
        return list({one.flat: one for one in found}.values())

    def _flaws(self, one: "_Placed", value: Any) -> Iterator[Fault]:
        """Faults of null, of a list, of an object."""
        for flaw in flaws(value, one.style):
            yield one.fault(flaw)
        if one.place == "path" or one.style.name in {"json", "text"}:
            return
        if one.required and empty(value):
            yield one.fault(nothing(()))
        if one.place in {"query", "cookie"}:
            others = {other.name for other in self._by_flat.values() if other.place == one.place} - {one.name}
            for flaw in spread(value, one.style, others):
                yield one.fault(flaw)

    def _unsendable(self, params: Mapping[str, Any]) -> Iterator[Fault]:
        """Faults of headers and cookies that cannot be sent as they are."""
        for one in self._headers:
            if one.flat in params and not _fits_header(params[one.flat], one.style):
                detail = "a header cannot hold line breaks, control characters or characters outside of ASCII"
                if isinstance(params[one.flat], list | dict):
                    detail += "; nor can a value inside of another be empty, hold a comma, or have blanks around it"
                yield Fault(f"#{pointer('params', one.flat)}", "header", "header-value", detail)
        for one in self._cookies:
            if one.style.name == "text" and not _COOKIE_VALUE.fullmatch(text_of(params.get(one.flat, ""))):
                detail = "a cookie cannot hold blanks, quotes, commas, semicolons, backslashes or other than ASCII"
                yield Fault(f"#{pointer('params', one.flat)}", "cookie", "cookie-value", detail)


class _Placed:
    """A parameter with all that is the same for each of its values."""

    __slots__ = ("_encoded", "flat", "name", "place", "required", "style")

    def __init__(self, parameter: Parameter) -> None:
        self.flat, self.name, self.place = parameter.flat, parameter.name, parameter.place
        self.required = parameter.required
        self.style = style_of(parameter.style, explode=parameter.explode, allow_reserved=parameter.allow_reserved)
        self._encoded = quote(parameter.name, safe="")

    def pairs(self, value: Any) -> list[str]:
        """Those of a query."""
        if type(value) is str and self.style.name != "json":  # nearly always
            return [f"{self._encoded}={quote(value, safe=self.style.safe)}"]
        return pairs(self._encoded, value, self.style)

    def cookies(self, value: Any) -> list[str]:
        """Those of a cookie: its name is legal as it stands, and content that is text is not encoded."""
        return [f"{self.name}={text_of(value)}"] if self.style.name == "text" else pairs(self.name, value, self.style)

    def fault(self, flaw: Flaw) -> Fault:
        """What is wrong with the value, or with a part of it."""
        return flaw.fault(self.place, "params", self.flat)


def _path_fault(one: _Placed, value: Any) -> Fault:
    detail = f"{value!r} would change the path of the request"
    return Fault(f"#{pointer('params', one.flat)}", "path", "path-segment", detail, "send a real value")


def _fits_header(value: Any, style: Style) -> bool:
    """Whether a value, and every value of a list, is read from a header as it is."""
    if type(value) is str and style.name != "json":  # nearly always
        return is_header_value(value)
    if style.name != "simple" or not isinstance(value, list | dict):
        return is_header_value(in_header(value, style))
    parts = value if isinstance(value, list) else [part for pair in value.items() for part in pair]
    if style.explode and isinstance(value, dict) and any("=" in key for key in value):
        return False
    return all(bool(text := text_of(part)) and "," not in text and is_header_value(text) for part in parts)
