"""What becomes of a job: frozen values that stages return and the queue records.

``Verdict = Admit | Refuse`` is what validation and authorisation say, ``Reply = Answer | Broken`` is what came back,
``Outcome = Delivered | Retry | Dead | Parked | Released`` is what follows. An exception never means any of these.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, NamedTuple

from worker.job import Entry, Job, Lease


class Cause(Enum):
    """Why a job failed. The first five are the causes of a bad request."""

    MALFORMED = "malformed"
    MISSING = "missing"
    INVALID = "invalid"
    UNAUTHORISED = "unauthorised"
    RATE_LIMITED = "rate_limited"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


_ITEM: Final = re.compile(r"/\d+(?=/|$)")

Stage = Literal["intake", "validate", "authorise", "pace", "dispatch", "judge"]
Place = Literal["job", "body", "query", "path", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a job.

    Attributes:
        pointer: a JSON Pointer into the job as a URI fragment: ``#/body/qty``; to what is missing, where it is missing.
        place: which part of the request it would have been (``in`` in the JSON form).
        rule: the keyword or the check that was broken: ``minimum``, ``required``, ``json``.
        detail: what is wrong, in words.
        hint: what to do, or None where nothing better than the detail can be said.
        cause: MALFORMED, MISSING or INVALID.
    """

    pointer: str
    place: Place
    rule: str
    detail: str
    hint: str | None = None
    cause: Cause = Cause.INVALID

    @property
    def anywhere(self) -> str:
        """The pointer without the numbers of lists' items, which the third has as well as the first: ``#/items/*``."""
        return _ITEM.sub("/*", self.pointer)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a job failed, in the members of RFC 9457 and ours.

    Attributes:
        status: what the API answered, or None where it was never asked.
        retryable: sending the very same job again may work, once its circumstances have changed.
    """

    cause: Cause
    stage: Stage
    title: str
    detail: str
    status: int | None = None
    faults: tuple[Fault, ...] = ()
    retryable: bool = False

    @property
    def refused(self) -> bool:
        """Whether the job was not sent because it would not have been accepted."""
        return self.stage in {"validate", "authorise", "pace"}


class Request(NamedTuple):
    """What goes over the wire, made once: these exact bytes are sent.

    Attributes:
        url: absolute, percent-encoded; its host is that of the API's base URL.
        headers: those that depend on the body are missing while it is Unread.
        idempotent: sending it twice does no more than sending it once.
        connected: asked once a connection is there that had to be made for it, which may have taken too long: whether
            the request may still leave. Where it may not, it is not sent, and the connection is given up.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: "bytes | Unread | None"
    idempotent: bool
    connected: Callable[[], Awaitable[bool]] | None = None

    def asking(self, connected: Callable[[], Awaitable[bool]]) -> "Request":
        """The same with ``connected``, at a third of what ``_replace`` costs: this is done for every request."""
        return Request(self.method, self.url, self.headers, self.body, self.idempotent, connected)


@dataclass(frozen=True, slots=True)
class Unread:
    """A body that is made of files: they are read when the request is about to leave, and not while it waits.

    Attributes:
        complete: reads them and makes the whole request; or refuses it, where they are not as they were. Blocks.
    """

    complete: "Callable[[], Request | Refuse]"


class Admit(NamedTuple):
    """The job may be sent, as this request.

    Attributes:
        warned: why it would have been refused, were its contract enforced.
    """

    job: Job
    request: Request
    warned: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """The job must not be sent; the API would not accept it."""

    problem: Problem


Verdict = Admit | Refuse


class Answer(NamedTuple):
    """The API answered.

    Attributes:
        headers: asked for by names in lower case.
        body: the first bytes of the answer, up to the transport's cap.
        truncated: the answer was longer than that.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Broken:
    """No answer came.

    Attributes:
        kind: ``unreachable`` (no connection), ``timeout`` or ``lost`` (the connection ended early).
        sent: the API may have got the request.
        detail: what the transport said, without secrets.
    """

    kind: Literal["unreachable", "timeout", "lost"]
    sent: bool
    detail: str
    elapsed_ms: float


Reply = Answer | Broken


@dataclass(frozen=True, slots=True)
class Delivered:
    """The API accepted the job."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send again in ``delay_s`` seconds; the attempt counts."""

    problem: Problem
    delay_s: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Sending this job again, as it is, cannot work."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Parked:
    """A person or a policy has to decide."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Released:
    """Back to the queue, charged with nothing: it was not the job's fault.

    Attributes:
        reason: ``shutdown``, or why the lane cannot send.
        aside_s: seconds for which it lets others go first.
    """

    reason: str
    aside_s: float = 0.0


Outcome = Delivered | Retry | Dead | Parked | Released


@dataclass(frozen=True, slots=True)
class Attempt:
    """One recorded try.

    Attributes:
        number: counted from 1 over the life of the job.
        at: epoch seconds at which the request left.
        status: None where no answer came; then ``error`` says why.
        reply: as much of the answer as is kept (``capture``, ``capture_bytes``), as text, redacted.
    """

    number: int
    at: float
    elapsed_ms: float
    status: int | None = None
    error: str | None = None
    reply: str | None = None


class Settlement(NamedTuple):
    """A lease and what became of its job: what the queue writes, exactly once.

    Attributes:
        attempt: the request that was made; None where none was made.
        warned: why the job would not have been sent, were its contract enforced; for observers, not for the queue.
        follow: a job that is to be enqueued together with this outcome, and only if the lease still held.
    """

    lease: Lease
    outcome: Outcome
    attempt: Attempt | None = None
    warned: tuple[Fault, ...] = ()
    follow: Entry | None = None
