"""``preflight plan``: what a run would take, and which limit it would wait for."""

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli import progress, rows
from worker.cli.outlook import Line, Outlook, Report
from worker.cli.output import print_json
from worker.cli.setup import read_settings, with_ledger

if TYPE_CHECKING:
    from worker.engine.admission import Admission
    from worker.failure import Failure
    from worker.limits.budget import Budget
    from worker.settings import ApiSettings, Settings

_EVERY: Final = 5000  # rows between two looks of the progress bar


def _latency(_ctx: click.Context, _parameter: click.Parameter, given: str | None) -> float | None:
    from worker.settings.durations import parse_duration

    try:
        latency_s = None if given is None else parse_duration(given)
    except ValueError as error:
        raise click.BadParameter(f"{given} {error}") from error
    if latency_s == 0:
        raise click.BadParameter('no API answers in no time: write what it takes, such as "100ms"')
    return latency_s


@click.command(
    epilog="""\b
Examples:
  preflight plan orders.jsonl
  preflight plan orders.jsonl --latency 120ms
  preflight plan orders.csv --operation createOrder --json | jq .seconds
  preflight plan                     what waits in the queue already
"""
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@rows.options
@click.option("--latency", callback=_latency, help="How long an answer takes, such as 100ms: counts concurrency too.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@click.pass_context
def command(
    ctx: click.Context, /, files: tuple[str, ...], *, latency: float | None, as_json: bool, **given: Any
) -> None:
    """Say how long the jobs of FILEs would take, and which limit they would wait for. Sends and queues nothing.

    What waits in the queue counts too, so leave out files that were submitted already. The budgets' own arithmetic runs
    without waiting: up to 20,000 jobs of an API one by one, more of them in bundles, which is right to about a
    hundredth. Failures and second tries are not counted. Exits with 1 when rows are bad; bad rows are left out.
    """
    from worker import service
    from worker.limits import budget

    settings = read_settings(ctx)
    clock = service.system_clock()
    service.tune()
    found = Found({name: [budget.from_settings(one) for one in api.limits] for name, api in settings.apis.items()})
    if files:
        contracts = service.contracts(settings, os.environ)
        admission = rows.admission(
            contracts, clock, given, modes=lambda api, name: settings.apis[api].mode(name), named=False
        )
        for file in files:
            found.read(file, given["form"], admission)
    found.look_into_queue(settings)
    report = Report(found, _plans(settings, found, latency, clock.now()), clock.now())
    if as_json:
        print_json(report.json)
    else:
        report.print(_not_counted(settings, latency))
    ctx.exit(1 if found.bad or found.too_costly else 0)


class Found:
    """What there is to send.

    Attributes:
        queued: jobs that waited already.
        stray: those of APIs that the config does not have.
        too_costly: rows that cost more than a budget allows in its whole period.
    """

    def __init__(self, budgets: "Mapping[str, Sequence[Budget]]") -> None:
        from worker.engine.workload import Workload

        self.budgets = budgets
        self.workload = Workload({api: {one.cost for one in found if one.cost} for api, found in budgets.items()})
        self.rows = self.bad = self.too_costly = self.queued = self.stray = 0

    def read(self, file: str, form: str | None, admission: "Admission") -> None:
        """Count the rows of a file."""
        from worker.intake.stream import Stream

        stream = Stream(file)
        source = rows.source(stream, form)
        with progress.reading(f"reading {file}", stream.size_bytes) as advance:
            for row in source.rows:
                self.rows += 1
                self._add(admission.job(row, file, tabular=source.tabular))
                if not self.rows % _EVERY:
                    advance(stream.position_bytes, self.rows)
        stream.close()

    def _add(self, job: "Mapping[str, Any] | Failure") -> None:
        from worker.engine.plan import too_costly
        from worker.failure import Failure
        from worker.job import Lane

        if isinstance(job, Failure):
            self.bad += 1
            return
        cost = job.get("cost", {})
        if cost and too_costly(cost, self.budgets[job["api"]]):
            self.too_costly += 1
        else:
            self.workload.add(Lane(job["api"], job["operation"], job.get("key")), cost)

    def look_into_queue(self, settings: "Settings") -> None:
        """Count the jobs that wait already; no file is made where nothing was submitted yet."""
        path = settings.queue.path
        if path is not None and not path.exists():
            return
        for counts in with_ledger(settings, lambda ledger: ledger.lanes()):
            jobs = counts.ready + counts.delayed + counts.leased
            if counts.lane.api in self.budgets:
                self.queued += jobs
                self.workload.add(counts.lane, {}, jobs)
            else:
                self.stray += jobs


def _plans(settings: "Settings", found: Found, latency_s: float | None, start: float) -> list[Outlook]:
    from worker.engine.plan import plan

    plans = []
    for name, api in settings.apis.items():
        limits = found.budgets[name]
        more = [] if latency_s is None else _in_flight(api, latency_s)
        made = plan([load for load in found.workload if load.lane.api == name], [*limits, *more], start)
        lines = [Line(name, alone, "limit") for alone in made.budgets[: len(limits)]]
        lines += [Line(name, alone, "concurrency") for alone in made.budgets[len(limits) :]]
        plans.append(Outlook(made, latency_s or 0.0, tuple(lines)))
    return plans


def _in_flight(api: "ApiSettings", latency_s: float) -> "list[Budget]":
    """How many requests may be in flight, as budgets."""
    from worker.engine.plan import at_once

    known = [] if api.concurrency == "auto" else [at_once(api.concurrency, latency_s)]
    return [*known, at_once(1, latency_s, "lane")] if api.ordered else known


def _not_counted(settings: "Settings", latency_s: float | None) -> "Iterator[str]":
    """What a person has to know that the plan does not."""
    if latency_s is None:
        yield "how fast APIs answer is not known: --latency 100ms counts concurrency too"
        return
    for api in settings.apis.values():
        if api.concurrency == "auto":
            yield f'{api.name}: concurrency = "auto" is found out while running, and not counted'
