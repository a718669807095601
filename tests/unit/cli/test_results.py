import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from worker.cli.destination import destination
from worker.cli.results import command
from worker.clock import SystemClock
from worker.errors import UsageError
from worker.job import Entry, Lane
from worker.outcome import Attempt, Delivered, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.service import run_async

LANE = Lane("shop", "createOrder")
COLUMNS = ["id", "api", "operation", "status", "elapsed_ms", "attempts", "reply", "meta", "delivered_at"]
REPLIES = ['{"id":"7"}', "=cmd|'/c calc'!A1", "two\nlines", None]

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``preflight results`` with a ledger of four delivered jobs."""
    config = tmp_path / "preflight.toml"
    config.write_text(
        '[queue]\nurl = "sqlite:///q.db"\n[apis.shop]\nbase_url = "http://127.0.0.1:1"\n'
        '[apis.shop.operations.createOrder]\nmethod = "POST"\npath = "/orders"\n'
    )

    async def fill() -> None:
        store = await SqliteStore.open(tmp_path / "q.db", SystemClock())
        for number, reply in enumerate(REPLIES):
            job = {"id": f"-{number}", "api": "shop", "operation": "createOrder", "meta": {"row": number}}
            await store.queue.enqueue([Entry(f"-{number}", LANE, json.dumps(job))])
            lease = (await store.queue.lease([Want(LANE, 1)], 60))[0]
            await store.queue.settle([Settlement(lease, Delivered(), Attempt(1, 0.0, 12.34, 201, None, reply))])
        await store.close()

    run_async(fill)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments, obj={"config": config, "log_level": None})

    return call


def test_a_result_is_a_line_of_json(run: Run) -> None:
    """In the order of acceptance, with the job's meta as it was."""
    found = [json.loads(line) for line in run("export").stdout.splitlines()]
    assert [one["id"] for one in found] == ["-0", "-1", "-2", "-3"]
    assert list(found[0]) == COLUMNS
    assert (found[0]["status"], found[0]["elapsed_ms"], found[0]["meta"]) == (201, 12.3, {"row": 0})


def test_csv_has_a_header_and_no_formula(run: Run) -> None:
    """What a spreadsheet would run begins with an apostrophe; line breaks stay inside their cell."""
    header, *rows = csv.reader(io.StringIO(run("export", "--format", "csv").stdout))
    assert header == COLUMNS
    assert [row[0] for row in rows] == ["'-0", "'-1", "'-2", "'-3"]
    assert [row[6] for row in rows] == ['{"id":"7"}', "'=cmd|'/c calc'!A1", "two\nlines", ""]
    assert rows[0][3:6] == ["201", "12.3", "1"]
    assert rows[0][7] == '{"row":0}'


def test_a_file_appears_when_it_is_whole(run: Run, tmp_path: Path) -> None:
    """And stdout stays empty."""
    file = tmp_path / "results.csv"
    result = run("export", "--format", "csv", "--output", str(file))
    assert result.stdout == ""
    assert "4 results" in result.stderr
    assert file.read_text().startswith("id,api,")
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_a_folder_that_is_not_there_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    """With the reason and the remedy."""
    result = run("export", "--output", str(tmp_path / "gone" / "results.jsonl"))
    assert isinstance(result.exception, UsageError)
    assert "--output" in str(result.exception)


def test_what_breaks_off_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    """No half-written file under either name."""
    file = tmp_path / "results.jsonl"
    file.write_text("old")

    def broken() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError

    with pytest.raises(RuntimeError), destination(file) as out:
        out.writelines(broken())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("results.jsonl", "old")]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    """The file behind it is replaced."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    with destination(link) as out:
        out.write(b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_is_no_file_is_written_into(tmp_path: Path) -> None:
    """A device is not replaced by a file; a folder is refused."""
    with destination(Path("/dev/null")) as out:
        out.write(b"gone")
    assert not Path("/dev/null").is_file()
    with pytest.raises(UsageError, match="cannot be written"), destination(tmp_path):
        pass
