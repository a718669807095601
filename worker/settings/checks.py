"""What no field can say alone: rules over several fields of one section."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from worker.settings.durations import format_duration
from worker.settings.sections import (
    ApiSettings,
    LimitSettings,
    OperationSettings,
    RetrySettings,
    Settings,
    WorkerSettings,
)


class Check(NamedTuple):
    """One rule.

    Attributes:
        section: whose fields it is about.
        needs: the fields that it is called with; it is left out where one of them could not be read.
        key: which key the message is about.
        find: a message that follows the key, or None where all is well.
    """

    section: type
    needs: tuple[str, ...]
    key: str
    find: Callable[..., str | None]


def _burst(rate: float, burst: float | None) -> str | None:
    if burst is None or burst <= rate:
        return None
    return (
        f"= {burst:g} is more than rate = {rate:g}: a burst is a part of one period's rate; lower burst or raise rate"
    )


def _delays(base_s: float, cap_s: float) -> str | None:
    if base_s <= cap_s:
        return None
    base, cap = format_duration(base_s), format_duration(cap_s)
    return (
        f'= "{base}" is longer than cap = "{cap}": the first delay cannot exceed the longest; lower base or raise cap'
    )


def _contract(contract: Path | None, operations: Mapping[str, OperationSettings]) -> str | None:
    if contract is None and not operations:
        return "is missing: write the name of an OpenAPI document, or declare operations"
    if contract is not None and operations:
        return "stands beside operations: take one of the two out"
    return None


def _lease(worker: WorkerSettings, apis: Mapping[str, ApiSettings]) -> str | None:
    """A lease that ends while a request is in flight lets another worker send the same job."""
    if not apis:
        return None
    slowest = max(apis.values(), key=_longest_s)
    if worker.lease_s > _longest_s(slowest):
        return None
    lease, sum_s = format_duration(worker.lease_s), format_duration(_longest_s(slowest))
    return (
        f'= "{lease}" is not longer than a request of apis.{slowest.name} may take: '
        f"timeout {format_duration(slowest.timeout_s)} + "
        f"connect_timeout {format_duration(slowest.connect_timeout_s)} = {sum_s}; "
        f'jobs would be sent twice: write a lease above "{sum_s}", or shorten the timeouts'
    )


def _longest_s(api: ApiSettings) -> float:
    return api.timeout_s + api.connect_timeout_s


def _apis(apis: Mapping[str, Any]) -> str | None:
    return None if apis else "is missing: write [apis.NAME] with base_url, and contract or operations"


CHECKS: Final = (
    Check(LimitSettings, ("rate", "burst"), "burst", _burst),
    Check(RetrySettings, ("base_s", "cap_s"), "base", _delays),
    Check(ApiSettings, ("contract", "operations"), "contract", _contract),
    Check(Settings, ("apis",), "apis", _apis),
    Check(Settings, ("worker", "apis"), "worker.lease", _lease),
)
