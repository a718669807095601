"""Ways of measuring that all benches share: processes on cores of their own, medians of pairs, one way to print."""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson


def on_core(core: int | None, arguments: Sequence[str]) -> list[str]:
    """A Python command that runs on one core only, where the system can do that."""
    if core is None or not hasattr(os, "sched_setaffinity") or len(os.sched_getaffinity(0)) < core + 1:
        return [sys.executable, *arguments]
    pin = "import os,runpy,sys; os.sched_setaffinity(0,{int(sys.argv[1])}); sys.argv=sys.argv[2:]; "
    run = "runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
    return [sys.executable, "-c", pin + run, str(core), *arguments[1:]]  # arguments are -m MODULE ...


def preflight(config: Path, *arguments: str, core: int | None = None) -> dict[str, Any]:
    """What a preflight command prints as JSON."""
    command = on_core(core, ["-m", "worker", "--config", str(config), *arguments, "--json"])
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
    printed: dict[str, Any] = orjson.loads(done.stdout.splitlines()[-1])
    return printed


def bare(module: str, *arguments: str, core: int | None = None) -> dict[str, Any]:
    """What one of the bare loops in ``benchmarks/peers`` prints."""
    done = subprocess.run(
        on_core(core, ["-m", f"benchmarks.peers.{module}", *arguments]), capture_output=True, check=True
    )
    printed: dict[str, Any] = orjson.loads(done.stdout)
    return printed


@contextmanager
def server(core: int | None) -> Iterator[str]:
    """The trivial server on a core of its own; its URL."""
    process = subprocess.Popen(on_core(core, ["-m", "benchmarks.server"]), stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def paired(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float]:
    """Medians of rates measured in turn, and the median of their ratios pair by pair."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    return {
        "ours_per_s": round(statistics.median(ours), 1),
        "bare_per_s": round(statistics.median(theirs), 1),
        "ratio": round(statistics.median(ratios), 3),
        "ratio_min": round(min(ratios), 3),
        "ratio_max": round(max(ratios), 3),
    }


def show(title: str, figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Print figures for a person or for a machine."""
    if as_json:
        print(orjson.dumps({"bench": title, **figures}).decode())
        return
    print(title)
    for name, value in figures.items():
        print(f"  {name:<24}{value:>14,}" if isinstance(value, int | float) else f"  {name:<24}{value}")
