"""The live display of a run: what was done, how fast, what is in flight, and what stands in the way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol

from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from worker.cancelling import ended
from worker.cli.output import console, printable
from worker.cli.time_left import duration, moment
from worker.contract.shown import counted
from worker.engine.eta import Eta

if TYPE_CHECKING:
    from worker.engine.canary import Canary
    from worker.engine.tally import RunTally
    from worker.job import Stop
    from worker.ports import Clock

_FRAME_S: Final = 0.2
_MOST_STOPS: Final = 10  # lines; with lanes by key there may be thousands


class Watched(Protocol):
    """What a display shows."""

    @property
    def tally(self) -> "RunTally":
        """What was done so far."""

    @property
    def in_flight(self) -> int:
        """Requests on their way."""

    @property
    def stops(self) -> "Sequence[Stop]":
        """All that stands still now."""

    @property
    def away(self) -> str | None:
        """Why the store is away; None while it is there."""

    @property
    def elsewhere(self) -> int:
        """Jobs in the hands of others, which a run that ends by itself waits for."""

    @property
    def crew(self) -> str:
        """Who works, where that is worth a word: ``4 processes``."""


@asynccontextmanager
async def display(watched: Watched, total: int, clock: "Clock", canary: "Canary | None" = None) -> AsyncIterator[None]:
    """Keep the display up to date while the block runs; it is gone afterwards.

    Args:
        watched: what runs.
        total: jobs that were unfinished at the start.
        clock: for the rate of late, and for when all is done.
        canary: what watches the answers, if anything does.
    """
    progress = Progress(
        TextColumn("[bold]working"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.completed:,.0f}{task.fields[of]} jobs"),
        TextColumn("{task.fields[left]}"),
    )
    task = progress.add_task("", total=total or None, left="", of=f"/{total:,}" if total else "")
    eta = Eta(clock.monotonic(), watched.tally.settled)

    def frame() -> RenderableType:
        tally = watched.tally
        eta.update(clock.monotonic(), tally.settled)
        progress.update(task, completed=tally.settled, left=left(eta, total - tally.settled, clock.now()))
        line = _line(tally, watched, eta.per_s)
        return Group(progress, line, *_waiting(watched), *_canary(canary), *_closures(watched.stops, clock.now()))

    async def refresh(live: Live) -> None:
        while True:
            live.update(frame(), refresh=True)
            await clock.sleep(_FRAME_S)

    with Live(console=console(), transient=True, auto_refresh=False) as live:
        refreshing = asyncio.create_task(refresh(live))
        try:
            yield
        finally:
            if (failure := await ended([refreshing])) is not None:
                raise failure


def left(eta: Eta, jobs: int, now: float) -> str:
    """``about 3 h 20 min left, done at 17:45``; nothing where all is done, or nothing yet."""
    left_s = eta.left_s(jobs) if jobs > 0 else None
    return "" if left_s is None else f"about {duration(left_s)} left, done at {moment(now + left_s, now)}"


def _line(tally: "RunTally", watched: Watched, rate: float) -> Text:
    refused = sum(tally.refused.values())
    text = Text()
    text.append(f"{tally.delivered:,} delivered", "green")
    text.append(f"  {refused:,} refused", "yellow" if refused else "dim")
    text.append(f"  {tally.retried:,} retried", "cyan" if tally.retried else "dim")
    failed = tally.dead + tally.parked - refused
    text.append(f"  {failed:,} failed", "red" if failed else "dim")
    text.append(f"  {watched.in_flight:,} in flight  {rate:,.0f} jobs/s", "dim")
    text.append(f"  {watched.crew}", "dim")
    return text


def _waiting(watched: Watched) -> list[Text]:
    """Why nothing happens at all."""
    if watched.away is not None:
        return [Text(f"waiting for the store, nothing is lost: {printable(watched.away)}", "red")]
    if watched.elsewhere and not watched.in_flight:
        whose = "in other workers' hands: those of a worker that died come back when its lease has run out"
        return [Text(f"waiting for {counted(watched.elsewhere, 'job')} {whose}", "cyan")]
    return []


def _canary(canary: "Canary | None") -> list[Text]:
    """Why hardly anything happens, while it is the canary's turn."""
    if canary is None or canary.awaited is None:
        return []
    return [Text(f"canary: {canary.awaited:,} more answers, then others follow", "cyan")]


def _closures(stops: "Sequence[Stop]", now: float) -> list[Text]:
    """A line for each part of the lanes that stands still."""
    lines = []
    for stop in stops[:_MOST_STOPS]:
        left = "" if stop.until is None else f" for {max(stop.until - now, 0):.0f} s"
        words = f"{stop.scope} {stop.kind.value.replace('_', ' ')}{left}: {printable(stop.reason)}"
        lines.append(Text(words, "yellow" if stop.until else "red"))
    return lines
