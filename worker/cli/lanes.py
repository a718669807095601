"""``preflight lanes``: an operator's hand on what is sent: look at lanes, pause them, let them go on."""

import getpass
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.output import print_json, print_table, printable
from worker.cli.setup import read_settings
from worker.cli.standing import is_standing, standing, state_json, state_words, why
from worker.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from worker.failure import LaneCounts
    from worker.job import Scope, Stop
    from worker.ports import Clock
    from worker.service import Store
    from worker.settings import Settings

_COLUMNS: Final = ("lane", "state", "ready", "delayed", "in flight", "why")
_SCOPE: Final = "API, API/OPERATION, API/OPERATION/KEY or API/*/KEY"


@click.group()
def command() -> None:
    """Look at lanes, pause them, and let them go on.

    A lane is the jobs that draw on the same budgets and credential: those of one operation of an API and, where jobs
    have keys, of one key.
    """


@command.command(
    "list",
    epilog="""\b
Examples:
  preflight lanes list
  preflight lanes list --json | jq 'select(.state != "running")'
""",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_(ctx: click.Context, /, *, as_json: bool) -> None:
    """Show every lane that has unfinished jobs, and all that stands still."""

    async def look(store: "Store", clock: "Clock") -> None:
        lanes, stops, now = await store.ledger.lanes(), await store.stops.all(), clock.now()
        shown = [_lane_json(one, standing(stops, one.lane, now)) for one in lanes]
        shown += [_idle_json(stop) for stop in stops if is_standing(stop, now) and not _any(lanes, stop.scope)]
        if as_json:
            for lane in shown:
                print_json(lane)
        elif shown:
            print_table(_COLUMNS, [_cells(lane, now) for lane in shown])
        else:
            click.echo("no lane has anything to do, and none stands still", err=True)

    _with_store(read_settings(ctx), look)


def _lane_json(one: "LaneCounts", stop: "Stop | None") -> dict[str, Any]:
    counts = {"ready": one.ready, "delayed": one.delayed, "in_flight": one.leased}
    return {**one.lane._asdict(), **state_json(stop), **counts}


def _idle_json(stop: "Stop") -> dict[str, Any]:
    """What stands still and has nothing to do."""
    return {**stop.scope._asdict(), **state_json(stop), "ready": 0, "delayed": 0, "in_flight": 0}


def _any(lanes: "Sequence[LaneCounts]", scope: "Scope") -> bool:
    return any(scope.covers(one.lane) for one in lanes)


def _cells(lane: dict[str, Any], now: float) -> list[str]:
    from worker.job import EVERY

    parts = [lane["api"], lane["operation"] or "*", lane["key"]]
    name = "/".join(part for part in parts if part) if lane["api"] != EVERY else EVERY
    counts = [f"{lane[part]:,}" for part in ("ready", "delayed", "in_flight")]
    return [printable(name), state_words(lane["state"]), *counts, printable(why(lane, now))]


@command.command(
    epilog="""\b
Examples:
  preflight lanes pause shop --reason "their maintenance, ask Maria"
  preflight lanes pause shop/createOrder
  preflight lanes pause 'shop/*/tenant-7'
"""
)
@click.argument("scope", metavar="LANE")
@click.option("--reason", default="", help="Why, for whoever looks at the status; your name is added.")
@click.pass_context
def pause(ctx: click.Context, /, scope: str, reason: str) -> None:
    """Send nothing more of LANE until `preflight lanes resume`.

    LANE is an API, API/OPERATION, API/OPERATION/KEY or API/*/KEY. Requests in flight finish; workers that run hear of
    it within half a second; jobs wait untouched.
    """
    from worker.job import Standstill, Stop

    settings = read_settings(ctx)
    place = _scope(scope, settings)

    async def stop(store: "Store", clock: "Clock") -> None:
        said = f"paused by {_who()}" + (f": {reason}" if reason else "")
        await store.stops.put([Stop(place, Standstill.PAUSED, said, clock.now())])

    _with_store(settings, stop)
    click.echo(f"{place} is paused; `preflight lanes resume {scope}` lets it go on", err=True)


@command.command(
    epilog="""\b
Examples:
  preflight lanes resume shop
  preflight lanes resume shop/createOrder
"""
)
@click.argument("scope", metavar="LANE")
@click.pass_context
def resume(ctx: click.Context, /, scope: str) -> None:
    """Let LANE go on at once, whatever it stands still for: a pause, a drift, a closed API, a rejected credential.

    LANE is what `preflight lanes list` shows, also of an API that the config has no longer; what stands still inside of
    it goes on too. A queue that stands still as a whole is '*'. Exits with 1 where nothing did.
    """
    from worker.job import Standstill

    settings = read_settings(ctx)
    place = _place(scope)
    lifted: list[Stop] = []

    async def lift(store: "Store", _clock: "Clock") -> None:
        every = await store.stops.all()
        lifted.extend(stop for stop in every if _within(stop.scope, place) or str(stop.scope) == scope)
        await store.stops.lift(lifted)

    _with_store(settings, lift)
    for stop in lifted:
        said = stop.reason if stop.kind is Standstill.PAUSED else f"{state_words(stop.kind.value)}: {stop.reason}"
        click.echo(printable(f"{stop.scope} goes on; it was {said}"), err=True)
    if not lifted:
        _scope(scope, settings)
        click.echo(f"nothing in {place} stood still; `preflight lanes list` shows what does", err=True)
        ctx.exit(1)


@command.command(
    "set",
    epilog="""\b
Examples:
  preflight lanes set shop --left 500 --for 1h
""",
)
@click.argument("scope", metavar="LANE")
@click.option("--left", required=True, type=click.IntRange(0), help="Requests that may still be made.")
@click.option("--for", "period", required=True, metavar="DURATION", help="In which time, such as 1h; then the budgets.")
@click.pass_context
def set_(ctx: click.Context, /, scope: str, left: int, period: str) -> None:
    """Say how many requests of LANE are left for a while, where that is less than its budgets allow.

    For quotas that others use too, or that the API does not tell of in its answers. LANE has to have limits in the
    config, and is an API, API/OPERATION or API/*/KEY.
    """
    from pathlib import Path

    from worker.limits.budget import from_settings
    from worker.ports import Told
    from worker.settings.kinds import Duration

    settings = read_settings(ctx)
    place = _scope(scope, settings)
    if not settings.apis[place.api].limits:
        raise UsageError(f"{place.api} has no limits in the config: give it one, or pause it")
    try:
        seconds = Duration(0.001, 31 * 86_400).read(period, Path())
    except ValueError as error:
        raise UsageError(f"--for {period}: {error}") from error

    async def tell(store: "Store", clock: "Clock") -> None:
        budgets = {name: [from_settings(limit) for limit in api.limits] for name, api in settings.apis.items()}
        await store.quota(budgets).observe([Told(place, float(left), clock.now() + seconds)])

    _with_store(settings, tell)
    click.echo(f"{place}: {left:,} requests are left for {period}", err=True)


def _scope(text: str, settings: "Settings") -> "Scope":
    """The part of the lanes that a person names.

    Raises:
        UsageError: it is none, or of an API that the config does not have.
    """
    place = _place(text)
    if place.api not in settings.apis:
        known = ", ".join(settings.apis)
        raise UsageError(f"{text}: the config has no API {place.api!r}; write {_SCOPE}; it has {known}")
    return place


def _place(text: str) -> "Scope":
    """A part of the lanes as it is written, whether there is one or not."""
    from worker.job import Scope

    api, _, rest = text.partition("/")
    operation, _, key = rest.partition("/")
    if operation == "*" and not key:
        raise UsageError(f"{text}: write {_SCOPE}")
    return Scope(api, None if operation in ("", "*") else operation, key or None)


def _within(scope: "Scope", place: "Scope") -> bool:
    """Whether a scope is a part of another, or the same."""
    return scope.api == place.api and place.operation in (None, scope.operation) and place.key in (None, scope.key)


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a name for its user
        return "somebody"


def _with_store(settings: "Settings", act: "Callable[[Store, Clock], Awaitable[None]]") -> None:
    from worker import service

    clock = service.system_clock()

    async def main() -> None:
        async with service.open_store(settings, clock) as store:
            await act(store, clock)

    service.run_async(main)
