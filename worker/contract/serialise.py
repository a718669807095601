"""Makes a job's params into the parts of a URL and into headers: OpenAPI's styles, percent-encoding, and no way out.

A value cannot leave its place: path values are encoded whole and no part of a path may become ``.``, ``..`` or empty by
them, header values hold no line breaks.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

from worker.contract.document import pointer
from worker.contract.operation import Operation, Parameter, pieces
from worker.outcome import Fault

#: RFC 9110 field-content: visible characters, spaces and tabs inside; ``obs-text`` is left out.
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20\x09\x21-\x7e]*[\x21-\x7e])?|")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_DOTTED: Final = frozenset({"", "."})
_DOTS: Final = frozenset({"", ".", ".."})
_EXACT: Final = 2.0**53  # whole numbers up to here are exact as floating point

Write = Callable[[Any], str]


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
        self._texts = [quote(text, safe="/:@!$&'()*+,;=~-._%") for text in template[::2]]
        self._path = [in_path[name] for name in template[1::2]]
        self._query = [one for one in operation.parameters if one.place == "query"]
        self._headers = [one for one in operation.parameters if one.place == "header"]
        self._cookies = [one for one in operation.parameters if one.place == "cookie"]
        self.sets_headers = bool(self._headers or self._cookies)
        self.sets_headers = bool(self._headers or self._cookies)

    def target(self, params: Mapping[str, Any]) -> str:
        """Path and query: ``/shops/berlin/orders?dry_run=false``."""
        path = self._texts[0]
        for parameter, text in zip(self._path, self._texts[1:], strict=True):
            value = params[parameter.flat]
            plain = type(value) is str and parameter.style == "simple"  # nearly always
            path += (quote(value, safe="") if plain else _in_path(parameter, value)) + text
        if self._query:
            pairs = [pair for one in self._query if one.flat in params for pair in _pairs(one, params[one.flat])]
            if pairs:
                return f"{path}?{'&'.join(pairs)}"
        return path

    def headers(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Header and cookie parameters."""
        made = {one.name: _simple(one, params[one.flat], _plain) for one in self._headers if one.flat in params}
        if self._cookies:
            cookies = ["&".join(_pairs(one, params[one.flat])) for one in self._cookies if one.flat in params]
            if written := "; ".join(filter(None, cookies)):
                made["Cookie"] = written
        return made

    def faults(self, params: Mapping[str, Any]) -> list[Fault]:
        """What a schema cannot say: values that would break out of their place in the request."""
        found = [_path_fault(one, params[one.flat]) for one in self._path_breakers(params)]
        for one in self._headers:
            if one.flat in params and not is_header_value(_simple(one, params[one.flat], _plain)):
                detail = "a header cannot hold line breaks, control characters or characters outside of ASCII"
                found.append(Fault(f"#{pointer('params', one.flat)}", "header", "header-value", detail))
        return found

    def _path_breakers(self, params: Mapping[str, Any]) -> list[Parameter]:
        """Parameters of which nothing is left in the path, or that make one of its segments a dot or two."""
        if all(type(value := params.get(one.flat)) is str and value[:1] not in _DOTTED for one in self._path):
            return []  # nearly all: text that does not begin with a dot cannot make a segment of dots
        found: list[Parameter] = []
        segment, inside = self._texts[0].rpartition("/")[2], list[Parameter]()
        for parameter, text in zip(self._path, self._texts[1:], strict=True):
            written = _in_path(parameter, params[parameter.flat]) if parameter.flat in params else "absent"
            if written in _DOTS:
                found.append(parameter)
            inside.append(parameter)
            head, slash, _ = text.partition("/")
            segment += written + head
            if slash:
                found += inside if segment in _DOTS else []
                segment, inside = text.rpartition("/")[2], []
        found += inside if segment in _DOTS else []
        return list({one.flat: one for one in found}.values())


def _path_fault(parameter: Parameter, value: Any) -> Fault:
    detail = f"{value!r} would change the path of the request"
    return Fault(f"#{pointer('params', parameter.flat)}", "path", "path-segment", detail, "send a real value")


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))  # 3.0 is a whole number to JSON Schema, but its text is none to most servers
    return orjson.dumps(value).decode()


def _encoded(value: Any) -> str:
    return quote(_plain(value), safe="")


def _in_path(parameter: Parameter, value: Any) -> str:
    match parameter.style:
        case "label":
            return "." + _joined(parameter, value, "." if parameter.explode else ",")
        case "matrix":
            return _matrix(parameter, value)
    return _simple(parameter, value, _encoded)


def _matrix(parameter: Parameter, value: Any) -> str:
    name = quote(parameter.name, safe="")
    match value:
        case list() if parameter.explode:
            return "".join(_matrix_pair(name, _encoded(item)) for item in value)
        case Mapping() if parameter.explode:
            return "".join(_matrix_pair(_encoded(key), _encoded(item)) for key, item in value.items())
    return _matrix_pair(name, _joined(parameter, value, ","))


def _matrix_pair(name: str, text: str) -> str:
    return f";{name}={text}" if text else f";{name}"


def _simple(parameter: Parameter, value: Any, text: Write) -> str:
    if parameter.style == "json":
        return text(orjson.dumps(value).decode())
    return _joined(parameter, value, ",", text)


def _joined(parameter: Parameter, value: Any, separator: str, text: Write = _encoded) -> str:
    match value:
        case list():
            return separator.join(text(item) for item in value)
        case Mapping() if parameter.explode:
            return separator.join(f"{text(key)}={text(item)}" for key, item in value.items())
        case Mapping():
            return separator.join(text(part) for pair in value.items() for part in pair)
    return text(value)


_SEPARATORS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


def _pairs(parameter: Parameter, value: Any) -> list[str]:
    """The ``name=value`` pairs of a query parameter, or of a cookie."""
    name = quote(parameter.name, safe="")
    if parameter.style == "json":
        return [f"{name}={_encoded(orjson.dumps(value).decode())}"]
    match value:
        case list() if parameter.explode or parameter.style == "deepObject":
            return [f"{name}={_encoded(item)}" for item in value]
        case Mapping() if parameter.style == "deepObject":
            return [f"{name}%5B{_encoded(key)}%5D={_encoded(item)}" for key, item in value.items()]
        case Mapping() if parameter.explode:
            return [f"{_encoded(key)}={_encoded(item)}" for key, item in value.items()]
        case list() | Mapping() if not value:
            return []
    return [f"{name}={_joined(parameter, value, _SEPARATORS.get(parameter.style, ','))}"]
