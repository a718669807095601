"""``preflight status``: how much waits, what failed and why, and which lanes are at work."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.output import print_json, print_table, printable, table
from worker.cli.setup import looked_at, read_settings
from worker.cli.standing import standing, state_json, state_words, why
from worker.errors import StoreAwayError

if TYPE_CHECKING:
    from worker.engine.kind import Kind
    from worker.failure import Counts, LaneCounts
    from worker.job import Stop
    from worker.ports import Clock, Ledger
    from worker.service import Store

_SAMPLE_S: Final = 0.5  # long enough for a rate to mean something, short enough to wait for
_REFRESH_S: Final = 1.0

_LANE_COLUMNS: Final = ("lane", "state", "ready", "in flight", "per second", "why")
_DRIFT_COLUMNS: Final = ("jobs", "operation", "where", "what the API says", "example")
_MAX_DRIFT: Final = 10  # rows for a person: more kinds than these are no pattern


@click.command(
    epilog="""\b
Examples:
  preflight status
  preflight status --watch
  preflight status --json | jq .queue.ready
"""
)
@click.option("--watch", is_flag=True, help="Again every second, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; with --watch, one each time.")
@click.pass_context
def command(ctx: click.Context, /, *, watch: bool, as_json: bool) -> None:
    """Show the queue, the failures by cause, and every lane that has something to do.

    Rates are measured for half a second, while jobs are in flight. What APIs reject although their contracts allow it
    is counted by operation, place and message, of up to 10,000 such failures.
    """
    from worker import service

    settings = read_settings(ctx)
    clock = service.system_clock()

    async def main() -> None:
        opened = service.open_store if watch else looked_at  # who watches wants to see it begin
        async with opened(settings, clock) as store:
            drift = _Drift(store.ledger, clock)
            if not watch:
                _show(await _status(store, clock, drift), clock.now(), as_json=as_json)
                return
            with _screen(clock, as_json=as_json) as show:
                await _watch(partial(_status, store, clock, drift), show, clock)

    service.run_async(main)


async def _watch(
    look: Callable[[], Awaitable[dict[str, Any]]], show: Callable[[dict[str, Any]], None], clock: "Clock"
) -> None:
    """Show what is found, again and again; a store that is away may come back."""
    there = True
    while True:
        try:
            show(await look())
            there = True
        except StoreAwayError as error:
            if there:
                click.echo(f"waiting for the store: {error}", err=True)
            there = False
        await clock.sleep(_REFRESH_S)


class _Drift:
    """What APIs reject although their contracts allow it; read again only once there is more of it, or less."""

    def __init__(self, ledger: "Ledger", clock: "Clock") -> None:
        self._ledger = ledger
        self._clock = clock
        self._rejected = 0
        self._rows: list[dict[str, Any]] = []

    async def rows(self, counts: "Counts") -> list[dict[str, Any]]:
        """A row for each operation, place and message, the most frequent first."""
        from worker.engine.grouping import drift
        from worker.outcome import Cause

        rejected = counts.failures.get(Cause.REJECTED, 0)
        if rejected != self._rejected:
            found = (await drift(self._ledger, self._clock.now())).found if rejected else []
            self._rows = [
                {"group": one.kind.id, **_without_cause(one.kind), "count": one.count, "example": one.example}
                for one in found
            ]
            self._rejected = rejected
        return self._rows


def _without_cause(kind: "Kind") -> dict[str, Any]:
    return {name: value for name, value in kind._asdict().items() if name != "cause"}


async def _status(store: "Store", clock: "Clock", drift: _Drift) -> dict[str, Any]:
    """What ``--json`` prints."""
    ledger = store.ledger
    counts, lanes = await ledger.counts(), await ledger.lanes()
    rates: list[float] = [0.0] * len(lanes)
    if any(lane.leased for lane in lanes):
        started, earlier, before = clock.monotonic(), counts, lanes
        await clock.sleep(_SAMPLE_S)
        counts, lanes = await ledger.counts(), await ledger.lanes()
        rates = _rates(earlier, counts, before, lanes, clock.monotonic() - started)
    return {
        "queue": {state.value: counts.states.get(state, 0) for state in _states()},
        "failures": {cause.value: count for cause, count in counts.failures.items() if count},
        "lanes": _lanes_json(lanes, rates, await store.stops.all(), clock.now()),
        "drift": await drift.rows(counts),
    }


def _states() -> Sequence[Any]:
    from worker.job import State

    return State.READY, State.DELAYED, State.LEASED, State.DELIVERED, State.DEAD, State.PARKED


def _rates(
    earlier: "Counts", now: "Counts", before: "Sequence[LaneCounts]", lanes: "Sequence[LaneCounts]", seconds: float
) -> list[float]:
    """Jobs delivered per second, by lane: all that were delivered, shared out by how many jobs left each lane."""
    from worker.job import State

    delivered = max(now.states.get(State.DELIVERED, 0) - earlier.states.get(State.DELIVERED, 0), 0)
    had = {lane.lane: _unfinished(lane) for lane in before}
    left = [max(had.get(lane.lane, 0) - _unfinished(lane), 0) for lane in lanes]
    weights = left if any(left) else [lane.leased for lane in lanes]
    total = sum(weights)
    return [round(delivered / seconds * weight / total, 1) if total else 0.0 for weight in weights]


def _unfinished(lane: "LaneCounts") -> int:
    return lane.ready + lane.delayed + lane.leased


def _lanes_json(
    lanes: "Sequence[LaneCounts]", rates: Sequence[float], stops: "Sequence[Stop]", now: float
) -> list[dict[str, Any]]:
    return [
        {
            **one.lane._asdict(),
            **state_json(standing(stops, one.lane, now)),
            "ready": one.ready,
            "in_flight": one.leased,
            "per_s": per_s,
        }
        for one, per_s in zip(lanes, rates, strict=True)
    ]


def _show(status: dict[str, Any], now: float, *, as_json: bool) -> None:
    if as_json:
        print_json(status)
        return
    click.echo(_line(status))
    if status["lanes"]:
        print_table(_LANE_COLUMNS, _lane_rows(status, now))
    if status["drift"]:
        click.echo("\nrejected although the contract allows it (`preflight failures list --group` has all):")
        print_table(_DRIFT_COLUMNS, [_drift_cells(one) for one in status["drift"][:_MAX_DRIFT]])


def _screen(clock: "Clock", *, as_json: bool) -> Any:
    """A context that hands out what shows one status after the other: in place on a terminal, else line by line."""
    import sys
    from contextlib import nullcontext

    show: Callable[[dict[str, Any]], None] = print_json if as_json else lambda status: click.echo(_line(status))
    return nullcontext(show) if as_json or not sys.stdout.isatty() else _live(clock)


def _live(clock: "Clock") -> Any:
    from contextlib import contextmanager

    from rich.console import Group
    from rich.live import Live
    from rich.text import Text

    from worker.cli.output import console

    @contextmanager
    def screen() -> Any:
        with Live(console=console(data=True), auto_refresh=False) as live:
            yield lambda status: live.update(
                Group(Text(_line(status)), table(_LANE_COLUMNS, _lane_rows(status, clock.now()))), refresh=True
            )

    return screen()


def _line(status: dict[str, Any]) -> str:
    queue = ", ".join(f"{count:,} {state}" for state, count in status["queue"].items())
    causes = ", ".join(f"{count:,} {cause}" for cause, count in sorted(status["failures"].items()))
    return f"{queue}; failures: {causes}" if causes else f"{queue}; no failures"


def _drift_cells(row: dict[str, Any]) -> list[str]:
    name = f"{row['api']}/{row['operation']}"
    return [f"{row['count']:,}", name, row["pointer"] or "", row["message"] or "", row["example"]]


def _lane_rows(status: dict[str, Any], now: float) -> list[list[str]]:
    return [_cells(lane, now) for lane in status["lanes"]]


def _cells(lane: dict[str, Any], now: float) -> list[str]:
    name = "/".join(lane[part] for part in ("api", "operation", "key") if lane[part] is not None)
    counts = [f"{lane['ready']:,}", f"{lane['in_flight']:,}", f"{lane['per_s']:,.1f}"]
    return [printable(name), state_words(lane["state"]), *counts, printable(why(lane, now))]
