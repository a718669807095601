"""The SQL, each statement in a file of its own that is named by what it does."""

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

#: The schema as the files name it: with the dot, so that whatever belongs to it can be found, channels as well.
_OURS: Final = re.compile(r"\bpreflight\.")


@cache
def statement(name: str) -> str:
    """The text of ``sql/<name>.sql``, read once, without the comments that explain it."""
    text = files("worker.queues.postgres").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


@lru_cache(maxsize=256)
def placed(sql: str, schema: str) -> str:
    """The same text for another schema; ``schema`` is a checked identifier."""
    return _OURS.sub(f'"{schema}".', sql)
