"""What no field can say alone: rules over several fields of one section."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple

from worker.settings.api import ApiSettings, LimitSettings, OperationSettings, RetrySettings
from worker.settings.durations import format_duration
from worker.settings.key import join
from worker.settings.settings import Settings, WorkerSettings


class Check(NamedTuple):
    """One rule.

    Attributes:
        section: whose fields it is about.
        needs: the fields that it is called with; it is left out where one of them could not be read.
        find: yields what is wrong, each beginning with the key that it is about.
    """

    section: type
    needs: tuple[str, ...]
    find: Callable[..., Iterator[str]]


def _burst(rate: float, burst: float | None) -> Iterator[str]:
    if burst is not None and burst > rate:
        yield (
            f"burst = {burst:g} is more than rate = {rate:g}: a burst is a part of one period's rate; "
            f"lower burst or raise rate"
        )


def _delays(base_s: float, cap_s: float) -> Iterator[str]:
    if base_s > cap_s:
        base, cap = format_duration(base_s), format_duration(cap_s)
        yield (
            f'base = "{base}" is longer than cap = "{cap}": the first delay cannot exceed the longest; '
            f"lower base or raise cap"
        )


def _contract(contract: Path | None, operations: Mapping[str, OperationSettings]) -> Iterator[str]:
    """A document says all of an operation but how strictly it is taken; without one, the config says it."""
    if contract is None and not operations:
        yield "contract is missing: write the name of an OpenAPI document, or declare operations"
    for name, operation in operations.items():
        key = join("operations", name)
        if contract is None:
            yield from _undeclared(key, operation)
        elif said := _declared(operation):
            yield (
                f"{key} has {', '.join(said)} beside contract, which says that itself: take it out, or take "
                f"contract out and declare every operation"
            )


def _undeclared(key: str, operation: OperationSettings) -> Iterator[str]:
    for item in fields(operation):
        about = item.metadata.get("about")
        if about and about.when and getattr(operation, item.name) is None:
            yield f"{join(key, item.name)} is missing: write {about.kind}"


def _declared(operation: OperationSettings) -> list[str]:
    """The keys of an operation that only a contract's absence leaves room for."""
    given = [item.name for item in fields(operation) if getattr(operation, item.name) is not None]
    return [name for name in given if name not in {"name", "validation"}]


def _server(base_url: str | None, contract: Path | None, server_variables: Mapping[str, str]) -> Iterator[str]:
    if base_url is None and contract is None:
        yield "base_url is missing: write an absolute http or https URL"
    if base_url is not None and server_variables:
        yield "server_variables stands beside base_url, which stands in for the contract's server: take one of them out"


def _lease(worker: WorkerSettings, apis: Mapping[str, ApiSettings]) -> Iterator[str]:
    """A lease that ends while a request is in flight lets another worker send the same job."""
    slowest = max(apis.values(), key=_longest_s, default=None)
    if slowest is None or worker.lease_s > _longest_s(slowest):
        return
    lease, sum_s = format_duration(worker.lease_s), format_duration(_longest_s(slowest))
    yield (
        f'worker.lease = "{lease}" is not longer than a request of apis.{slowest.name} may take: '
        f"timeout {format_duration(slowest.timeout_s)} + "
        f"connect_timeout {format_duration(slowest.connect_timeout_s)} = {sum_s}; "
        f'jobs would be sent twice: write a lease above "{sum_s}", or shorten the timeouts'
    )


def _longest_s(api: ApiSettings) -> float:
    return api.timeout_s + api.connect_timeout_s


def _apis(apis: Mapping[str, Any]) -> Iterator[str]:
    if not apis:
        yield "apis is missing: write [apis.NAME] with base_url, and contract or operations"


CHECKS: Final = (
    Check(LimitSettings, ("rate", "burst"), _burst),
    Check(RetrySettings, ("base_s", "cap_s"), _delays),
    Check(ApiSettings, ("contract", "operations"), _contract),
    Check(ApiSettings, ("base_url", "contract", "server_variables"), _server),
    Check(Settings, ("apis",), _apis),
    Check(Settings, ("worker", "apis"), _lease),
)
