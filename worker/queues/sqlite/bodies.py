"""Reads the contents of jobs."""

from typing import Any

import orjson

from worker.queues.content import decoded
from worker.queues.sqlite.session import Session


def read_bodies(session: Session, seqs: str) -> dict[int, dict[str, Any]]:
    """The contents of jobs by their numbers (a JSON list): all at once, wherever all of them can be read."""
    try:
        return dict(session.rows("read_bodies", seqs=seqs))
    except orjson.JSONDecodeError:
        return {seq: decoded(payload) for seq, payload, _ in session.rows("read_texts", seqs=seqs)}
