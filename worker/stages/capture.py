"""What is kept of an answer: of all, of those that did not deliver, or nothing of any."""

from typing import Final, Literal, NamedTuple, assert_never

from worker.job import Lease
from worker.outcome import Answer, Attempt, Broken, Delivered, Outcome, Reply
from worker.redaction import redact_body


class Capture(NamedTuple):
    """How much is kept of answers, and of whose."""

    whose: Literal["none", "errors", "all"] = "all"
    most_bytes: int = 4096


#: Enough for every error message, and little enough for millions of them.
CAPTURE: Final = Capture()


def attempt_of(lease: Lease, at: float, reply: Reply, outcome: Outcome, capture: Capture) -> Attempt:
    """The record of one try; the answer's text is redacted before it is cut."""
    number = lease.attempts + 1
    match reply:
        case Answer():
            kept = capture.whose == "all" or (capture.whose == "errors" and not isinstance(outcome, Delivered))
            text = redact_body(reply.body, capture.most_bytes) if kept and reply.body else None
            return Attempt(number, at, reply.elapsed_ms, reply.status, reply=text)
        case Broken():
            return Attempt(number, at, reply.elapsed_ms, error=reply.detail)
    assert_never(reply)
