"""A bare loop: decode a line, validate params and body with fastjsonschema, as Preflight does. Prints rows per second.

Usage: ``python -m benchmarks.peers.check_loop FILE``
"""

import sys
import time
from pathlib import Path

import fastjsonschema
import orjson

from benchmarks.jobs import BODY_SCHEMA

#: What Preflight makes of the same operation: params and body in one schema.
ROW_SCHEMA = {
    "type": "object",
    "properties": {
        "params": {
            "type": "object",
            "properties": {"shop": {"type": ["string", "number", "boolean"]}},
            "required": ["shop"],
            "additionalProperties": False,
        },
        "body": BODY_SCHEMA,
    },
    "required": ["params", "body"],
}


def main(file: Path) -> float:
    """Rows per second."""
    validate = fastjsonschema.compile(ROW_SCHEMA, use_default=False, detailed_exceptions=False)
    loads = orjson.loads
    rows = 0
    started = time.perf_counter()
    with file.open("rb") as lines:
        for line in lines:
            validate(loads(line))
            rows += 1
    return rows / (time.perf_counter() - started)


if __name__ == "__main__":
    print(orjson.dumps({"per_s": main(Path(sys.argv[1]))}).decode())
