"""``preflight submit`` against a bare sqlite3 executemany of the same bytes, synced as often and as fully."""

import tempfile
from pathlib import Path

import click

from benchmarks import jobs, measuring


@click.command("submit")
@click.option("--rows", default=200_000, show_default=True)
@click.option("--rounds", default=5, show_default=True, help="Pairs of measurements; the median counts.")
@click.option("--json", "as_json", is_flag=True)
def command(rows: int, rounds: int, *, as_json: bool) -> None:
    """Rows per second of `preflight submit`, against a bare executemany of the same lines."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "jobs.jsonl"
        jobs.write(file, rows)
        for number in range(rounds):
            theirs.append(measuring.bare("submit_loop", str(file), f"{name}/bare{number}.db")["per_s"])
            ours.append(_ours(Path(name) / f"round{number}", file, rows))
    measuring.show("submit", {"rows": rows, "rounds": rounds, **measuring.paired(ours, theirs)}, as_json=as_json)


def _ours(folder: Path, file: Path, rows: int) -> float:
    folder.mkdir()
    config = jobs.write_config(folder, "http://127.0.0.1:9")
    done = measuring.preflight(config, "submit", str(file))
    assert done["accepted"] == rows
    return rows / float(done["seconds"])
