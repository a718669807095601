"""What the long form of the experiments came to, as the table of benchmarks/README.md.

Run as ``python -m tests.chaos.report chaos.jsonl``.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_COLUMNS = [
    "experiment",
    "store",
    "injected",
    "jobs",
    "delivered",
    "explained",
    "waiting",
    "lost",
    "requests",
    "repeated",
]


def rows(path: Path) -> Iterator[str]:
    """The table, line by line; what is repeated bears the same key."""
    yield row(_COLUMNS)
    yield row(["---"] * len(_COLUMNS))
    for line in path.read_text("utf-8").splitlines():
        made = json.loads(line)
        explained = made["dead"] + made["parked"]
        lost = made["jobs"] - made["delivered"] - explained - made["waiting"]
        injected = ", ".join(f"{times} x {what}" for what, times in made["injuries"].items())
        numbers = made["jobs"], made["delivered"], explained, made["waiting"], lost, made["requests"], made["repeats"]
        yield row([made["experiment"], made["store"], injected, *(f"{number:,}" for number in numbers)])


def row(cells: Iterable[str]) -> str:
    """One line of a Markdown table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in rows(Path(sys.argv[1])))
