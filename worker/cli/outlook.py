"""What ``preflight plan`` tells: each limit, what it alone would take, and which one binds."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

from worker.cli.output import print_table, printable
from worker.cli.time_left import duration, moment
from worker.settings.durations import format_duration

if TYPE_CHECKING:
    from worker.cli.plan import Found
    from worker.engine.plan import Alone, ApiPlan

_COLUMNS: Final = ("api", "what allows it", "busiest", "jobs", "alone takes")


class Line(NamedTuple):
    """One thing that bounds how fast an API's jobs go."""

    api: str
    alone: "Alone"
    kind: Literal["limit", "concurrency"]

    @property
    def busiest(self) -> str | None:
        """The key or operation whose account takes longest; None for an account of all, or of jobs without a key."""
        account = self.alone.account
        return account and (account.key or account.operation)

    @property
    def json(self) -> dict[str, Any]:
        """A member of ``limits``."""
        budget = self.alone.budget
        return {
            "api": self.api,
            "kind": self.kind,
            "rate": budget.rate,
            "per_s": budget.per_s,
            "by": budget.by,
            "cost": budget.cost,
            "busiest": self.busiest,
            "jobs": self.alone.jobs,
            "seconds": round(self.alone.seconds, 3),
        }

    def __str__(self) -> str:
        budget = self.alone.budget
        by = "" if budget.by == "api" else f" by {budget.by}"
        if self.kind == "concurrency":
            return f"{budget.rate:,.0f} in flight at {format_duration(budget.per_s)} each{by}"
        what = f" {budget.cost}" if budget.cost else ""
        return f"{budget.rate:,.10g}{what} per {format_duration(budget.per_s)}{by}"


@dataclass(frozen=True, slots=True)
class Outlook:
    """The plan of one API.

    Attributes:
        latency_s: from the last slot to its answer.
        lines: one for each budget of the plan.
    """

    plan: "ApiPlan"
    latency_s: float
    lines: tuple[Line, ...]

    @property
    def seconds(self) -> float:
        """From the start to the last answer."""
        return self.plan.seconds + self.latency_s if self.plan.jobs else 0.0

    @property
    def binding(self) -> Line | None:
        """The line that alone takes longest; None where none is in the way."""
        return next((line for line in self.lines if line.alone is self.plan.binding), None)


class Report:
    """What is told of a plan."""

    def __init__(self, found: "Found", apis: Sequence[Outlook], now: float) -> None:
        self._found = found
        self._apis = apis
        self._now = now
        self._slowest = max(apis, key=lambda api: api.seconds)
        self._exact = all(api.plan.exact for api in apis)

    @property
    def json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        found, binding = self._found, self._slowest.binding
        lanes: Counter[Any] = Counter()
        for load in found.workload:
            lanes[load.lane] += load.jobs
        return {
            "rows": found.rows,
            "valid": found.rows - found.bad,
            "bad": found.bad,
            "too_costly": found.too_costly,
            "queued": found.queued,
            "seconds": round(self._slowest.seconds, 3),
            "exact": self._exact,
            "binding": binding and binding.json,
            "lanes": [{**lane._asdict(), "jobs": jobs} for lane, jobs in lanes.items()],
            "limits": [line.json for api in self._apis if api.plan.jobs for line in api.lines],
        }

    def print(self, not_counted: Iterator[str]) -> None:
        """For a person: what there is, each limit, the verdict, and what was not counted."""
        for line in self._jobs():
            click.echo(line)
        told = [line for api in self._apis if api.plan.jobs for line in api.lines]
        if told:
            print_table(_COLUMNS, [_cells(line) for line in told])
        for line in self._verdict():
            click.echo(line)
        for note in not_counted:
            click.echo(f"note: {note}", err=True)

    def _jobs(self) -> Iterator[str]:
        found = self._found
        if found.rows:
            good = found.rows - found.bad
            bad = f", {found.bad:,} bad (`preflight check` says why)" if found.bad else ""
            yield f"{found.rows:,} rows: {good:,} valid{bad}"
        if found.too_costly:
            yield f"{found.too_costly:,} of them will be refused: they cost more than a limit allows in all its period"
        if found.queued:
            yield f"{found.queued:,} jobs wait in the queue already and are counted too"
        if found.stray:
            yield f"{found.stray:,} more jobs in the queue are for APIs that this config does not have"

    def _verdict(self) -> Iterator[str]:
        api = self._slowest
        if not api.plan.jobs:
            yield "nothing is to be sent"
        elif (binding := api.binding) is None:
            yield "no limit is in the way: a run takes as long as the APIs take to answer"
        else:
            about = "" if self._exact else "about "
            done = moment(self._now + api.seconds, self._now)
            yield f"expected: {about}{duration(api.seconds)}, done at {done} if it starts now"
            yield printable(f"binding: {binding}{f' ({binding.busiest})' if binding.busiest else ''} of {binding.api}")


def _cells(line: Line) -> list[str]:
    alone = line.alone
    return [line.api, str(line), line.busiest or "", f"{alone.jobs:,}", duration(alone.seconds)]
