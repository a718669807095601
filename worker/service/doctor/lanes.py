"""What the lanes have to say: which stand still, which nobody works, which nobody can work."""

from collections.abc import Collection, Sequence
from typing import Final

from worker.clock import to_rfc3339
from worker.failure import LaneCounts
from worker.finding import Finding
from worker.job import Standstill, Stop

_SHOWN: Final = 10  # with lanes by key there may be thousands

#: What to do about a part of the lanes that stands still until somebody does something.
_REMEDIES: Final = {
    Standstill.PAUSED: "preflight lanes resume '{scope}', once its reason is gone",
    Standstill.UNAUTHORISED: "correct the credential; one job tries it again by itself",
    Standstill.DRIFTING: "see preflight status; correct the contract, then preflight lanes resume '{scope}'",
    Standstill.BREAKER_OPEN: "look into the API: it is tried again by itself",
    Standstill.UNREACHABLE: "is the address right, and the network up? It is tried again by itself",
    Standstill.CLOSED: "none: the API asked for it, and it ends by itself",
}


def standing(stops: Sequence[Stop], now: float) -> list[Finding]:
    """A finding for each part of the lanes that stands still, up to some; one that none does."""
    still = [stop for stop in stops if stop.until is None or stop.until > now]
    findings = [_still(stop) for stop in still[:_SHOWN]]
    if len(still) > _SHOWN:
        rest = f"{len(still) - _SHOWN:,} more parts of the lanes stand still"
        findings.append(Finding("warning", "lanes", rest, "preflight lanes list"))
    return findings or [Finding("ok", "lanes", "none stands still")]


def _still(stop: Stop) -> Finding:
    until = "" if stop.until is None else f", until {to_rfc3339(stop.until)}"
    detail = f"{stop.scope} {stop.kind.value.replace('_', ' ')} since {to_rfc3339(stop.since)}{until}: {stop.reason}"
    return Finding("warning", "lanes", detail, _REMEDIES[stop.kind].format(scope=stop.scope))


def unworked(lanes: Sequence[LaneCounts], stops: Sequence[Stop], apis: Collection[str], now: float) -> list[Finding]:
    """Jobs that wait for a worker that is not there, or for an API that the config does not have."""
    unknown = sorted({one.lane.api for one in lanes} - set(apis))
    findings = [
        Finding("warning", "lanes", f"jobs wait for {api}, which the config does not have", "add it, or correct them")
        for api in unknown[:_SHOWN]
    ]
    still = [stop.scope for stop in stops if stop.until is None or stop.until > now]
    idle = [one for one in lanes if one.lane.api in apis and not any(scope.covers(one.lane) for scope in still)]
    ready, leased = sum(one.ready for one in idle), sum(one.leased for one in lanes)
    detail = f"{ready:,} jobs are ready in lanes that go on, {leased:,} are in workers' hands"
    if ready and not leased:
        findings.append(Finding("warning", "workers", detail, "start one: preflight run; or limits leave no room now"))
    else:
        findings.append(Finding("ok", "workers", detail))
    return findings
