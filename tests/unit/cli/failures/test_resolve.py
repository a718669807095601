import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.cli.failures.shown import Run, ids
from worker.errors import UsageError


def test_a_parked_job_that_was_delivered_is_a_failure_no_more(run: Run) -> None:
    """On a person's word."""
    result = run("resolve", "sold", "--delivered", "--json")

    assert json.loads(result.stdout) == {"delivered": 1, "retried": 0, "skipped": 0}
    assert (result.stderr, result.exit_code) == ("1 jobs are delivered\n", 0)
    assert ids(run("list", "--json")) == ["zero", "minus", "row-1"]


def test_a_parked_job_that_was_not_delivered_goes_again(run: Run, ready: Callable[[], list[Any]]) -> None:
    """As it was."""
    result = run("resolve", "sold", "--retry", "--json")

    assert json.loads(result.stdout) == {"delivered": 0, "retried": 1, "skipped": 0}
    assert [id_ for id_, _ in ready()] == ["sold"]


@pytest.mark.parametrize("choice", ["--delivered", "--retry"])
def test_only_parked_jobs_are_resolved(run: Run, choice: str) -> None:
    """The others are named with the reason, and the exit code is 1."""
    result = run("resolve", "zero", "row-1", "fine", "sold", choice)

    told = result.stderr.splitlines()
    assert told[0] == "no failure has the id 'fine'"
    assert "zero: it is dead, not parked: replay it, or discard it" in told
    assert "row-1: it never became a job" in told
    assert told[-1].startswith("1 jobs are")
    assert result.exit_code == 1
    assert ids(run("list", "--json")) == ["zero", "minus", "row-1"]


@pytest.mark.parametrize("choices", [[], ["--delivered", "--retry"]])
def test_somebody_has_to_say_which(run: Run, choices: list[str]) -> None:
    """One of the two."""
    assert isinstance(run("resolve", "sold", *choices).exception, UsageError)
