"""The jobs that are measured: about 240 bytes each, of one operation with a real body schema."""

from pathlib import Path
from typing import Any, Final

import orjson

#: Inside the subset that fastjsonschema is proven for, so that ``auto`` takes it.
BODY_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["sku", "qty", "currency", "customer"],
    "additionalProperties": False,
    "properties": {
        "sku": {"type": "string", "minLength": 3, "maxLength": 20},
        "qty": {"type": "integer", "minimum": 1, "maximum": 100},
        "currency": {"enum": ["EUR", "USD", "GBP"]},
        "customer": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": {"type": "string", "maxLength": 80}, "city": {"type": "string"}},
        },
        "note": {"type": "string", "maxLength": 200},
        "lines": {"type": "array", "maxItems": 20, "items": {"type": "integer"}},
    },
}


def job(number: int) -> dict[str, Any]:
    """The job with this number."""
    return {
        "id": f"order-{number:08d}",
        "api": "shop",
        "operation": "createOrder",
        "params": {"shop": "berlin"},
        "body": {
            "sku": f"BIKE-{number % 1000}",
            "qty": 1 + number % 99,
            "currency": "EUR",
            "customer": {"name": "Ada Lovelace", "city": "London"},
            "note": "leave it at the door, please",
            "lines": [1, 2, 3],
        },
    }


def write(path: Path, count: int) -> None:
    """A JSONL file of ``count`` jobs."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(job(number)) + b"\n" for number in range(count))


def write_config(folder: Path, base_url: str, limit: str = "", queue: str | None = None) -> Path:
    """A config for these jobs; validation is on, and besides ``limit`` only 64 requests in flight.

    Args:
        folder: where it is written, and the queue is a file, where ``queue`` names no other.
        base_url: of the API.
        limit: what stands in its ``[[limits]]``.
        queue: the URL of another store.
    """
    (folder / "body.schema.json").write_bytes(orjson.dumps(BODY_SCHEMA))
    config = folder / "preflight.toml"
    config.write_text(
        f"""
[queue]
url = "{queue or f"sqlite:///{folder}/queue.db"}"
[apis.shop]
base_url = "{base_url}"
concurrency = 64
idempotency_header = "Idempotency-Key"
[apis.shop.operations.createOrder]
method = "POST"
path = "/shops/{{shop}}/orders"
body = "body.schema.json"
{"[[apis.shop.limits]]" if limit else ""}
{limit}
""",
        "utf-8",
    )
    return config
