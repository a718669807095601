"""The settings, one frozen dataclass per section of ``preflight.toml``.

Each field carries its key, its kind (unit and range, and what reads it) and the reason for its default, so that the
reader, ``config/reference.toml`` and the tests all follow from this page.
"""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from worker.settings import kinds, web
from worker.settings.secret import Secret


class About(NamedTuple):
    """What is known of a field besides its type: the ``metadata["about"]`` of each.

    Attributes:
        kind: reads and checks one value; None where the field is made of sections.
        reason: why it exists, or why the default is what it is.
        key: what it is called in the file; None where that is the field's name.
        section: the dataclass, or the dataclasses by ``type``, of a field that is made of sections.
        shape: how those sections stand in the file: one table, an array of tables, tables by name.
    """

    kind: kinds.Kind | None
    reason: str
    key: str | None = None
    section: type | Mapping[str, type] | None = None
    shape: Literal["one", "array", "named"] = "one"


def setting(kind: kinds.Kind, reason: str, default: Any = MISSING, *, key: str | None = None) -> Any:
    """A field that is one value in the file; required where it has no default."""
    about = About(kind, reason, key)
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata={"about": about})
    return field(default=default, metadata={"about": about})


def sections(
    section: type | Mapping[str, type],
    reason: str,
    default: type = dict,
    shape: Literal["one", "array", "named"] = "one",
) -> Any:
    """A field that is a table of its own, several in an array, or several by name."""
    about = About(None, reason, section=section, shape=shape)
    return field(default_factory=default, metadata={"about": about})


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """``[queue]``: where jobs wait.

    Attributes:
        url: ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``memory://``; after loading, never relative.
    """

    url: str = setting(
        web.QueueUrl(), "one file, nothing to install, survives a crash; memory:// forgets", "sqlite:///preflight.db"
    )

    @property
    def path(self) -> Path | None:
        """The database file, or None for ``memory://``."""
        return web.sqlite_path(self.url)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """``[worker]``: how one worker behaves.

    Attributes:
        processes: how many processes ``run`` starts; only 1 for now.
        lease_s: seconds a job is in a worker's hands before others may take it; renewed while it is worked on.
        drain_s: seconds that SIGTERM lets requests in flight finish.
        engine: who validates; ``auto`` chooses the fastest that is exact for each schema.
    """

    processes: int | Literal["cores"] = setting(kinds.OneProcess(), "one process is all that this version starts", 1)
    lease_s: float = setting(
        kinds.Duration(1, 86_400),
        "how soon a dead worker's jobs are taken over; must exceed every timeout + connect_timeout",
        60,
        key="lease",
    )
    drain_s: float = setting(
        kinds.Duration(0, 3600), "as long as one request may take by default, so that none is cut off", 30, key="drain"
    )
    engine: Literal["auto", "fastjsonschema", "jsonschema-rs"] = setting(
        kinds.Choice("auto", "fastjsonschema", "jsonschema-rs"), "auto takes the fastest that is exact", "auto"
    )


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """``[[apis.NAME.limits]]``: one budget.

    Attributes:
        rate: units that may be spent in ``per_s``: requests, or what ``cost`` counts.
        per_s: seconds.
        by: one budget per API, per operation or per job key.
        cost: the name in ``job.cost`` of what a job draws; None draws 1.
        burst: units that may be spent at once; None leaves that to the pacer.
    """

    rate: float = setting(kinds.Number(above=0, unit="requests, or what cost counts"), "what the API allows")
    per_s: float = setting(kinds.Duration(0.001, 31 * 86_400), "the period that rate counts in", key="per")
    by: Literal["api", "operation", "key"] = setting(
        kinds.Choice("api", "operation", "key"), "most APIs count per account, which is one per API", "api"
    )
    cost: str | None = setting(web.NAME, "unset: each request draws 1", None)
    burst: float | None = setting(
        kinds.Number(low=1, unit="as rate; at most rate"), "unset: as smooth as the pacer can", None
    )


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """``[apis.NAME.retry]``: what follows a failure that may pass.

    Attributes:
        max_attempts: requests per job, the first included.
        base_s: upper end of the first random delay in seconds; doubles with each attempt.
        cap_s: longest delay in seconds.
        on_unknown: what becomes of a request whose answer was lost: ``auto`` sends again only what is idempotent.
    """

    max_attempts: int = setting(
        kinds.Integer(1, 100, "requests"), "the first and five more outlast a restart of the API", 6
    )
    base_s: float = setting(
        kinds.Duration(0.001, 3600), "soon enough for a hiccup; doubles with each attempt", 0.5, key="base"
    )
    cap_s: float = setting(kinds.Duration(0.001, 86_400), "no job waits longer than this between tries", 300, key="cap")
    on_unknown: Literal["auto", "retry", "park"] = setting(
        kinds.Choice("auto", "retry", "park"), "auto never sends twice what must not be", "auto"
    )


@dataclass(frozen=True, slots=True)
class NoAuth:
    """``type = "none"``: the API asks for no credential."""


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """``type = "bearer"``: ``Authorization: Bearer TOKEN``."""

    token: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")


@dataclass(frozen=True, slots=True)
class BasicAuth:
    """``type = "basic"``: user name and password (RFC 7617)."""

    username: str = setting(kinds.Text(), "the account")
    password: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")


@dataclass(frozen=True, slots=True)
class ApiKeyAuth:
    """``type = "api_key"``: a header or a query parameter of the API's choosing.

    Attributes:
        name: of the header or parameter.
        place: ``in`` in the file.
    """

    name: str = setting(web.HEADER_NAME, "what the API calls it")
    place: Literal["header", "query"] = setting(
        kinds.Choice("header", "query"), "where the API looks for it; no default, since both are common", key="in"
    )
    value: Secret = setting(kinds.SecretText(), "the credential; write ${env:NAME} or ${file:PATH}")


AuthSettings = NoAuth | BearerAuth | BasicAuth | ApiKeyAuth

#: What ``type`` may say in ``[apis.NAME.auth]``.
AUTH_TYPES: Final[Mapping[str, type]] = {
    "none": NoAuth,
    "bearer": BearerAuth,
    "basic": BasicAuth,
    "api_key": ApiKeyAuth,
}


@dataclass(frozen=True, slots=True)
class OperationSettings:
    """``[apis.NAME.operations.OPERATION]``: one endpoint, where there is no contract document.

    Attributes:
        method: in capitals.
        path: template, ``/shops/{shop}/orders``.
        params: JSON Schema of the flat parameters, as a file or in place.
        body: JSON Schema of the body, as a file or in place; None where the operation takes none.
        body_required: a job without a body is refused; says nothing where ``body`` is None.
        success: statuses that mean delivered; () means any 2xx.
        answers: media types that a success may have; () means any.
        idempotent: whether sending twice does no more than once; None goes by the method.
    """

    name: str
    method: str = setting(
        kinds.Choice("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"), "as the API's documentation says"
    )
    path: str = setting(web.PATH_TEMPLATE, "relative to base_url; {names} are filled from params")
    params: Path | dict[str, Any] | None = setting(kinds.Schema(), "unset: no parameters but those of the path", None)
    body: Path | dict[str, Any] | None = setting(kinds.Schema(), "unset: no body", None)
    body_required: bool = setting(kinds.Flag(), "an operation that takes a body rarely works without", default=True)
    success: tuple[int, ...] = setting(web.Statuses(), "empty: any 2xx", ())
    answers: tuple[str, ...] = setting(web.MediaTypes(), "empty: any; names what a success may look like", ())
    idempotent: bool | None = setting(kinds.Flag(), "unset: by the method (RFC 9110)", None)


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``[apis.NAME]``: one remote service.

    Attributes:
        base_url: absolute, without a slash at its end.
        contract: an OpenAPI document; exactly one of this and ``operations`` is given.
        concurrency: requests in flight at once, and connections.
        timeout_s: seconds from sending to the last byte of the answer.
        connect_timeout_s: seconds to get a connection, before those of ``timeout_s``.
        reply_bytes: bytes of an answer that are read; the rest is thrown away.
    """

    name: str
    base_url: str = setting(web.BaseUrl(), "http or https; no user, query or fragment")
    contract: Path | None = setting(kinds.File(), "what the API accepts; or declare operations", None)
    operations: Mapping[str, OperationSettings] = sections(
        OperationSettings, "only where there is no contract document", shape="named"
    )
    auth: AuthSettings = sections(AUTH_TYPES, "the credential", NoAuth)
    limits: tuple[LimitSettings, ...] = sections(LimitSettings, "every budget that applies", tuple, "array")
    retry: RetrySettings = sections(RetrySettings, "what follows a failure that may pass", RetrySettings)
    validation: Literal["enforce", "warn", "off"] = setting(
        kinds.Choice(
            "enforce", "off", later={"warn": 'write "enforce" to refuse what the contract does not allow, or "off"'}
        ),
        "no request leaves unless the API will accept it",
        "enforce",
    )
    concurrency: int = setting(
        kinds.Integer(
            1, 10_000, "requests in flight", later={"auto": "write a number of requests in flight, such as 64"}
        ),
        "keeps one core busy at 10 to 100 ms an answer",
        64,
    )
    timeout_s: float = setting(
        kinds.Duration(0.01, 3600), "longer answers are rare and hold a connection", 30, key="timeout"
    )
    connect_timeout_s: float = setting(
        kinds.Duration(0.01, 300), "a host that takes longer is down", 10, key="connect_timeout"
    )
    transport: Literal["aiohttp"] = setting(
        kinds.Choice("aiohttp", later={"reqwest": 'write "aiohttp", or leave the key out'}),
        "the only one in this version",
        "aiohttp",
    )
    idempotency_header: str | None = setting(
        web.HEADER_NAME, "unset: none is sent; else one key per job, the same over retries", None
    )
    headers: Mapping[str, str] = setting(web.Headers(), "sent with every request; a job's own headers win", {})
    reply_bytes: int = setting(
        kinds.Integer(1, 16 * 1024 * 1024, "bytes"), "enough for any error message; the rest is thrown away", 65_536
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that ``preflight.toml``, the environment and the command line say.

    Attributes:
        path: the file; None where there was none.
        warnings: what works but should be changed, a line each.
    """

    path: Path | None = None
    queue: QueueSettings = sections(QueueSettings, "where jobs wait", QueueSettings)
    worker: WorkerSettings = sections(WorkerSettings, "how one worker behaves", WorkerSettings)
    apis: Mapping[str, ApiSettings] = sections(ApiSettings, "the remote services, by name", shape="named")
    warnings: tuple[str, ...] = ()
