import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from worker import resources
from worker.cli.failures import command
from worker.clock import SystemClock
from worker.errors import UsageError
from worker.failure import Failure
from worker.job import Entry, Lane, Source
from worker.outcome import Attempt, Cause, Dead, Delivered, Fault, Outcome, Parked, Problem, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.service import run_async

LANE = Lane("shop", "createOrder")
GOOD = {"sku": "BIKE-1", "qty": 1, "currency": "EUR", "email": "ada@example.com"}
INVALID = Problem(
    Cause.INVALID,
    "validate",
    "1 value is not allowed",
    "#/body/qty: 0 is less than 1",
    faults=(Fault("#/body/qty", "body", "minimum", "0 is less than 1", "send 1 or more"),),
)
REJECTED = Problem(Cause.REJECTED, "judge", "the API refused it", "sold out", status=422)
Run = Callable[..., Result]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config of the demo shop, and a ledger with four failures beside a delivered job."""
    path = tmp_path / "preflight.toml"
    document = resources.path("schemas/demo.openapi.yaml")
    (tmp_path / "token").write_text("practice-token")
    path.write_text(
        f'[queue]\nurl = "sqlite:///q.db"\n[apis.shop]\nbase_url = "http://127.0.0.1:1"\ncontract = "{document}"\n'
        '[apis.shop.auth]\ntype = "bearer"\ntoken = "${file:token}"\n'
    )
    run_async(lambda: fill(tmp_path / "q.db"))
    return path


async def fill(path: Path) -> None:
    """Two jobs that were refused for their quantity, one that the API rejected, one row that is no job, one good."""
    store = await SqliteStore.open(path, SystemClock())
    attempt = Attempt(1, 1_767_225_600.0, 41.25, status=422, reply="no \x1b[31mway")
    await settle(store, "zero", {**GOOD, "qty": 0}, Dead(INVALID))
    await settle(store, "minus", {**GOOD, "qty": -1, "currency": "XXX"}, Dead(INVALID))
    await settle(store, "sold", GOOD, Parked(REJECTED), attempt)
    await settle(store, "fine", GOOD, Delivered(), Attempt(1, 1_767_225_600.0, 3.0, status=201))
    fault = Fault("#", "job", "json", "broken JSON at column 3", "write one JSON object on each line")
    problem = Problem(Cause.MALFORMED, "intake", "the job is not well formed", "broken", faults=(fault,))
    row = Failure("row-1", Lane("shop", ""), problem, None, SystemClock().now(), source=Source("orders.jsonl", 17))
    await store.ledger.reject([row])
    await store.close()


async def settle(store: SqliteStore, id_: str, body: Any, outcome: Outcome, attempt: Attempt | None = None) -> None:
    """One job, from acceptance to its end."""
    job = {"id": id_, "api": "shop", "operation": "createOrder", "params": {"shop": "ulm"}, "body": body}
    await store.queue.enqueue([Entry(id_, LANE, json.dumps(job), line=3)], "orders.jsonl")
    lease = (await store.queue.lease([Want(LANE, 1)], 60))[0]
    await store.queue.settle([Settlement(lease, outcome, attempt)])


@pytest.fixture
def run(config: Path) -> Run:
    """``preflight failures`` with this config, its input no terminal."""

    def call(*arguments: str) -> Result:
        context = {"config": config, "log_level": None}
        return CliRunner().invoke(command, arguments, obj=context)

    return call


def ids(result: Result) -> list[str]:
    """The ids of the records that were printed."""
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


def test_a_person_sees_the_row_what_is_wrong_and_what_to_do(run: Run) -> None:
    """A failure a line, aligned, and nothing but data on stdout."""
    result = run("list")
    header, zero, minus, sold, row = result.stdout.splitlines()
    assert header.split("  ")[0] == "id"
    assert [cell.strip() for cell in zero.split("  ") if cell.strip()] == [
        "zero",
        "invalid",
        "orders.jsonl:3",
        "#/body/qty",
        "0 is less than 1",
        "send 1 or more",
    ]
    assert minus.index("#/body/qty") == zero.index("#/body/qty")
    assert "sold out" in sold
    assert "orders.jsonl:17" in row
    assert (result.stderr, result.exit_code) == ("", 0)


def test_only_so_many_rows_are_shown_and_the_rest_is_counted(run: Run) -> None:
    """On stderr, with a way to see more."""
    result = run("list", "--limit", "1")
    assert len(result.stdout.splitlines()) == 2
    assert "3 more" in result.stderr


def test_a_program_gets_every_record(run: Run) -> None:
    """In the form of schemas/failure.schema.json, whatever --limit says."""
    result = run("list", "--json", "--limit", "1")
    assert ids(result) == ["zero", "minus", "sold", "row-1"]
    assert json.loads(result.stdout.splitlines()[0])["problem"]["errors"][0]["pointer"] == "#/body/qty"


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (["--cause", "rejected"], ["sold"]),
        (["--cause", "rejected", "--cause", "malformed"], ["sold", "row-1"]),
        (["--api", "other"], []),
        (["--operation", "createOrder"], ["zero", "minus", "sold"]),
        (["--status", "422"], ["sold"]),
        (["--id", "zero", "--id", "row-1"], ["zero", "row-1"]),
        (["--since", "2h"], ["zero", "minus", "sold", "row-1"]),
        (["--since", "2999-01-01T00:00:00Z"], []),
        (["--since", "2001-01-01T00:00:00+01:00", "--cause", "invalid"], ["zero", "minus"]),
    ],
)
def test_filters_choose(run: Run, filters: list[str], wanted: list[str]) -> None:
    """Each narrows; a repeated one widens again."""
    assert ids(run("list", "--json", *filters)) == wanted


def test_a_time_that_is_none_says_how_to_write_one(run: Run) -> None:
    """A date without an offset is none; nor is every word a cause."""
    assert run("list", "--cause", "bad luck").exit_code == 2
    result = run("list", "--since", "2026-01-01")
    assert isinstance(result.exception, UsageError)
    assert "with its offset" in str(result.exception)


def test_groups_count_failures_of_one_kind(run: Run) -> None:
    """The most frequent first, with one to look at."""
    found = [json.loads(line) for line in run("list", "--group", "--json").stdout.splitlines()]
    assert found[0] == {
        "cause": "invalid",
        "api": "shop",
        "operation": "createOrder",
        "pointer": "#/body/qty",
        "rule": "minimum",
        "message": None,
        "count": 2,
        "example": "zero",
    }
    assert [one["count"] for one in found] == [2, 1, 1]
    assert run("list", "--group").stdout.splitlines()[1].split()[:2] == ["2", "invalid"]


def test_nothing_found_is_said(run: Run) -> None:
    """On stderr; stdout stays empty."""
    result = run("list", "--api", "other")
    assert (result.stdout, result.stderr) == ("", "no failures\n")


def test_one_failure_is_shown_with_all_that_is_known(run: Run) -> None:
    """Attempts with what the API answered, and the job; control characters written out."""
    lines = run("show", "sold").stdout.splitlines()
    assert lines[0].startswith("orders.jsonl:3 sold: rejected: the API refused it")
    assert "shop/createOrder: parked since" in lines[2]
    assert lines[3] == "attempt 1 at 2026-01-01T00:00:00.000Z: 422 after 41.2 ms"
    assert lines[4] == r"    no \x1b[31mway"
    assert json.loads("\n".join(lines[5:]))["body"] == GOOD
    assert "(send 1 or more)" in run("show", "zero").stdout
    assert "never became a job" in run("show", "row-1").stdout
    assert json.loads(run("show", "sold", "--json").stdout)["attempts"][0]["status"] == 422


def test_an_unknown_failure_is_a_usage_error(run: Run) -> None:
    """The delivered job is no failure either."""
    result = run("show", "fine")
    assert isinstance(result.exception, UsageError)
    assert "'fine'" in str(result.exception)


def test_an_export_has_a_record_a_line(run: Run, tmp_path: Path) -> None:
    """To stdout, or to a file that appears when it is whole."""
    assert ids(run("export", "--cause", "invalid")) == ["zero", "minus"]
    file = tmp_path / "failures.jsonl"
    assert run("export", "--output", str(file)).stdout == ""
    assert len(file.read_text().splitlines()) == 4
    assert not list(tmp_path.glob(".*part"))


def test_a_replay_mends_checks_and_queues(run: Run, tmp_path: Path) -> None:
    """The one that is still bad stays, and makes the exit code 1."""
    result = run("replay", "--cause", "invalid", "--set", "body.qty=3", "--json")
    assert json.loads(result.stdout) == {"selected": 2, "changed": 2, "replayed": 1, "still_bad": 1, "rows": 0}
    assert result.exit_code == 1
    assert "minus: #/body/currency" in result.stderr
    assert "1 jobs are back on the queue" in result.stderr
    assert ids(run("list", "--json", "--cause", "invalid")) == ["minus"]

    async def ready() -> list[Any]:
        store = await SqliteStore.open(tmp_path / "q.db", SystemClock())
        leases = await store.queue.lease([Want(LANE, 9)], 60)
        await store.close()
        return [(lease.payload["id"], lease.payload["body"]["qty"]) for lease in leases]

    assert run_async(ready) == [("zero", 3)]


def test_a_replay_of_all_that_can_be_sent_ends_with_0(run: Run) -> None:
    """Several edits at once; a failure of another cause goes as it is."""
    edits = ["--set", "body.qty=3", "--set", "body.currency=EUR", "--unset", "body.tags"]
    assert run("replay", "--id", "minus", *edits).exit_code == 0
    assert run("replay", "--cause", "rejected").exit_code == 0


def test_rows_that_never_became_jobs_cannot_be_replayed(run: Run) -> None:
    """With the remedy."""
    result = run("replay", "--cause", "malformed", "--json")
    assert json.loads(result.stdout) == {"selected": 1, "changed": 0, "replayed": 0, "still_bad": 0, "rows": 1}
    assert "correct their file and submit it again" in result.stderr
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--yes"], "--all"),
        (["--all", "--cause", "invalid", "--yes"], "no filters"),
        (["--cause", "invalid"], "--yes"),
    ],
)
def test_discarding_has_to_be_meant(run: Run, arguments: list[str], said: str) -> None:
    """Not all by accident, and not without somebody's word."""
    result = run("discard", *arguments)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert len(ids(run("list", "--json"))) == 4


def test_discarding_forgets_what_was_chosen(run: Run) -> None:
    """Rows too; then all that is left."""
    result = run("discard", "--cause", "invalid", "--cause", "malformed", "--yes")
    assert "3 failures are forgotten" in result.stderr
    assert ids(run("list", "--json")) == ["sold"]
    assert "1 failures are forgotten" in run("discard", "--all", "--yes").stderr


def on_terminal(config: Path, *arguments: str, answer: str = "") -> tuple[int, str]:
    """Run the command on a terminal of its own; its exit code, and all that was shown."""
    terminal, inside = pty.openpty()
    shell = [sys.executable, "-m", "worker", "--config", str(config), "failures", *arguments]
    with subprocess.Popen(
        shell, stdin=inside, stdout=inside, stderr=inside, env={**os.environ, "COLUMNS": "200"}
    ) as ran:
        os.close(inside)
        os.write(terminal, answer.encode())
        shown = b""
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # Linux says EIO when the other side has gone
            pass
    os.close(terminal)
    return ran.returncode, shown.decode()


def test_on_a_terminal_somebody_is_asked(config: Path, run: Run) -> None:
    """No means that nothing happens."""
    code, shown = on_terminal(config, "replay", "--cause", "rejected", answer="n\n")
    assert "Queue 1 jobs?" in shown
    assert "nothing was queued" in shown
    assert code == 1
    code, shown = on_terminal(config, "discard", "--all", answer="n\n")
    assert ("Forget 4 failures for good?" in shown, code) == (True, 130)
    assert len(ids(run("list", "--json"))) == 4


def test_yes_on_a_terminal_goes_on(config: Path, run: Run) -> None:
    """What was announced is done."""
    code, shown = on_terminal(config, "replay", "--cause", "rejected", answer="y\n")
    assert "1 jobs are back on the queue" in shown
    assert code == 0
    assert on_terminal(config, "discard", "--all", answer="y\n")[0] == 0
    assert ids(run("list", "--json")) == []


def test_a_terminal_gets_a_table(config: Path) -> None:
    """Rich's, with every cell as it is."""
    code, shown = on_terminal(config, "list")
    assert "──" in shown
    assert "send 1 or more" in shown
    assert code == 0
