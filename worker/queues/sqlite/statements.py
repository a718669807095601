"""The SQL, each statement in a file of its own that is named by what it does."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The text of ``sql/<name>.sql``, read once, without the comments that explain it."""
    text = files("worker.queues.sqlite").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))
