"""What no field can say alone: rules over several fields of one section."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, NamedTuple

from worker.settings.api import ApiSettings
from worker.settings.auth import HmacAuth
from worker.settings.callbacks import CallbackSettings
from worker.settings.durations import format_duration
from worker.settings.key import join
from worker.settings.limits import LimitSettings
from worker.settings.operation import OperationSettings
from worker.settings.predicate import Place
from worker.settings.probe import ProbeSettings
from worker.settings.profile import Profile
from worker.settings.retry import RetrySettings, merged
from worker.settings.settings import Settings, WorkerSettings


class Check(NamedTuple):
    """One rule.

    Attributes:
        section: whose fields it is about.
        needs: the fields that it is called with; it is left out where one of them could not be read. ``given`` is no
            field: it is the keys that stand in the file.
        find: yields what is wrong, each beginning with the key that it is about.
    """

    section: type
    needs: tuple[str, ...]
    find: Callable[..., Iterator[str]]


#: What may be said of an operation although a contract document describes it.
_BESIDE_CONTRACT: Final = frozenset({"validation", "success_when", "retry", "probe"})


def _burst(rate: float, burst: float | None, window: str) -> Iterator[str]:
    if burst is None:
        return
    if window != "smooth":
        yield f'burst stands beside window = "{window}", in which all of rate may be spent at once: take burst out'
    elif burst > rate:
        yield (
            f"burst = {burst:g} is more than rate = {rate:g}: a burst is a part of one period's rate; "
            f"lower burst or raise rate"
        )


def _cost(rate: float, cost: str | None, cost_from: Place | None, estimate: float | None) -> Iterator[str]:
    if cost is None:
        for key, value in (("cost_from", cost_from), ("estimate", estimate)):
            if value is not None:
                yield f"{key} stands without cost, and does nothing: write cost = NAME, or take {key} out"
    elif estimate is not None and estimate > max(rate, 1):
        yield (
            f"estimate = {estimate:g} is more than rate = {rate:g}: a job that names no cost could never be sent; "
            f"lower estimate or raise rate"
        )


def _costs(limits: Sequence[LimitSettings]) -> Iterator[str]:
    """What a request costs is one number, of which every budget is charged that counts it."""
    first: dict[str, int] = {}
    for index, limit in enumerate(limits):
        if limit.cost is None:
            continue
        at = first.setdefault(limit.cost, index)
        other = limits[at]
        same = {"estimate": limit.reserved == other.reserved, "cost_from": limit.cost_from == other.cost_from}
        yield from (
            f'limits[{index}].{key} is not that of limits[{at}], which counts cost = "{limit.cost}" too: '
            f"a request costs as much in both; write the same {key} in both, or name another cost"
            for key, is_same in same.items()
            if not is_same
        )


def _schedule(given: Collection[str]) -> Iterator[str]:
    if "schedule" in given and (beside := [key for key in ("base", "cap") if key in given]):
        yield f"schedule stands beside {' and '.join(beside)}, in whose place it is used: take one or the other out"


def _retries(retry: RetrySettings, operations: Mapping[str, OperationSettings]) -> Iterator[str]:
    """What an operation has otherwise has to go with what it has from its API."""
    for name, operation in operations.items():
        if not operation.retry.keys().isdisjoint({"base_s", "cap_s"}):
            both = merged(retry, operation.retry)
            yield from (f"{join('operations', name)}.retry.{found}" for found in _delays(both.base_s, both.cap_s))


def _probed(found: tuple[int, ...], missing: tuple[int, ...]) -> Iterator[str]:
    if both := sorted(set(found) & set(missing)):
        yield f"found and missing both have {both[0]} in them: an answer means one or the other; take it out of one"


def _probes(contract: Path | None, operations: Mapping[str, OperationSettings]) -> Iterator[str]:
    """A probe asks and changes nothing. Of a contract's operations nothing is known here."""
    for name, operation in operations.items():
        if contract is not None or operation.probe is None:
            continue
        asked, key = operations.get(operation.probe.operation), join("operations", name)
        if asked is None:
            yield f'{key}.probe.operation = "{operation.probe.operation}" is not among operations: declare it there'
        elif asked.method not in {"GET", "HEAD"}:
            yield (
                f'{key}.probe.operation = "{asked.name}" is a {asked.method}, which may change something: '
                f"name a GET or HEAD"
            )


def _timestamp(content: str, timestamp_header: str | None) -> Iterator[str]:
    if "{timestamp}" in content and timestamp_header is None:
        yield "timestamp_header is missing: content has {timestamp} in it, which the API has to be told to check it"


def _signed(on_delivered: str | None, on_failed: str | None, given: Collection[str]) -> Iterator[str]:
    if "secret" in given and on_delivered is None and on_failed is None:
        yield "secret signs nothing: write on_delivered or on_failed, or take it out"


def _capture(capture_bytes: int, reply_bytes: int, given: Collection[str]) -> Iterator[str]:
    if "capture_bytes" in given and capture_bytes > reply_bytes:
        yield (
            f"capture_bytes = {capture_bytes} is more than reply_bytes = {reply_bytes}: what is not read cannot "
            f"be kept; lower capture_bytes or raise reply_bytes"
        )


def _delays(base_s: float, cap_s: float) -> Iterator[str]:
    if base_s > cap_s:
        base, cap = format_duration(base_s), format_duration(cap_s)
        yield (
            f'base = "{base}" is longer than cap = "{cap}": the first delay cannot exceed the longest; '
            f"lower base or raise cap"
        )


def _contract(contract: Path | None, operations: Mapping[str, OperationSettings]) -> Iterator[str]:
    """A document says all of an operation but how we deal with it; without one, the config says it."""
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
    return [name for name in given if name != "name" and name not in _BESIDE_CONTRACT]


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
    Check(LimitSettings, ("rate", "burst", "window"), _burst),
    Check(LimitSettings, ("rate", "cost", "cost_from", "estimate"), _cost),
    Check(RetrySettings, ("base_s", "cap_s"), _delays),
    Check(RetrySettings, ("given",), _schedule),
    Check(ProbeSettings, ("found", "missing"), _probed),
    Check(HmacAuth, ("content", "timestamp_header"), _timestamp),
    Check(CallbackSettings, ("on_delivered", "on_failed", "given"), _signed),
    Check(ApiSettings, ("limits",), _costs),
    Check(Profile, ("limits",), _costs),
    Check(ApiSettings, ("retry", "operations"), _retries),
    Check(ApiSettings, ("contract", "operations"), _probes),
    Check(ApiSettings, ("capture_bytes", "reply_bytes", "given"), _capture),
    Check(ApiSettings, ("contract", "operations"), _contract),
    Check(ApiSettings, ("base_url", "contract", "server_variables"), _server),
    Check(Settings, ("apis",), _apis),
    Check(Settings, ("worker", "apis"), _lease),
)
