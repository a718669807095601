"""The whole examination, in the order in which a person would look."""

import asyncio
from collections.abc import Mapping
from typing import Final

from worker.contract.shown import counted
from worker.errors import PreflightError
from worker.finding import Finding, of_message
from worker.ports import Clock
from worker.queues.server_clock import ServerClock
from worker.service.doctor import apis, lanes, machine
from worker.service.store import Store, open_store, unopened
from worker.settings import Settings

_SKEW_S: Final = 1.0  # beyond what NTP leaves


async def examine(settings: Settings, environ: Mapping[str, str], clock: Clock) -> list[Finding]:
    """Everything that was found, good or bad. Reads only; takes some seconds at most where the store is large.

    Args:
        settings: as they were loaded: that they could be is the first finding.
        environ: for the folder of prepared contracts.
        clock: this machine's.
    """
    findings = [_config(settings), *(of_message("warning", "config", one) for one in settings.warnings)]
    findings += await asyncio.to_thread(lambda: list(apis.examine(settings, clock.now())))
    findings += machine.examine(settings, environ)
    return findings + await _stored(settings, clock)


def _config(settings: Settings) -> Finding:
    known = counted(len(settings.apis), "API")
    return Finding("ok", "config", f"{settings.path}: {known}, jobs in {settings.queue.shown}")


async def _stored(settings: Settings, clock: Clock) -> list[Finding]:
    """What the store says, as far as it can be reached."""
    findings: list[Finding] = []
    try:
        if early := await unopened(settings.queue):
            return early
        async with open_store(settings, clock) as store:
            findings.append(Finding("ok", "queue", f"{settings.queue.shown} can be reached"))
            findings += _skew(store.clock)
            findings += await store.examine()
            findings += await _lanes(store, settings)
    except PreflightError as error:
        findings.append(of_message("problem", "queue", str(error)))
    return findings


def _skew(clock: Clock) -> list[Finding]:
    """How far this machine's clock is off; nothing, where the store has no clock of its own."""
    if not isinstance(clock, ServerClock):
        return []
    ahead_s = clock.skew_s
    detail = f"this machine is {abs(ahead_s):,.1f} s {'ahead of' if ahead_s > 0 else 'behind'} the store's server"
    if abs(ahead_s) < _SKEW_S:
        return [Finding("ok", "clock", detail)]
    remedy = "set the clocks of both (NTP): workers go by the server's, but logs and other programs do not"
    return [Finding("warning", "clock", detail, remedy)]


async def _lanes(store: Store, settings: Settings) -> list[Finding]:
    stops, found, now = await store.stops.all(), await store.ledger.lanes(), store.clock.now()
    return [*lanes.standing(stops, now), *lanes.unworked(found, stops, settings.apis, now)]
