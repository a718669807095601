"""Writes the demo's orders: always the same ones, about 8% of them broken, in every way that makes a bad request."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

_SHOPS: Final = ("berlin", "london", "oslo", "porto")
_SKUS: Final = ("BIKE-100", "BIKE-200", "LAMP-3", "LOCK-12", "BELL-7")
_CURRENCIES: Final = ("EUR", "GBP", "USD")

#: What is wrong with some rows: in every 1,000 as many as here, spread evenly.
_BROKEN_PER_1000: Final[tuple[tuple[str, int], ...]] = (
    ("cut_short", 8),
    ("nan", 4),
    ("unknown_field", 4),
    ("no_sku", 14),
    ("no_shop", 6),
    ("qty_zero", 14),
    ("currency", 6),
    ("email", 3),
    ("nested", 3),
    ("office", 12),
    ("too_dear", 6),
)


def lines(count: int) -> Iterator[bytes]:
    """``count`` rows of JSONL."""
    breakages = _spread()
    for number in range(count):
        order = _order(number)
        breakage = breakages.get(number % 1000)
        text = orjson.dumps(_BREAK[breakage](order) if breakage in _BREAK else order)
        yield (_GARBLE[breakage](text) if breakage in _GARBLE else text) + b"\n"


def _spread() -> dict[int, str]:
    """Which of a thousand rows is broken, and how. 379 is prime to 1,000, so no two meet."""
    kinds = [kind for kind, share in _BROKEN_PER_1000 for _ in range(share)]
    return {(position * 379 + 5) % 1000: kind for position, kind in enumerate(kinds)}


def _order(number: int) -> dict[str, Any]:
    order_id = f"order-{number + 1:05d}"
    shop = "atlantis" if number % 1000 == 500 else _SHOPS[number % len(_SHOPS)]  # noqa: PLR2004 - one in a thousand
    qty = 1 + number % 9
    body: dict[str, Any] = {
        "sku": _SKUS[number % len(_SKUS)],
        "qty": qty,
        "currency": _CURRENCIES[number % len(_CURRENCIES)],
        "email": f"customer{number}@example.org",
        "delivery": f"2027-{1 + number % 12:02d}-{1 + number % 28:02d}",
    }
    if number % 3 == 0:
        body["items"] = [{"sku": "BELL-7", "qty": 1, "engraving": f"No. {number}"}, {"sku": "LAMP-3", "qty": 2}]
    return {
        "id": order_id,
        "api": "shop",
        "operation": "createOrder",
        "params": {"shop": shop, "dry_run": number % 50 == 0, "X-Channel": "web"},
        "body": body,
        "cost": {"pieces": qty},
        "meta": {"row": number + 1},
    }


def _without(order: dict[str, Any], part: str, name: str) -> dict[str, Any]:
    return {**order, part: {key: value for key, value in order[part].items() if key != name}}


def _with(order: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {**order, "body": {**order["body"], name: value}}


def _report(order: dict[str, Any]) -> dict[str, Any]:
    body = {"kind": "turnover", "from": "2026-01-01", "to": "2026-12-31"}
    return {"id": order["id"], "api": "office", "operation": "createReport", "body": body, "meta": order["meta"]}


_BREAK: Final[dict[str | None, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "unknown_field": lambda order: {**order, "prioritty": 5},
    "no_sku": lambda order: _without(order, "body", "sku"),
    "no_shop": lambda order: _without(order, "params", "shop"),
    "qty_zero": lambda order: _with(order, "qty", 0),
    "currency": lambda order: _with(order, "currency", "EURO"),
    "email": lambda order: _with(order, "email", "customer at example.org"),
    "nested": lambda order: _with(order, "items", [{"sku": "BELL-7", "qty": "two"}]),
    "office": _report,
    "too_dear": lambda order: {**order, "cost": {"pieces": 50_000}},
}

_GARBLE: Final[dict[str | None, Callable[[bytes], bytes]]] = {
    "cut_short": lambda text: text[:-9],
    "nan": lambda text: text.replace(b'"qty":', b'"qty":NaN,"was":', 1),
}
