"""Peak memory of submit and run, for few rows and for many: it must not grow with the file."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks import jobs, measuring


@click.command("memory")
@click.option("--few", default=10_000, show_default=True)
@click.option("--many", default=1_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def command(few: int, many: int, *, as_json: bool) -> None:
    """Peak resident memory with FEW and with MANY rows, as the operating system accounts for it."""
    figures: dict[str, float] = {"few": few, "many": many}
    with measuring.server(None) as url:
        peaks = {count: _peaks(url, count) for count in (few, many)}
    for name in ("submit", "run"):
        figures[f"{name}_few_mib"] = round(peaks[few][name], 1)
        figures[f"{name}_many_mib"] = round(peaks[many][name], 1)
        figures[f"{name}_ratio"] = round(peaks[many][name] / peaks[few][name], 3)
    measuring.show("memory", figures, as_json=as_json)


def _peaks(url: str, count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = jobs.write_config(folder, url)
        jobs.write(folder / "jobs.jsonl", count)
        submit = _peak_mib(config, "submit", str(folder / "jobs.jsonl"))
        run = _peak_mib(config, "run", "--until-empty")
    return {"submit": submit, "run": run}


def _peak_mib(config: Path, *arguments: str) -> float:
    """The largest resident set of one command, in MiB."""
    command_line = [sys.executable, "-m", "worker", "--config", str(config), *arguments, "--json"]
    process = subprocess.Popen(command_line, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {process.returncode}")
    return usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)
