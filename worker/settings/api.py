"""``[apis.NAME]``: one remote service."""

# ruff: noqa: RUF009 - setting() and sections() return a dataclasses.field, which is meant to be made once

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from worker.settings import kinds, lists, web
from worker.settings.about import sections, setting
from worker.settings.auth import AUTH_TYPES, AuthSettings, NoAuth
from worker.settings.breaker import BreakerSettings
from worker.settings.callbacks import CallbackSettings
from worker.settings.drift import DriftSettings
from worker.settings.limits import LimitSettings
from worker.settings.operation import VALIDATION, OperationSettings, Validation
from worker.settings.predicate import Predicate, PredicateText
from worker.settings.profile import Profile
from worker.settings.retry import RetrySettings, merged

_MOST_FOUND_OUT: Final = 1000  # requests in flight; one process makes no use of more


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
        profile: a vendor's, by name or file.
        vendor: what that profile says; None where there is none. ``profiles.with_profile`` puts it here.
        concurrency: requests in flight at once, and connections; ``auto`` finds out.
        allow_private: a host name may resolve to an address that is not public.
        ordered: one job of a lane at a time, in the order of acceptance.
        closes: what stands still when the API asks to be left alone; see ``closing``.
        success_when: what an answer has to be, besides its status, for its job to be delivered.
        capture: whose answers are kept.
        capture_bytes: of each answer.
        max_delayed: retries that may wait in one worker; with as many, nothing more is leased until some are due.
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
    profile: str | None = setting(
        kinds.Text("the name of a profile, or a .toml file"), "unset: none; else a vendor's habits, under yours", None
    )
    operations: Mapping[str, OperationSettings] = sections(
        OperationSettings, "declared where there is no contract document", shape="named", names=web.OPERATION_NAME
    )
    auth: AuthSettings = sections(AUTH_TYPES, "the credential", NoAuth)
    credentials: Mapping[str, AuthSettings] = sections(
        AUTH_TYPES, "of jobs with these keys, in the place of auth", shape="named", names=kinds.Text("a job's key")
    )
    limits: tuple[LimitSettings, ...] = sections(LimitSettings, "every budget that applies", tuple, "array")
    retry: RetrySettings = sections(RetrySettings, "what follows a failure that may pass", RetrySettings)
    drift: DriftSettings = sections(DriftSettings, "when the API refuses what its contract allows", DriftSettings)
    breaker: BreakerSettings = sections(BreakerSettings, "when a failing lane is left alone", BreakerSettings)
    callbacks: CallbackSettings = sections(CallbackSettings, "who is told what became of jobs", CallbackSettings)
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
    concurrency: int | Literal["auto"] = setting(
        kinds.Integer(1, 10_000, "requests in flight", words=("auto",)),
        "keeps one core busy at 10 to 100 ms an answer; auto finds out what the API bears",
        64,
    )
    ordered: bool = setting(
        kinds.Flag(), "true: one job of a lane at a time, in order of acceptance, over retries", default=False
    )
    max_delayed: int = setting(
        kinds.Integer(1, 100_000_000, "jobs"),
        "with so many retries waiting in this worker, no job is leased until some are due",
        100_000,
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
    allow_private: bool = setting(
        kinds.Flag(), "false: no name may lead into a private network; an address in base_url may", default=False
    )
    closes: Literal["auto", "api", "operation", "key"] = setting(
        kinds.Choice("auto", "api", "operation", "key"),
        "what a 429 stops; auto: what every limit is by, else api",
        "auto",
    )
    success_when: Predicate | None = setting(
        PredicateText(), "unset: the status alone decides; else what a success also has to say", None
    )
    capture: Literal["none", "errors", "all"] = setting(
        kinds.Choice("none", "errors", "all"), "whose answers are kept; they explain failures and are results", "all"
    )
    capture_bytes: int = setting(
        kinds.Integer(1, 1024 * 1024, "bytes of each answer"), "enough for any error, little enough for millions", 4096
    )
    vendor: Profile | None = None

    def mode(self, operation: str) -> Validation:
        """How strictly the jobs of an operation are taken."""
        one = self.operations.get(operation)
        return one.validation or self.validation if one else self.validation

    def retries(self, operation: str) -> RetrySettings:
        """What follows failures of an operation's jobs."""
        one = self.operations.get(operation)
        return merged(self.retry, one.retry) if one else self.retry

    def success(self, operation: str) -> Predicate | None:
        """What an operation's answers have to be, besides their status."""
        one = self.operations.get(operation)
        return one.success_when or self.success_when if one else self.success_when

    @property
    def connections(self) -> int:
        """Requests in flight at once at the most."""
        if self.concurrency != "auto":
            return self.concurrency
        return self.vendor.concurrency or _MOST_FOUND_OUT if self.vendor else _MOST_FOUND_OUT

    @property
    def idempotency_quoted(self) -> bool:
        """Whether the idempotency key is sent in quotes."""
        return self.vendor is not None and self.vendor.idempotency_quoted

    @property
    def closing(self) -> Literal["api", "operation", "key"]:
        """What stands still when the API asks to be left alone."""
        if self.closes != "auto":
            return self.closes
        counted = {limit.by for limit in self.limits}
        return counted.pop() if len(counted) == 1 else "api"
