"""One process, from SQLite through validation and aiohttp and back to SQLite, against a bare aiohttp loop."""

import tempfile
from pathlib import Path

import click

from benchmarks import jobs, measuring

_CLIENT, _SERVER = 0, 1  # cores


@click.command("pipeline")
@click.option("--jobs", "count", default=50_000, show_default=True)
@click.option("--rounds", default=5, show_default=True, help="Pairs of measurements; the median counts.")
@click.option("--json", "as_json", is_flag=True)
def command(count: int, rounds: int, *, as_json: bool) -> None:
    """Jobs per second of `preflight run`, against a bare aiohttp loop with the same bytes and concurrency."""
    ours, theirs = [], []
    with measuring.server(_SERVER) as url:
        for _ in range(rounds):
            theirs.append(measuring.bare("aiohttp_loop", url, str(count), "64", core=_CLIENT)["per_s"])
            ours.append(_ours(url, count))
    figures = {"jobs": count, "body_bytes": len(repr(jobs.job(0)["body"])), "rounds": rounds}
    measuring.show("pipeline", {**figures, **measuring.paired(ours, theirs)}, as_json=as_json)


def _ours(url: str, count: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = jobs.write_config(folder, url)
        jobs.write(folder / "jobs.jsonl", count)
        measuring.preflight(config, "submit", str(folder / "jobs.jsonl"))
        done = measuring.preflight(config, "run", "--until-empty", core=_CLIENT)
        assert done["delivered"] == count
        return float(done["jobs_per_s"])
