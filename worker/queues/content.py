"""What a job's payload means to a queue: whether two are the same, and where an edited one belongs.

A queue looks into a payload only here, and only when an id comes twice or a failed job was mended.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from worker.job import Lane


def decoded(payload: str | bytes) -> dict[str, Any]:
    """A payload as it is handed out.

    One that came past our checks, by SQL, may be more than we can read (a number beyond all bounds, a nesting without
    end): it is handed out as a job that says nothing but that, and is refused as malformed.
    """
    try:
        job = orjson.loads(payload)
    except orjson.JSONDecodeError as problem:
        return {"unreadable": str(problem)}
    return job if isinstance(job, dict) else {"unreadable": "it is no object"}


def readable(payload: str) -> str:
    """A payload as it may go to a store that holds only what can be read: as it stands, wherever it can."""
    job = decoded(payload)
    return orjson.dumps(job).decode() if "unreadable" in job else payload


def same_content(one: str, other: str) -> bool:
    """Whether two JSON texts hold the same value: members in any order, but ``1``, ``1.0`` and ``true`` differ."""
    if one == other:
        return True
    try:
        return _canonical(one) == _canonical(other)
    except (orjson.JSONEncodeError, orjson.JSONDecodeError):  # nested too deep: only the same text is the same content
        return False


def is_known(payload: str, contents: Iterable[str | None]) -> bool:
    """Whether a payload is what a job says, or said before it was mended."""
    return any(same_content(payload, text) for text in contents if text is not None)


def _canonical(text: str) -> bytes:
    return orjson.dumps(orjson.loads(text), option=orjson.OPT_SORT_KEYS)


def place_of(payload: str, lane: Lane) -> tuple[Lane, int]:
    """The lane and the priority that a mended payload asks for; ``lane`` says what it leaves open."""
    job = orjson.loads(payload)
    moved = Lane(job.get("api", lane.api), job.get("operation", lane.operation), job.get("key"))
    return moved, job.get("priority", 0)
