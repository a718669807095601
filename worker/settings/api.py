"""``[apis.NAME]`` and the sections in it, one frozen dataclass each."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from worker.settings import kinds, lists, web
from worker.settings.about import sections, setting
from worker.settings.auth import AUTH_TYPES, AuthSettings, NoAuth

Validation = Literal["enforce", "warn", "off"]

METHOD: Final = kinds.Choice("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
VALIDATION: Final = kinds.Choice("enforce", "warn", "off")


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
class OperationSettings:
    """``[apis.NAME.operations.OPERATION]``: one endpoint; beside a contract document, only what is to be otherwise.

    Attributes:
        method: in capitals; None beside a contract document, like all that it says, and else never.
        path: template, ``/shops/{shop}/orders``; None as ``method``.
        params: JSON Schema of the flat parameters, as a file or in place.
        body: JSON Schema of the body, as a file or in place; None where the operation takes none.
        body_required: a job without a body is refused, which None means too; says nothing where ``body`` is None.
        success: statuses that mean delivered; None means any 2xx.
        answers: media types that a success may have; None means any.
        idempotent: whether sending twice does no more than once; None goes by the method.
        validation: None goes by the API's.
    """

    name: str
    method: str | None = setting(METHOD, "as the API's documentation says", None, when="without contract")
    path: str | None = setting(
        web.PATH_TEMPLATE, "after base_url; {names} are filled from params", None, when="without contract"
    )
    params: Path | dict[str, Any] | None = setting(kinds.Schema(), "unset: no parameters but those of the path", None)
    body: Path | dict[str, Any] | None = setting(kinds.Schema(), "unset: no body", None)
    body_required: bool | None = setting(
        kinds.Flag(), "unset: true; an operation that takes a body rarely works without", None
    )
    success: tuple[int, ...] | None = setting(web.Statuses(), "unset: any 2xx", None)
    answers: tuple[str, ...] | None = setting(web.MediaTypes(), "unset: any; names what a success may look like", None)
    idempotent: bool | None = setting(kinds.Flag(), "unset: by the method (RFC 9110)", None)
    validation: Validation | None = setting(VALIDATION, "unset: as the API; the only key beside a contract", None)


@dataclass(frozen=True, slots=True)
class DriftSettings:
    """``[apis.NAME.drift]``: when an operation whose API refuses what its contract allows is left alone.

    Attributes:
        window: how many of an operation's last answers count.
        pause_at: the share of them, rejected, at which it is paused.
    """

    window: int = setting(
        kinds.Integer(10, 10_000, "answers of one operation"), "enough for a share to mean something", 100
    )
    pause_at: float = setting(
        kinds.Number(above=0, high=1, unit="the share rejected"),
        "half of a quota burnt in vain is too much; good contracts stay near 0",
        0.5,
    )


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """``[apis.NAME]``: one remote service.

    Attributes:
        base_url: absolute, without a slash at its end; None where the contract's own first server is meant.
        contract: an OpenAPI document; without one, ``operations`` declares what there is.
        server_variables: of the contract's server URL, by name.
        contract_folders: from which the contract may take files, besides its own.
        files: the folder whose files jobs may send.
        checks: ``module:function`` each.
        check_budget_s: seconds.
        concurrency: requests in flight at once, and connections.
        timeout_s: seconds from sending to the last byte of the answer.
        connect_timeout_s: seconds to get a connection, before those of ``timeout_s``.
        reply_bytes: bytes of an answer that are read; the rest is thrown away.
    """

    name: str
    base_url: str | None = setting(
        web.BaseUrl(),
        "unset: the contract's first server; no user, query or fragment",
        None,
        when="without contract",
    )
    contract: Path | None = setting(kinds.File(), "what the API accepts; or declare operations", None)
    server_variables: Mapping[str, str] = setting(
        web.Variables(), "in the contract's server URL; those that are not here have the contract's default", {}
    )
    contract_folders: tuple[Path, ...] = setting(
        lists.Folders(), "where else than beside itself the contract may take files from by $ref", ()
    )
    nullable: Literal["strict", "lenient"] = setting(
        kinds.Choice("strict", "lenient"), "OpenAPI 3.0 counts it beside type only; lenient: everywhere", "strict"
    )
    read_only: Literal["error", "strip", "allow"] = setting(
        kinds.Choice("error", "strip", "allow"), "what becomes of a property that only the API may set", "error"
    )
    operations: Mapping[str, OperationSettings] = sections(
        OperationSettings, "declared where there is no contract document", shape="named"
    )
    auth: AuthSettings = sections(AUTH_TYPES, "the credential", NoAuth)
    limits: tuple[LimitSettings, ...] = sections(LimitSettings, "every budget that applies", tuple, "array")
    retry: RetrySettings = sections(RetrySettings, "what follows a failure that may pass", RetrySettings)
    drift: DriftSettings = sections(DriftSettings, "when the API refuses what its contract allows", DriftSettings)
    validation: Validation = setting(VALIDATION, "no request leaves unless the API will accept it", "enforce")
    checks: tuple[str, ...] = setting(
        lists.CHECKS, "your own rules, functions of (job, operation), after the contract's", ()
    )
    check_budget_s: float = setting(
        kinds.Duration(0.001, 60),
        "what one of checks may take for one job before it is reported; at 10ms it allows 100 jobs/s",
        0.01,
        key="check_budget",
    )
    files: Path | None = setting(
        kinds.Folder(), "unset: jobs send no files; else theirs are in it, named in multipart and binary bodies", None
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

    def mode(self, operation: str) -> Validation:
        """How strictly the jobs of an operation are taken."""
        one = self.operations.get(operation)
        return one.validation or self.validation if one else self.validation
