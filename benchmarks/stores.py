"""What each store can do: enqueue, lease and settle, whole runs; at depth; and after a kill."""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Final

import click

from benchmarks import jobs, measuring
from benchmarks.leasing import put, settings_of, take
from benchmarks.opened import STORES, commands, opened
from worker import service
from worker.job import State

_PROCESSES: Final = (1, 2, 4)
_DEPTHS: Final = (10_000, 100_000, 1_000_000)
_ROUNDS: Final = 9  # at each depth, in turn: a median of so many
_STEP: Final = 5_120  # jobs that are put and taken in each
_HELD: Final = 256
_PATIENCE_S: Final = 60.0


@click.command("stores")
@click.option("--store", "stores", type=click.Choice(STORES), multiple=True, default=STORES)
@click.option("--jobs", "count", default=40_000, show_default=True, help="In each reading.")
@click.option("--depth", "depths", type=int, multiple=True, default=_DEPTHS, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(stores: Sequence[str], count: int, depths: Sequence[int], *, as_json: bool) -> None:
    """Jobs per second with 1, 2 and 4 processes, cost per job at depth, round trips per job, recovery after a kill.

    Servers are started for it, as durable as they are by default: PostgreSQL with fsync, Valkey with appendonly and
    appendfsync always.
    """
    for store in stores:
        for processes in _PROCESSES:
            figures = {"processes": processes, **_rates(store, processes, count), **_whole(store, processes, count)}
            measuring.show(f"stores {store}", figures, as_json=as_json)
        for figures in _at_depth(store, sorted(depths)):
            measuring.show(f"stores {store} depth", figures, as_json=as_json)
        measuring.show(f"stores {store} kill", _recovery(store), as_json=as_json)


def _rates(store: str, processes: int, count: int) -> dict[str, float]:
    """Jobs put in per second, and taken out, by so many processes at once."""
    share = count // processes
    with opened(store) as url:
        began = commands(url)
        put_s = _together("put", url, [(number * share, share) for number in range(processes)])
        between = commands(url)
        take_s = _together("take", url, [(0, count)] * processes)
        ended = commands(url)
    figures: dict[str, float] = {"put_per_s": round(count / put_s), "take_per_s": round(count / take_s)}
    if store != "sqlite":
        figures |= {
            "trips_per_put": round((between - began) / count, 4),
            "trips_per_take": round((ended - between) / count, 4),
        }
    return figures


def _together(what: str, url: str, parts: Sequence[tuple[int, int]]) -> float:
    """Seconds that processes take which begin at the same moment: those of the slowest."""
    workers = [_worker(what, url, first, count) for first, count in parts]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    return max(float(worker.communicate()[0]) for worker in workers)


def _worker(what: str, url: str, first: int, count: int) -> "subprocess.Popen[str]":
    command_line = [sys.executable, "-m", "benchmarks.leasing", what, url, str(first), str(count)]
    worker = subprocess.Popen(command_line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    if worker.stdout.readline() != "ready\n":
        raise SystemExit(f"benchmarks.leasing {what} did not start")
    return worker


def _whole(store: str, processes: int, count: int) -> dict[str, float]:
    """`preflight run --until-empty` against a server on the other core, and what it asks of the store."""
    with tempfile.TemporaryDirectory() as name, opened(store) as url, measuring.server(1) as api:
        folder = Path(name)
        config = jobs.write_config(folder, api, queue=url)
        jobs.write(folder / "jobs.jsonl", count)
        measuring.preflight(config, "submit", str(folder / "jobs.jsonl"))
        before = commands(url)
        done = measuring.preflight(config, "run", "--until-empty", "--processes", str(processes))
        asked = commands(url) - before
    figures: dict[str, float] = {"run_per_s": done["jobs_per_s"]}
    return figures if store == "sqlite" else {**figures, "trips_per_run_job": round(asked / count, 4)}


def _at_depth(store: str, depths: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What a job costs, put in and taken out again, while so many others wait: queues of all depths in turn."""
    with ExitStack() as stack:
        urls = {depth: stack.enter_context(opened(store)) for depth in depths}
        for depth, url in urls.items():
            _together("put", url, [(0, depth)])
        costs = asyncio.run(_costs_us(urls))
    shallowest = costs[depths[0]]
    for depth, readings in costs.items():
        ratios = [one / other for one, other in zip(readings, shallowest, strict=True)]
        yield {
            "depth": depth,
            "us_per_job": round(statistics.median(readings), 1),
            "ratio": round(statistics.median(ratios), 3),
        }


async def _costs_us(urls: Mapping[int, str]) -> dict[int, list[float]]:
    readings: dict[int, list[float]] = {depth: [] for depth in urls}
    async with AsyncExitStack() as stack:
        clock = service.system_clock()
        stores = {
            depth: await stack.enter_async_context(service.open_store(settings_of(url), clock))
            for depth, url in urls.items()
        }
        for number in range(_ROUNDS):
            for depth, store in stores.items():
                seconds = await put(store.queue, depth + number * _STEP, _STEP) + await take(store.queue, 0, _STEP)
                readings[depth].append(seconds / _STEP * 1e6)
    return readings


def _recovery(store: str) -> dict[str, Any]:
    """How long until the jobs of a worker that was killed are delivered by another that has nothing else to do."""
    with tempfile.TemporaryDirectory() as name, opened(store) as url, measuring.server(1) as api:
        config = jobs.write_config(Path(name), api, queue=url)
        text = config.read_text("utf-8")
        config.write_text(
            f'[worker]\nlease = "2s"\ndrain = "1s"\n{text}'.replace(
                "concurrency", 'timeout = "1s"\nconnect_timeout = "500ms"\nconcurrency'
            ),
            "utf-8",
        )
        _together("put", url, [(0, _HELD)])
        holder = _worker("hold", url, 0, _HELD)
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write("go\n")
        holder.stdin.flush()
        holder.stdout.readline()
        command_line = [sys.executable, "-m", "worker", "--config", str(config), "run"]
        worker = subprocess.Popen(command_line, stderr=subprocess.DEVNULL)
        try:
            holder.kill()
            killed = time.perf_counter()
            asyncio.run(_delivered(url, _HELD))
            took = time.perf_counter() - killed
        finally:
            holder.communicate()
            worker.terminate()
            worker.wait(_PATIENCE_S)
    return {"lease_s": 2.0, "in_hand": _HELD, "recovered_s": round(took, 2)}


async def _delivered(url: str, count: int) -> None:
    clock = service.system_clock()
    async with service.open_store(settings_of(url), clock) as store:
        while (await store.ledger.counts()).states.get(State.DELIVERED, 0) < count:
            await clock.sleep(0.02)
