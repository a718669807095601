"""What an examination of a part of the system found, for ``preflight doctor``."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        severity: ``problem``: jobs wait, or may be lost, until it is put right; ``warning``: it may come to that, or
            it costs speed or safety.
        check: what was looked at: ``dead rows``.
        detail: what was found, with its figures.
        remedy: what to do; None where nothing has to be done.
    """

    severity: Severity
    check: str
    detail: str
    remedy: str | None = None


def of_message(severity: Severity, check: str, message: str) -> Finding:
    """A finding of a message for a person: all of ours end, behind their last colon, with what to do."""
    detail, _, remedy = message.rpartition(": ")
    return Finding(severity, check, detail, remedy)
