"""Reads a Postman collection, version 2.1: its requests, each with all that it inherits from the folders around it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from worker.contract import document
from worker.contract.postman.secrets import hide
from worker.contract.postman.variables import Variables, text
from worker.errors import ContractError

_EXPORT: Final = "in Postman choose Export and Collection v2.1"
_MOST_FOLDERS: Final = 100  # levels; Postman itself shows no more than a few


class Pair(NamedTuple):
    """A header, a query parameter or a field of a form.

    Attributes:
        enabled: False where it is there, but switched off.
        is_file: a field of a form whose value is a file.
    """

    name: str
    value: str
    enabled: bool = True
    description: str = ""
    is_file: bool = False
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request, with what it inherits.

    Attributes:
        name: as the collection has it.
        folders: names, outermost first.
        url: as the collection has it: text or an object.
        auth: as the collection has it, its own or inherited; None where there is none.
        statuses: of the saved answers.
        is_sample: taken from a saved answer: it says what may be sent, but is no operation of its own.
    """

    name: str
    folders: tuple[str, ...]
    method: str
    url: Any
    headers: tuple[Pair, ...]
    body: Mapping[str, Any] | None
    auth: Any
    variables: Variables
    description: str = ""
    statuses: tuple[int, ...] = ()
    is_sample: bool = False

    @property
    def title(self) -> str:
        """Its name behind those of its folders, for messages."""
        return " / ".join((*self.folders, self.name))


@dataclass(frozen=True, slots=True)
class Collection:
    """What was read of a collection.

    Attributes:
        left_out: what is no request, and why, a sentence each.
    """

    name: str
    description: str
    requests: tuple[Request, ...]
    left_out: tuple[str, ...]


class _Place(NamedTuple):
    folders: tuple[str, ...]
    auth: Any
    variables: Variables


def read(path: Path) -> Collection:
    """Read a collection.

    Raises:
        ContractError: the file cannot be read, or is something else; the message says what, and what to do.
    """
    content = document.read(path)
    if isinstance(content, dict) and isinstance(inner := content.get("collection"), dict):
        content = inner  # as Postman's own API answers
    if problem := _otherwise(content):
        raise ContractError(f"{path}: {problem}")
    hide(content)
    left_out: list[str] = []
    place = _Place((), content.get("auth"), Variables().within(content.get("variable")))
    requests = tuple(_requests(content["item"], place, left_out))
    info = content["info"]
    return Collection(text(info.get("name")) or path.stem, described(info), requests, tuple(left_out))


def _otherwise(content: Any) -> str | None:
    """What a file is that is no collection of version 2.1, and what to do; None where it is one."""
    if not isinstance(content, dict):
        return f"not a Postman collection (no JSON object); {_EXPORT}"
    if "openapi" in content or "swagger" in content:
        return "this is an OpenAPI document already: name it as the contract in the config, nothing has to be imported"
    if "_postman_variable_scope" in content:
        return f"this holds the variables of a Postman environment; give the collection instead: {_EXPORT}"
    info, items = content.get("info"), content.get("item")
    if not isinstance(info, dict):
        old = "requests" in content and ("order" in content or "folders" in content)
        return f"{'this is a Postman collection of version 1' if old else 'not a Postman collection'}; {_EXPORT}"
    schema = text(info.get("schema"))
    if "v2.1" not in schema:
        version = "2.0" if "v2.0" in schema else f"that it does not name (info.schema: {schema or 'none'})"
        return f"this is a Postman collection of version {version}; {_EXPORT}"
    return None if isinstance(items, list) else f"the collection has no list of requests (item); {_EXPORT}"


def _requests(items: list[Any], place: _Place, left_out: list[str]) -> Iterator[Request]:
    """Every request of a folder, and of those in it, in order."""
    for index, item in enumerate(items, 1):
        if not isinstance(item, dict):
            left_out.append(f"{' / '.join((*place.folders, f'number {index}'))}: it is no object")
            continue
        name = text(item.get("name")) or f"number {index}"
        auth = item["auth"] if item.get("auth") is not None else place.auth
        here = _Place(place.folders, auth, place.variables.within(item.get("variable")))
        if not isinstance(inner := item.get("item"), list):
            yield from _request(name, item, here, left_out)
        elif len(here.folders) < _MOST_FOLDERS:
            yield from _requests(inner, here._replace(folders=(*here.folders, name)), left_out)
        else:
            left_out.append(f"{here.folders[0]} / ... / {name}: it is more than {_MOST_FOLDERS} folders deep")


def _request(name: str, item: Mapping[str, Any], place: _Place, left_out: list[str]) -> Iterator[Request]:
    given = item.get("request")
    if isinstance(given, str):
        given = {"method": "GET", "url": given}
    if not isinstance(given, dict) or not given.get("url"):
        left_out.append(f"{' / '.join((*place.folders, name))}: it has no URL")
        return
    answers = [one for one in _list(item.get("response")) if isinstance(one, dict)]
    statuses = tuple(code for one in answers if type(code := one.get("code")) is int and 100 <= code <= 599)  # noqa: PLR2004 - every status
    yield _made(name, given, place, described(given) or described(item), statuses)
    for answer in answers:
        original, code = answer.get("originalRequest"), answer.get("code")
        if isinstance(original, dict) and original.get("url") and type(code) is int and 200 <= code <= 299:  # noqa: PLR2004 - success
            yield _made(name, original, place, "", (), is_sample=True)


def _made(
    name: str,
    given: Mapping[str, Any],
    place: _Place,
    description: str,
    statuses: tuple[int, ...],
    *,
    is_sample: bool = False,
) -> Request:
    body = given.get("body")
    return Request(
        name=name,
        folders=place.folders,
        method=(text(given.get("method")) or "GET").upper(),
        url=given["url"],
        headers=tuple(pairs(given.get("header"))),
        body=body if isinstance(body, dict) and body.get("disabled") is not True else None,
        auth=given["auth"] if given.get("auth") is not None else place.auth,
        variables=place.variables,
        description=description,
        statuses=statuses,
        is_sample=is_sample,
    )


def pairs(given: Any) -> Iterator[Pair]:
    """Names with values: a list of objects, or lines of text; those without a name are passed over."""
    if isinstance(given, str):
        for line in given.splitlines():
            name, colon, value = line.partition(":")
            if colon and name.strip():
                yield Pair(name.strip(), value.strip(), enabled=not line.startswith("//"))
    for one in _list(given):
        if isinstance(one, dict) and (name := text(one.get("key")).strip()):
            is_file = one.get("type") == "file"
            enabled = one.get("disabled") is not True
            yield Pair(name, text(one.get("value")), enabled, described(one), is_file, text(one.get("contentType")))


def described(given: Mapping[str, Any]) -> str:
    """A description: text, or an object that has it as its content."""
    found = given.get("description")
    return text(found.get("content")) if isinstance(found, dict) else text(found)


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
