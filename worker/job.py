"""What is to be done: a Job, the Lane it travels in, and the Lease that puts it into a worker's hands.

A job knows no queue. Its JSON form is the line that the user wrote (``schemas/job.schema.json``).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

import orjson

from worker.clock import from_rfc3339, to_rfc3339


class Unset(Enum):
    """The difference between a body that is absent and one that is ``null``."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


class State(Enum):
    """Where a job is; ``product``'s diagram of transitions is enforced by the queue's conformance suite."""

    READY = "ready"
    LEASED = "leased"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    DEAD = "dead"
    PARKED = "parked"


class Lane(NamedTuple):
    """The jobs that draw on the same budgets and credential."""

    api: str
    operation: str
    key: str | None = None

    def __str__(self) -> str:
        return "/".join(part for part in self if part is not None)


#: Stands for every API in a Scope; no API has this name.
EVERY: Final = "*"


class Scope(NamedTuple):
    """A part of the lanes: those of an API, and only of one operation or of one key where these are given.

    The key ``""`` stands for the lanes that have none, the API ``EVERY`` for all lanes of the queue.
    """

    api: str
    operation: str | None = None
    key: str | None = None

    def covers(self, lane: Lane) -> bool:
        """Whether a lane belongs to it."""
        ours = self.api in (EVERY, lane.api)
        return ours and self.operation in (None, lane.operation) and self.key in (None, lane.key or "")

    def __str__(self) -> str:
        if self.key is None:
            return "/".join(filter(None, self[:2]))
        return "/".join((self.api, self.operation or "*", self.key or "(no key)"))


class Standstill(Enum):
    """Why a lane sends nothing; the values are the ``state`` of a lane that is not ``running``."""

    PAUSED = "paused"  # by a person, until a person resumes it
    UNAUTHORISED = "unauthorised"  # the API does not accept the credential
    DRIFTING = "drifting"  # the API rejects what its contract allows
    BREAKER_OPEN = "breaker_open"  # too many requests failed
    UNREACHABLE = "unreachable"  # no connection
    CLOSED = "closed"  # the API asked to be left alone until a time


@dataclass(frozen=True, slots=True)
class Stop:
    """A part of the lanes that stands still.

    Attributes:
        reason: for a person: ``429 Too Many Requests``.
        since: epoch seconds.
        until: epoch seconds at which it ends by itself, or may be tried again; None until somebody lifts it.
    """

    scope: Scope
    kind: Standstill
    reason: str
    since: float
    until: float | None = None


class Source(NamedTuple):
    """Where a job was read: a file's name and a line, counted from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Job:
    """One request to make.

    Attributes:
        id: unique in the queue; a digest of the content when the submitter gave none.
        params: flat; the contract knows which is path, query, header or cookie.
        body: the JSON value to send; ``UNSET`` where the job has none (``None`` is JSON's ``null``).
        key: whose budget and credential, for lanes by key.
        priority: higher goes first inside a lane.
        not_before: epoch seconds before which the job is not sent.
        deadline: epoch seconds after which it is not sent any more.
        cost: units drawn from budgets that count something other than requests.
        meta: comes back unchanged in results and failures.
    """

    id: str
    api: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = UNSET
    key: str | None = None
    priority: int = 0
    not_before: float | None = None
    deadline: float | None = None
    cost: Mapping[str, float] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    meta: Any = None
    source: Source | None = None

    @property
    def lane(self) -> Lane:
        """The lane that the job travels in."""
        return Lane(self.api, self.operation, self.key)


class Entry(NamedTuple):
    """A job on its way into the queue: the columns that the queue orders by, and the job itself as JSON text.

    ``payload`` is a JSON object on one line that has ``id``, ``api`` and ``operation``; the queue never looks inside.
    """

    id: str
    lane: Lane
    payload: str
    priority: int = 0
    not_before: float | None = None
    line: int | None = None


class Lease(NamedTuple):
    """A job in a worker's hands.

    Attributes:
        seq: the queue's own number for the job.
        fence: grows with every lease of this job; a settle with an old fence is refused.
        payload: the job as JSON, decoded: ``stages.validate`` makes a Job of it.
        attempts: requests charged to the job so far.
        expiries: how often a lease of this job ran out: a worker died or stalled, and a request may have been sent.
        source: where the job was read, if from a file.
        sent: a request of an earlier lease that ran out had been about to leave: it may have been sent.
        first_at: epoch seconds of the first try of a job that is tried again; None where it was not tried yet.
    """

    seq: int
    fence: int
    lane: Lane
    payload: Mapping[str, Any]
    attempts: int = 0
    expiries: int = 0
    source: Source | None = None
    sent: bool = False
    first_at: float | None = None

    @property
    def id(self) -> str:
        """The job's own; a payload that came past our checks may be without."""
        return str(self.payload.get("id", f"job {self.seq}"))


#: Which job it is, and what it does: this never changes.
IDENTITY: Final = ("id", "api", "operation")

_MOMENTS = ("not_before", "deadline")


def from_payload(payload: Mapping[str, Any], source: Source | None = None) -> Job:
    """Make a Job of its JSON form, which the envelope's schema has passed.

    Args:
        payload: a decoded line that has ``id``, ``api`` and ``operation``; its moments are RFC 3339 texts.
        source: where it was read.

    Raises:
        ValueError: a date has no offset from UTC.
    """
    if payload.keys().isdisjoint(_MOMENTS):
        return Job(**payload, source=source)
    moments = {name: from_rfc3339(text) for name in _MOMENTS if (text := payload.get(name)) is not None}
    return Job(**{**payload, **moments}, source=source)


def to_payload(job: Job) -> dict[str, Any]:
    """The JSON form of a job: only what is set, in the order of the documentation."""
    payload: dict[str, Any] = {"id": job.id, "api": job.api, "operation": job.operation}
    optional = {
        "params": dict(job.params),
        "key": job.key,
        "priority": job.priority,
        "cost": dict(job.cost),
        "headers": dict(job.headers),
        "meta": job.meta,
    }
    payload |= {name: value for name, value in optional.items() if value}
    if job.body is not UNSET:
        payload["body"] = job.body
    payload |= {name: to_rfc3339(at) for name in _MOMENTS if (at := getattr(job, name)) is not None}
    return payload


def content_id(payload: Mapping[str, Any]) -> str:
    """The id of a job that was given none: the same for the same content, whatever the order of its members."""
    return hashlib.blake2b(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
