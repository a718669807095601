"""Names operations after the requests of a collection: in camel case, each once."""

import re
from collections.abc import Collection
from typing import Final

from worker.contract.postman.collection import Request
from worker.contract.postman.url import placeholders

#: What Postman calls a request that nobody named.
_UNNAMED: Final = re.compile(r"(new|untitled) request.*|number \d+|.*://.*|/.*", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+")


def operation_name(request: Request, path: str, taken: Collection[str]) -> str:
    """``Create order`` -> ``createOrder``; behind its folder's name, and then numbered, where that is taken."""
    plain = "" if _UNNAMED.fullmatch(request.name.strip()) else camel(request.name)
    plain = plain or camel(_by_path(request.method, path))
    folder = camel(f"{request.folders[-1]} {plain}") if request.folders else plain
    for name in (plain, folder):
        if name not in taken:
            return name
    number = 2
    while f"{plain}{number}" in taken:
        number += 1
    return f"{plain}{number}"


def api_name(title: str) -> str:
    """``Shop API`` -> ``shop-api``: what the config may call an API."""
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return name if name[:1].isalpha() else f"api-{name}".strip("-")


def camel(text: str) -> str:
    """``GET order by ID`` -> ``getOrderById``."""
    words: list[str] = []
    for word in _WORD.findall(text):
        words += re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+", word) or [word]
    first, *others = [word.lower() for word in words] or [""]
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def _by_path(method: str, path: str) -> str:
    """``GET /orders/{id}`` -> ``get orders by id``."""
    plain = [part for part in path.split("/") if part and "{" not in part]
    names = placeholders(path)
    return " ".join([method.lower(), *(plain or ["root"]), *(["by", *names] if names else [])])
