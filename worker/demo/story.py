"""Tells the story: a strict API in a process of its own, a file of orders, a run, and the mending of failures."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from worker import log, resources, service
from worker.contract.contract import Contract
from worker.demo.orders import lines
from worker.engine.admission import Admission
from worker.engine.coercion import Coercion
from worker.engine.columns import Columns
from worker.engine.submission import Source, Submission
from worker.engine.tally import RunTally
from worker.errors import DependencyError, PreflightError
from worker.events import Bus
from worker.failure import Failure, Selection
from worker.intake import jsonl
from worker.intake.stream import Stream
from worker.outcome import Cause
from worker.ports import Clock, Ledger
from worker.settings import Settings
from worker.settings.load import load

_FILES: Final = {"preflight.toml": "config/demo.toml", "demo.openapi.yaml": "schemas/demo.openapi.yaml"}
_GRACE_S: Final = 5.0  # for the sandbox to end by itself
_REFUSED: Final = (Cause.MALFORMED, Cause.MISSING, Cause.INVALID, Cause.UNAUTHORISED)

#: What a person would type to mend what can be mended, by cause.
MENDINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "missing": ("--set", "body.sku=BIKE-100", "--set", "params.shop=berlin"),
    "invalid": ("--set", "body.qty=1", "--set", "body.currency=EUR"),
}

#: Shows a run while it lasts.
Display = Callable[[RunTally, service.Work, int, Clock], AbstractAsyncContextManager[None]]


@dataclass(slots=True)
class Report:
    """What happened. ``submitted == delivered + sum(refused) + dead + parked``, all before any mending.

    Attributes:
        refused: jobs and rows that were not sent, by cause.
        recovered: delivered by a later attempt than their first.
        dead: died otherwise: the API said no, or the job costs more than its budget holds.
        replayed: refused jobs that were mended and then delivered.
        sandbox: answers by status, as the API counted them.
        examples: one failure of each cause.
    """

    submitted: int = 0
    delivered: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    retried: int = 0
    recovered: int = 0
    dead: int = 0
    parked: int = 0
    replayed: int = 0
    sandbox: dict[str, int] = field(default_factory=dict)
    jobs_per_s: float = 0.0
    seconds: float = 0.0
    examples: dict[str, Failure] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What ``demo --json`` prints."""
        names = (
            "submitted", "delivered", "refused", "retried", "recovered", "dead", "parked", "replayed", "sandbox",
            "jobs_per_s", "seconds",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}


class Story:
    """The demo in one folder.

    Args:
        folder: empty or not there; gets config, contract, orders and queue.
        say: told what happens next, for a person.
        display: shows a run while it lasts; None shows nothing.
    """

    def __init__(self, folder: Path, clock: Clock, say: Callable[[str], None], display: Display | None) -> None:
        self._folder = folder
        self._clock = clock
        self._say = say
        self._display = display
        self._report = Report()

    async def tell(self, jobs: int) -> Report:
        """Tell all of it with this many orders.

        Raises:
            DependencyError: the sandbox did not start.
        """
        started = self._clock.monotonic()
        with _sandbox(self._folder / "sandbox.log") as url:
            settings = self._prepare(url, jobs)
            contracts = service.contracts(settings, os.environ)
            await self._submit(settings, contracts)
            await self._run(settings, contracts)
            await self._mend(settings, contracts)
            self._report.sandbox = _counts(url)
        self._report.seconds = round(self._clock.monotonic() - started, 2)
        return self._report

    def _prepare(self, url: str, jobs: int) -> Settings:
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, resource in _FILES.items():
            shutil.copyfile(resources.path(resource), self._folder / name)
        expired_at = self._clock.now() - 3600
        for name, text in {"url": url, "shop.token": "demo-shop-token", "office.token": _expired(expired_at)}.items():
            (self._folder / name).write_text(text, "utf-8")
        with (self._folder / "orders.jsonl").open("wb") as file:
            file.writelines(lines(jobs))
        return load(self._folder / "preflight.toml", environ={})

    async def _submit(self, settings: Settings, contracts: Mapping[str, Contract]) -> None:
        self._say("preflight submit orders.jsonl")
        stream = Stream(str(self._folder / "orders.jsonl"))
        admission = Admission(
            contracts, None, Columns({}, None, contracts), Coercion(contracts), self._clock, modes=None, named=False
        )
        async with service.open_store(settings, self._clock) as store:
            submission = Submission(admission, store.queue, store.ledger, self._clock, lambda _: None)
            async for _ in submission.run(Source("orders.jsonl", jsonl.rows(stream), tabular=False)):
                pass
        stream.close()
        self._report.submitted = submission.tally.rows
        self._report.refused = dict.fromkeys((cause.value for cause in _REFUSED), 0)
        self._report.refused[Cause.MALFORMED.value] = submission.tally.bad

    async def _run(self, settings: Settings, contracts: Mapping[str, Contract]) -> None:
        self._say("preflight run --until-empty")
        started = self._clock.monotonic()
        async with _working(settings, contracts, self._clock, self._display) as (tally, ledger):
            seconds = self._clock.monotonic() - started
            report = self._report
            for cause in _REFUSED:
                report.refused[cause.value] += tally.refused.get(cause.value, 0)
            report.delivered = tally.delivered
            report.retried, report.recovered = tally.retried, tally.recovered
            not_sent = {cause.value: tally.refused.get(cause.value, 0) for cause in _REFUSED}
            report.parked = tally.parked - not_sent.pop(Cause.UNAUTHORISED.value)
            report.dead = tally.dead - sum(not_sent.values())
            report.jobs_per_s = round(tally.settled / seconds, 1)
            report.causes = {cause.value: count for cause, count in (await ledger.counts()).failures.items()}
            report.examples = await _examples(ledger)

    async def _mend(self, settings: Settings, contracts: Mapping[str, Contract]) -> None:
        for cause, edits in MENDINGS.items():
            self._say(f"preflight failures replay --cause {cause} {' '.join(edits)}")
            _preflight(self._folder, ["failures", "replay", "--cause", cause, *edits, "--yes", "--json"])
        self._say("preflight run --until-empty")
        async with _working(settings, contracts, self._clock, self._display) as (tally, _):
            self._report.replayed = tally.delivered


@asynccontextmanager
async def _working(
    settings: Settings, contracts: Mapping[str, Contract], clock: Clock, display: Display | None
) -> AsyncIterator[tuple[RunTally, Ledger]]:
    """Work the queue until it is empty, then hand over what was counted."""
    bus = Bus()
    tally = RunTally().listen(bus)
    log.observe(bus)
    async with (
        service.open_store(settings, clock) as store,
        service.work(settings, contracts, store, bus) as work,
    ):
        total = (await store.ledger.counts()).unfinished
        async with display(tally, work, total, clock) if display else nullcontext():
            await work.until_empty()
        yield tally, store.ledger


async def _examples(ledger: Ledger) -> dict[str, Failure]:
    found = {}
    for cause in Cause:
        failures, _ = await ledger.failures(Selection(causes=frozenset({cause})), limit=1)
        if failures:
            found[cause.value] = failures[0]
    return found


@contextmanager
def _sandbox(log_path: Path) -> Any:
    """The practice API in a process of its own, on a port of the system's choosing."""
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "worker", "sandbox", "--port", "0", "--behaviour", "demo"]
    with log_path.open("wb") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603 - our own command
    try:
        assert process.stdout is not None
        told = process.stdout.readline()
        if not told:
            raise DependencyError(f"the sandbox did not start: {log_path.read_text('utf-8').strip()}")
        yield orjson.loads(told)["url"]
    finally:
        process.terminate()
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _preflight(folder: Path, arguments: Sequence[str]) -> dict[str, Any]:
    """What one of our own commands prints; exit code 1 (some are still bad) is part of the story."""
    command = [sys.executable, "-m", "worker", "--config", str(folder / "preflight.toml"), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own command
    if done.returncode not in {0, 1}:
        raise PreflightError(f"{' '.join(arguments)}: {done.stderr.decode().strip()}")
    counts: dict[str, Any] = orjson.loads(done.stdout)
    return counts


def _counts(url: str) -> dict[str, int]:
    import urllib.request  # noqa: PLC0415 - only here, and slow to import

    with urllib.request.urlopen(f"{url}/__sandbox__/counts") as answer:  # noqa: S310 - our own sandbox
        statuses: dict[str, int] = orjson.loads(answer.read())["statuses"]
    return statuses


def _expired(at: float) -> str:
    """A JSON Web Token that ran out at ``at`` (epoch seconds); nobody checks its signature."""
    parts = ({"alg": "none", "typ": "JWT"}, {"sub": "demo", "exp": int(at)})
    return ".".join(base64.urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in parts) + ".none"
