"""How a run went: what ``preflight run`` says at its end, and what it ends with."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli.output import console, print_json, print_table, printable
from worker.errors import INTERRUPTED, ApiUnreachableError

if TYPE_CHECKING:
    from worker.engine.canary import Canary, Halt
    from worker.engine.tally import RunTally
    from worker.engine.warned import Warned
    from worker.failure import LaneCounts
    from worker.job import Stop
    from worker.supervisor.supervisor import GaveUp

#: What to do about lanes that stand still, by their state.
_REMEDIES: Final = {
    "paused": "once its reason is gone, `preflight lanes resume '{scope}'`",
    "unauthorised": "renew the credential, then run again",
    "drifting": "compare `preflight failures list --group` with the contract; mend it or the jobs, then "
    "`preflight lanes resume '{scope}'` and run again",
    "unreachable": "check base_url and the API, then run again",
}

_COLUMNS: Final = ("would refuse", "accepted", "operation", "where", "rule", "for example")
_MAX_ROWS: Final = 20  # of a table at the end of a run: what is rarer is no reason to mend a contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a run went.

    Attributes:
        waiting: jobs that are still unfinished; None where the store was away too long to say.
        warns: there are operations whose contract is not enforced but warned of.
        stuck: what kept lanes from being worked.
        lanes: with unfinished jobs, where any were kept.
        interrupted: it was told to end before its time.
        canary: what watched the answers, if anything did.
        gave_up: why its processes were not started again, if they were to be.
    """

    tally: "RunTally"
    waiting: int | None
    seconds: float
    warns: bool
    stuck: "Sequence[Stop]"
    lanes: "Sequence[LaneCounts]"
    until_empty: bool
    interrupted: bool
    canary: "Canary | None" = None
    gave_up: "GaveUp | None" = None

    @property
    def halt(self) -> "Halt | None":
        """Why the run was stopped by what watched its answers."""
        return None if self.canary is None else self.canary.halt

    @property
    def exit_code(self) -> int:
        """See ``product``'s list."""
        if self.gave_up is not None:
            return self.gave_up.exit_code
        if self.interrupted:
            return INTERRUPTED
        if self.halt is not None:
            return 1
        if not self.until_empty:
            return 0  # a service ends when it is told to; what failed, and what waits, is the ledger's to tell
        if any(stop.kind.value == "unreachable" for stop in self.stuck):
            return ApiUnreachableError.exit_code
        return 1 if self.tally.dead or self.tally.parked or self.waiting else 0

    def report(self, *, as_json: bool) -> None:
        """Print the counts, and what keeps jobs waiting."""
        counts = self._counts()
        if as_json:
            print_json(counts)
        else:
            self._print(counts)
        for stop in self.stuck:
            remedy = _REMEDIES[stop.kind.value].format(scope=stop.scope)
            click.echo(printable(f"{stop.scope}: {stop.reason}; {self._left(stop)}: {remedy}"), err=True)
        if self.canary is not None and self.halt is not None:
            for line in _halted(self.halt, self.canary.brake, self.waiting):
                click.echo(printable(line), err=True)
        elif self.gave_up is not None:
            _print_gave_up(self.gave_up)
        elif self.until_empty and self.waiting and not self.stuck and not self.interrupted:
            came = f"{self.waiting:,} jobs wait: for an API that this config does not have, or they came just now"
            click.echo(f"{came}; `preflight status` shows their lanes", err=True)

    def _left(self, stop: "Stop") -> str:
        """What is left of lanes that stand still."""
        kept = (one for one in self.lanes if stop.scope.covers(one.lane))
        return f"{sum(one.ready + one.delayed + one.leased for one in kept):,} jobs wait untouched"

    def _counts(self) -> dict[str, Any]:
        tally = self.tally
        return {
            "delivered": tally.delivered,
            "dead": tally.dead,
            "parked": tally.parked,
            "waiting": self.waiting,
            "refused": tally.refused,
            "attempts": tally.attempts,
            "retried": tally.retried,
            "seconds": round(self.seconds, 3),
            "jobs_per_s": round(tally.settled / self.seconds, 1) if self.seconds > 0 else 0.0,
            **({"warned": tally.warned.json} if self.warns else {}),
            **({"canary": _canary_json(self.canary)} if self.canary else {}),
        }

    def _print(self, counts: dict[str, Any]) -> None:
        refused = ", ".join(f"{count:,} {cause}" for cause, count in sorted(counts["refused"].items()))
        style = "yellow" if counts["dead"] or counts["parked"] else "green"
        console().print(
            f"[{style}]{counts['delivered']:,} delivered, {counts['dead']:,} dead, {counts['parked']:,} parked[/], "
            f"{_number(self.waiting)} waiting in {self.seconds:.1f} s ({counts['jobs_per_s']:,.0f} jobs/s)"
        )
        if refused:
            console().print(f"refused before sending: {refused}; `preflight failures list` says why")
        if self.warns:
            _print_warned(self.tally.warned)


def _canary_json(canary: "Canary") -> dict[str, Any]:
    halt = canary.halt and {**asdict(canary.halt), "kinds": [kind._asdict() for kind in canary.halt.kinds]}
    return {"state": canary.state, "answers": canary.answers, "brake": canary.brake, "halt": halt}


def _number(of: int | None) -> str:
    return "an unknown number" if of is None else f"{of:,}"


def _halted(halt: "Halt", brake: float, waiting: int | None) -> Iterator[str]:
    """Why the run was stopped, which answers were bad, and what to do."""
    share = f"{halt.bad:,} of the last {halt.answers:,} answers were bad"
    yield f"stopped: {share}; --brake {brake:.10g} allows {halt.allowed:,} of {halt.window:,}"
    for kind in halt.kinds[:_MAX_ROWS]:
        yield f"  {kind.times:,} of {kind.api}/{kind.operation}, such as job {kind.example}: {kind.what}"
    if len(halt.kinds) > _MAX_ROWS:
        yield f"  ... and {len(halt.kinds) - _MAX_ROWS:,} more kinds"
    remedy = "look at the answers (`preflight failures list --group`), mend jobs, contract or config"
    yield f"{_number(waiting)} jobs wait untouched: {remedy}, then run again"


def _print_gave_up(gave_up: "GaveUp") -> None:
    click.echo(f"{click.style('error:', fg='red', bold=True)} {gave_up.why}", err=True)
    if gave_up.last_lines:
        click.echo("the last that it said:", err=True)
    for line in gave_up.last_lines:
        click.echo(f"  {printable(line)}", err=True)


def _print_warned(warned: "Warned") -> None:
    """How right the contract is, as far as this run can tell: what it would have refused and the API did not."""
    console().print(f"would have refused {warned.would_refuse:,}; the API accepted {warned.accepted:,} of them")
    if warned.counts:
        rows = [
            [
                f"{count.would_refuse:,}",
                f"{count.accepted:,}",
                f"{kind.api}/{kind.operation}",
                kind.pointer,
                kind.rule,
                count.example,
            ]
            for kind, count in warned.counts[:_MAX_ROWS]
        ]
        print_table(_COLUMNS, rows, data=False)
    more = max(len(warned.counts) - _MAX_ROWS, 0)
    if more or warned.beyond:
        beyond = f", and {warned.beyond:,} faults of kinds beyond those that are counted" if warned.beyond else ""
        console().print(f"... and {more:,} more kinds{beyond}; `--json` prints every kind that is counted")
