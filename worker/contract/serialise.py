"""Makes a job's params into the parts of a URL and into headers: OpenAPI's styles, percent-encoding, and no way out.

A value cannot leave its place: path values are encoded whole and may not be ``.``, ``..`` or empty, header values hold
no line breaks.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

from worker.contract.document import pointer
from worker.contract.operation import Operation, Parameter
from worker.outcome import Fault

_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
#: RFC 9110 field-content: visible characters, spaces and tabs inside; ``obs-text`` is left out.
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20\x09\x21-\x7e]*[\x21-\x7e])?|")
_DOTS: Final = frozenset({"", ".", ".."})


class Serialiser:
    """Writes the parts of one operation's requests; made once per operation."""

    def __init__(self, operation: Operation) -> None:
        pieces = _PLACEHOLDER.split(operation.path)
        in_path = {one.name: one for one in operation.parameters if one.place == "path"}
        self._texts = [quote(text, safe="/:@!$&'()*+,;=~-._%") for text in pieces[::2]]
        self._path = [in_path[name] for name in pieces[1::2]]
        self._query = [one for one in operation.parameters if one.place == "query"]
        self._headers = [one for one in operation.parameters if one.place == "header"]
        self._cookies = [one for one in operation.parameters if one.place == "cookie"]

    def target(self, params: Mapping[str, Any]) -> str:
        """Path and query: ``/shops/berlin/orders?dry_run=false``."""
        path = self._texts[0]
        for parameter, text in zip(self._path, self._texts[1:], strict=True):
            path += _in_path(parameter, params[parameter.flat]) + text
        if self._query:
            pairs = [pair for one in self._query if one.flat in params for pair in _in_query(one, params[one.flat])]
            if pairs:
                return f"{path}?{'&'.join(pairs)}"
        return path

    def headers(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Header and cookie parameters."""
        made = {one.name: _simple(one, params[one.flat], _plain) for one in self._headers if one.flat in params}
        if cookies := [f"{one.name}={_encoded(params[one.flat])}" for one in self._cookies if one.flat in params]:
            made["Cookie"] = "; ".join(cookies)
        return made

    def faults(self, params: Mapping[str, Any]) -> list[Fault]:
        """What a schema cannot say: values that would break out of their place in the request."""
        found = []
        for one in self._path:
            if one.flat in params and _is_dots(params[one.flat]):
                detail = f"{params[one.flat]!r} would change the path of the request"
                found.append(
                    Fault(f"#{pointer('params', one.flat)}", "path", "path-segment", detail, "send a real value")
                )
        for one in self._headers:
            if one.flat in params and not _HEADER_VALUE.fullmatch(_simple(one, params[one.flat], _plain)):
                detail = "a header cannot hold line breaks, control characters or characters outside of ASCII"
                found.append(Fault(f"#{pointer('params', one.flat)}", "header", "header-value", detail))
        return found


def _is_dots(value: Any) -> bool:
    return value in _DOTS if isinstance(value, str) else isinstance(value, list | Mapping) and not value


def is_header_value(text: str) -> bool:
    """Whether text may be sent as a header's value."""
    return _HEADER_VALUE.fullmatch(text) is not None


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
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
            return "".join(f";{name}={_encoded(item)}" for item in value)
        case Mapping() if parameter.explode:
            return "".join(f";{quote(key, safe='')}={_encoded(item)}" for key, item in value.items())
    return f";{name}={_joined(parameter, value, ',')}"


def _simple(parameter: Parameter, value: Any, text: Any) -> str:
    if parameter.style == "json":
        return str(text(orjson.dumps(value).decode()))
    return _joined(parameter, value, ",", text)


def _joined(parameter: Parameter, value: Any, separator: str, text: Any = _encoded) -> str:
    match value:
        case list():
            return separator.join(text(item) for item in value)
        case Mapping() if parameter.explode:
            return separator.join(f"{text(key)}={text(item)}" for key, item in value.items())
        case Mapping():
            return separator.join(text(part) for pair in value.items() for part in pair)
    return str(text(value))


_SEPARATORS: Final = {"form": ",", "spaceDelimited": "%20", "pipeDelimited": "%7C"}


def _in_query(parameter: Parameter, value: Any) -> list[str]:
    name = quote(parameter.name, safe="")
    if parameter.style == "json":
        return [f"{name}={_encoded(orjson.dumps(value).decode())}"]
    match value:
        case list() if parameter.explode or parameter.style == "deepObject":
            return [f"{name}={_encoded(item)}" for item in value]
        case Mapping() if parameter.style == "deepObject":
            return [f"{name}%5B{quote(key, safe='')}%5D={_encoded(item)}" for key, item in value.items()]
        case Mapping() if parameter.explode:
            return [f"{quote(key, safe='')}={_encoded(item)}" for key, item in value.items()]
        case list() | Mapping() if not value:
            return []
    return [f"{name}={_joined(parameter, value, _SEPARATORS.get(parameter.style, ','))}"]
