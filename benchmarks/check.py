"""``preflight check`` against a bare loop of orjson.loads and the same validator."""

import tempfile
from pathlib import Path

import click

from benchmarks import jobs, measuring


@click.command("check")
@click.option("--rows", default=200_000, show_default=True)
@click.option("--rounds", default=5, show_default=True, help="Pairs of measurements; the median counts.")
@click.option("--json", "as_json", is_flag=True)
def command(rows: int, rounds: int, *, as_json: bool) -> None:
    """Rows per second of `preflight check`, against a bare loop over the same file."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = jobs.write_config(folder, "http://127.0.0.1:9")
        file = folder / "jobs.jsonl"
        jobs.write(file, rows)
        for _ in range(rounds):
            theirs.append(measuring.bare("check_loop", str(file))["per_s"])
            summary = measuring.preflight(config, "check", str(file))["summary"]
            assert summary["valid"] == rows
            ours.append(rows / summary["seconds"])
    measuring.show("check", {"rows": rows, "rounds": rounds, **measuring.paired(ours, theirs)}, as_json=as_json)
