"""Moved to ``worker.redaction``."""

from worker.redaction import *  # noqa: F403
