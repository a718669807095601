"""What an API says is wrong with a request, read from the body of its 400 or 422, whatever form it has.

Known are problem+json (RFC 9457, and 7807's ``invalid-params``), FastAPI, JSON:API, Google, and what is like them:
lists of objects that name a place and say something, and objects that map names to texts (Rails, ASP.NET, Django). An
answer is untrusted: any value is read, to a bounded depth, and what says nothing is passed over.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import unquote

import orjson

from worker.redaction import redact

_MAX_DEPTH: Final = 8  # levels of lists and objects: the deepest known form (Google's) has five
_MAX_STEPS: Final = 32  # of a path
_MAX_STEP: Final = 100  # characters
_MAX_RULE: Final = 80
_MAX_DETAIL: Final = 300

#: Members that hold what is wrong one by one: a list, or an object by name.
_HOLDERS: Final = (
    "errors", "detail", "details", "invalid-params", "invalid_params", "invalidParams", "fieldViolations", "violations",
    "fieldErrors", "field_errors", "formErrors", "issues", "validationErrors", "validation_errors",
)  # fmt: skip
_MESSAGES: Final = (
    "detail", "message", "msg", "error_description", "description", "defaultMessage", "errorMessage", "reason", "title",
    "error",
)  # fmt: skip
_RULES: Final = ("code", "type", "rule", "keyword", "error_code", "errorCode", "reason")
#: Members of one complaint that name its place; those of the second group mean something else in a whole answer.
_PLACES: Final = ("pointer", "field", "param", "parameter", "target", "header")
_PLACES_WITHIN: Final = ("loc", "instancePath", "dataPath", "path", "property", "propertyPath", "attribute", "name")
#: What is called so is about the request as a whole.
_WHOLE: Final = frozenset({"base", "non_field_errors", "__all__", "_", "$", "#", "/", ""})
_WORDS: Final = {
    "body": "body", "query": "query", "querystring": "query", "path": "path", "header": "header", "headers": "header",
    "cookie": "cookie", "cookies": "cookie", "parameter": "query",
}  # fmt: skip

_STEP: Final = re.compile(r"[^.\[\]\"']+")


class Complaint(NamedTuple):
    """One thing that an API says is wrong.

    Attributes:
        where: ``body``, ``query``, ``path``, ``header`` or ``cookie``; None where the API does not say.
        path: names and numbers of items; empty where it is about the whole.
        rule: the API's own code for it; may be empty.
        detail: in the API's words, on one line; never empty.
    """

    where: str | None
    path: tuple[str, ...]
    rule: str
    detail: str


def read(body: bytes) -> Iterator[Complaint]:
    """What is wrong, in the order of the answer; secrets are redacted by the names that they stand under."""
    try:
        value = redact(orjson.loads(body))
    except orjson.JSONDecodeError:
        yield from _plain(body.decode("utf-8", "replace"))
        return
    found = False
    for complaint in _in(value, _MAX_DEPTH, within=False):
        found = True
        yield complaint
    if not found and isinstance(value, Mapping):  # Django's form: names, each with a list
        lists = {name: item for name, item in value.items() if isinstance(item, list | Mapping)}
        yield from _by_name(lists, (), _MAX_DEPTH)


def _plain(text: str) -> Iterator[Complaint]:
    if "<html" in text[:1000].lower():
        text = "the answer is a web page"
    if detail := _line(text, _MAX_DETAIL):
        yield Complaint(None, (), "", detail)


def _in(value: Any, levels: int, *, within: bool) -> Iterator[Complaint]:
    """The complaints of a value: of a whole answer, or ``within`` one."""
    if not levels:
        return
    if isinstance(value, str):
        yield from _plain(value)
    elif isinstance(value, list):
        for item in value:
            yield from _in(item, levels - 1, within=True)
    elif isinstance(value, Mapping):
        found = False
        for complaint in _held(value, levels - 1):
            found = True
            yield complaint
        if not found and (one := _one(value, within=within)) is not None:
            yield one


def _held(value: Mapping[str, Any], levels: int) -> Iterator[Complaint]:
    """What the members of an answer say that are there to list what is wrong."""
    for name in _HOLDERS:
        held = value.get(name)
        if isinstance(held, list):
            yield from _in(held, levels, within=True)
        elif isinstance(held, Mapping):
            yield from _by_name(held, (), levels)
    if isinstance(value.get("error"), Mapping):
        yield from _in(value["error"], levels, within=False)


def _by_name(value: Mapping[str, Any], path: tuple[str, ...], levels: int) -> Iterator[Complaint]:
    """``{"qty": ["must be even"], "items": [{}, {"sku": ["is unknown"]}]}``."""
    if not levels:
        return
    for name, item in value.items():
        here = (*path, *_steps(name))
        for number, one in enumerate(item if isinstance(item, list) else [item]):
            if isinstance(one, str):
                yield from (complaint._replace(path=here) for complaint in _plain(one))
            elif isinstance(one, Mapping):
                said = _one(one, within=True)
                inner = (*here, str(number)) if isinstance(item, list) else here
                yield from [said._replace(path=here + said.path)] if said else _by_name(one, inner, levels - 1)


def _one(value: Mapping[str, Any], *, within: bool) -> Complaint | None:
    """An object that names a place, or says something, or both."""
    said = next((name for name in _MESSAGES if _text(value.get(name))), None)
    rules = (_text(value.get(name)) for name in _RULES if name != said)
    rule = next((text for text in rules if text and "/" not in text and text != "about:blank"), "")
    detail = _line(_text(value[said]) if said else rule, _MAX_DETAIL)
    if not detail:
        return None
    where, path = _place(value, within=within)
    return Complaint(where, path, _line(rule, _MAX_RULE), detail)


def _place(value: Mapping[str, Any], *, within: bool) -> tuple[str | None, tuple[str, ...]]:
    source = value.get("source")
    held = source if isinstance(source, Mapping) else value
    for name in (*_PLACES, *_PLACES_WITHIN) if within else _PLACES:
        written = held.get(name)
        if path := _steps(written):
            said = next((_WORDS[one] for key in ("in", "location") if (one := _text(held.get(key))) in _WORDS), None)
            return said or (_WORDS[name] if name in {"header", "parameter"} else None), path
    return None, ()


def _steps(written: Any) -> tuple[str, ...]:
    """A path, however it is written: a JSON Pointer, ``items[0].qty``, ``$.items[0]``, ``["items", 0, "qty"]``."""
    if isinstance(written, list):
        steps = [str(one) for one in written if isinstance(one, str | int)]
    elif not isinstance(written, str) or written in _WHOLE:
        return ()
    elif written.startswith(("/", "#/")):
        raw = unquote(written[1:]) if written.startswith("#") else written
        steps = [one.replace("~1", "/").replace("~0", "~") for one in raw.split("/")[1:]]
    else:
        steps = [one for one in _STEP.findall(written[: _MAX_STEPS * _MAX_STEP]) if one != "$"]
    return tuple(_line(one, _MAX_STEP) for one in steps[:_MAX_STEPS])


def _text(value: Any) -> str:
    """A text, a number, or several texts, as one text; else nothing."""
    if isinstance(value, list):
        return "; ".join(one for one in value[:_MAX_STEPS] if isinstance(one, str))
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    return ""


def _line(text: str, most: int) -> str:
    """A text on one line, cut, without what a terminal would obey."""
    shown = "".join(one if one.isprintable() else " " for one in text[: most * 4])
    text = " ".join(shown.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."
