"""Limits as a server sees them: how much of the rate is used, and how much more than it any window holds."""

import math
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any, Final

import click
import orjson

from benchmarks import jobs, measuring
from benchmarks.opened import STORES, commands, opened

_RATES: Final = (10, 100, 1_000, 10_000)
_HTTP_MOST: Final = 1_000  # aiohttp on two cores does not reach the next
_PROCESSES: Final = (1, 2, 4)
_SERVER: Final = 1  # core
_BEGINNING_S, _END_S = 2.0, 1.0  # left out of the used share: workers start one after the other, and end so
_PATIENCE_S: Final = 60.0


@click.command("limits")
@click.option("--seconds", default=10.0, show_default=True, help="How long each reading takes.")
@click.option("--keys", default=10_000, show_default=True)
@click.option("--store", "stores", type=click.Choice(STORES), multiple=True, default=("sqlite",), show_default=True)
@click.option("--rate", "rates", type=int, multiple=True, default=_RATES, show_default=True, help="Per second.")
@click.option("--processes", type=int, multiple=True, default=_PROCESSES, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(
    seconds: float, keys: int, stores: Sequence[str], rates: Sequence[int], processes: Sequence[int], *, as_json: bool
) -> None:
    """Used share of a limit, worst window at the server and CPU per permit; then one hot key beside many cold ones."""
    for store in stores:
        for name, most, measure in (("http", _HTTP_MOST, _http), ("permits", math.inf, _permits)):
            for rate, count in product([rate for rate in rates if rate <= most], processes):
                figures = {"rate": rate, "processes": count, **measure(store, rate, count, seconds)}
                measuring.show(f"limits {store} {name}", figures, as_json=as_json)
    if keys:
        measuring.show("limits keys", _keys(keys), as_json=as_json)


@contextmanager
def _counter(folder: Path) -> Iterator[int]:
    """The counting server on a core of its own; its port. What it has counted is in ``counted.json`` afterwards."""
    arguments = measuring.on_core(_SERVER, ["-m", "benchmarks.counter", str(folder / "counted.json")])
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
        process.stdin.close()
        process.wait(_PATIENCE_S)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _counted(folder: Path) -> tuple[list[float], list[float]]:
    """When all requests arrived, and when the cold ones did."""
    counted = orjson.loads((folder / "counted.json").read_bytes())
    return sorted(counted["times"]), sorted(counted["cold"])


def _seen(times: Sequence[float], rate: int) -> dict[str, float]:
    """What the server has seen of a limit per second."""
    worst = max(bisect_left(times, at + 1.0) - index for index, at in enumerate(times))
    steady = [at for at in times if times[0] + _BEGINNING_S <= at <= times[-1] - _END_S]
    used = (len(steady) - 1) / (steady[-1] - steady[0]) / rate
    return {"used": round(used, 4), "worst_window": worst, "excess": max(worst - rate, 0)}


def _http(store: str, rate: int, processes: int, seconds: float) -> dict[str, float]:
    """Real workers on one queue."""
    with tempfile.TemporaryDirectory() as name, opened(store) as url:
        folder = Path(name)
        with _counter(folder) as port:
            config = jobs.write_config(folder, f"http://127.0.0.1:{port}", f"rate = {rate}\nper = '1s'", url)
            jobs.write(folder / "jobs.jsonl", int(rate * (seconds + _BEGINNING_S + _END_S)))
            measuring.preflight(config, "submit", str(folder / "jobs.jsonl"))
            command_line = [sys.executable, "-m", "worker", "--config", str(config), "run", "--until-empty", "--json"]
            workers = [
                subprocess.Popen(command_line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for _ in range(processes)
            ]
            cpu_s = 0.0
            for worker in workers:
                _, status, usage = os.wait4(worker.pid, 0)
                worker.returncode = os.waitstatus_to_exitcode(status)
                cpu_s += usage.ru_utime + usage.ru_stime
        times, _ = _counted(folder)
    return {**_seen(times, rate), "cpu_us_per_request": round(cpu_s / len(times) * 1e6)}


def _permits(store: str, rate: int, processes: int, seconds: float) -> dict[str, float]:
    """Real quotas, stores and pacers on one queue, without HTTP."""
    with tempfile.TemporaryDirectory() as name, opened(store) as url:
        folder = Path(name)
        with _counter(folder) as port:
            arguments = [url, str(rate), str(seconds + _BEGINNING_S + _END_S), str(port)]
            command_line = [sys.executable, "-m", "benchmarks.permits", *arguments]
            before = commands(url)
            workers = [subprocess.Popen(command_line, stdout=subprocess.PIPE) for _ in range(processes)]
            printed = [orjson.loads(worker.communicate()[0]) for worker in workers]
            asked = commands(url) - before
        times, _ = _counted(folder)
    total = {what: sum(one[what] for one in printed) for what in printed[0]}
    sent, grants = total["sent"], total["grants"]
    figures = {"missed": total["missed"], "lost": sent - len(times), "permits_per_grant": round(sent / grants, 1)}
    if asked:
        figures["trips_per_permit"] = round(asked / sent, 4)
    return {**_seen(times, rate), **figures, "cpu_us_per_permit": round(total["cpu_s"] / sent * 1e6, 1)}


def _keys(keys: int) -> dict[str, Any]:
    """One worker; nine jobs of ten have the same key, and each of the others one of its own: when do these go?"""
    limit_s = 6.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _counter(folder) as port:
            limit = "rate = 10\nper = '1m'\nby = 'key'"
            config = jobs.write_config(folder, f"http://127.0.0.1:{port}", limit)
            with (folder / "jobs.jsonl").open("wb") as file:
                for number in range(keys * 10):
                    cold = number % 10 == 0
                    job = jobs.job(number) | {"key": f"cold-{number}" if cold else "hot"}
                    job["body"]["sku"] = "COLD" if cold else "HOT"
                    file.write(orjson.dumps(job) + b"\n")
            measuring.preflight(config, "submit", str(folder / "jobs.jsonl"))
            began = time.time()
            command_line = [sys.executable, "-m", "worker", "--config", str(config), "run"]
            worker = subprocess.Popen(command_line, stderr=subprocess.DEVNULL)
            try:
                while time.time() < began + _PATIENCE_S and _unfinished_lanes(config) > 1:
                    time.sleep(0.5)
            finally:
                worker.send_signal(signal.SIGTERM)
                worker.wait(_PATIENCE_S)
        _, cold_times = _counted(folder)
    waits = [at - began for at in cold_times]
    return {
        "keys": keys,
        "cold_sent": len(waits),
        "cold_median_s": round(statistics.median(waits), 2),
        "cold_worst_s": round(waits[-1], 2),
        "own_budgets_time_s": limit_s,
    }


def _unfinished_lanes(config: Path) -> int:
    return len(measuring.preflight(config, "status")["lanes"])
