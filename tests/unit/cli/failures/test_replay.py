import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.failures.shown import Run, ids, on_terminal
from worker.errors import UsageError

Ready = Callable[[], list[Any]]


def test_a_replay_mends_checks_and_queues(run: Run, ready: Ready) -> None:
    """The one that is still bad stays, and makes the exit code 1."""
    result = run("replay", "--cause", "invalid", "--set", "body.qty=3", "--json")
    assert json.loads(result.stdout) == {
        "selected": 2,
        "changed": 2,
        "replayed": 1,
        "still_bad": 1,
        "rows": 0,
        "unknown": 0,
    }
    assert result.exit_code == 1
    assert "minus: #/body/currency" in result.stderr
    assert "1 jobs are back on the queue" in result.stderr
    assert ids(run("list", "--json", "--cause", "invalid")) == ["minus"]
    assert [(id_, body["qty"]) for id_, body in ready()] == [("zero", 3)]


def test_a_replay_of_all_that_can_be_sent_ends_with_0(run: Run) -> None:
    """Several edits at once; a failure of another cause goes as it is."""
    edits = ["--set", "body.qty=3", "--set", "body.currency=EUR", "--unset", "body.tags"]
    assert run("replay", "--id", "minus", *edits).exit_code == 0
    assert run("replay", "--cause", "rejected").exit_code == 0


def test_rows_that_never_became_jobs_cannot_be_replayed(run: Run) -> None:
    """With the remedy."""
    result = run("replay", "--cause", "malformed", "--json")
    assert json.loads(result.stdout) == {
        "selected": 1,
        "changed": 0,
        "replayed": 0,
        "still_bad": 0,
        "rows": 1,
        "unknown": 0,
    }
    assert "correct their file and submit it again" in result.stderr
    assert result.exit_code == 1


def test_a_patch_is_made_after_other_edits(run: Run, ready: Ready, tmp_path: Path) -> None:
    """RFC 6902, with pointers that start in the job."""
    patch = tmp_path / "mend.json"
    patch.write_text(
        '[{"op": "test", "path": "/body/qty", "value": 7}, {"op": "replace", "path": "/body/currency", "value": "EUR"}]'
    )
    assert run("replay", "--id", "minus", "--set", "body.qty=7", "--patch", str(patch)).exit_code == 0
    assert [(id_, body["qty"], body["currency"]) for id_, body in ready()] == [("minus", 7, "EUR")]


def test_a_patch_that_is_none_is_refused_before_anything_is_read(run: Run, tmp_path: Path) -> None:
    """With the file's name."""
    patch = tmp_path / "mend.json"
    patch.write_text("{}")
    result = run("replay", "--patch", str(patch))
    assert isinstance(result.exception, UsageError)
    assert "mend.json: a JSON Patch is a list" in str(result.exception)


def test_an_id_that_no_failure_has_is_said(run: Run, ready: Ready) -> None:
    """The others go, and the exit code is 1."""
    result = run("replay", "--id", "sold", "--id", "fine", "--id", "nobody", "--json")
    assert "no failure has the id 'fine'" in result.stderr
    assert "no failure has the id 'nobody'" in result.stderr
    assert (json.loads(result.stdout)["unknown"], result.exit_code) == (2, 1)
    assert [id_ for id_, _ in ready()] == ["sold"]


def test_a_replay_has_a_rate_of_its_own(run: Run, ready: Ready) -> None:
    """Its jobs become ready one after the other."""
    assert run("replay", "--cause", "rejected", "--rate", "2/1h").exit_code == 0
    assert run("replay", "--cause", "invalid", "--set", "body.qty=3", "--rate", "10/s").exit_code == 1
    assert ready() == []


@pytest.mark.parametrize("rate", ["10", "0/s", "s", "-1/s", "ten/s", "10/fortnight", "nan/s", "1/0s"])
def test_a_rate_that_is_none_says_how_to_write_one(run: Run, rate: str) -> None:
    """Before anything is read."""
    result = run("replay", "--rate", rate)
    assert isinstance(result.exception, UsageError)
    assert "10/s" in str(result.exception)


def test_on_a_terminal_somebody_is_asked(config: Path, run: Run) -> None:
    """No means that nothing happens."""
    code, shown = on_terminal(config, "replay", "--cause", "rejected", answer="n\n")
    assert "Queue 1 jobs?" in shown
    assert "nothing was queued" in shown
    assert code == 1
    assert len(ids(run("list", "--json"))) == 4


def test_yes_on_a_terminal_goes_on(config: Path) -> None:
    """What was announced is done."""
    code, shown = on_terminal(config, "replay", "--cause", "rejected", answer="y\n")
    assert "1 jobs are back on the queue" in shown
    assert code == 0
