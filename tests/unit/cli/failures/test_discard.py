from pathlib import Path

import pytest

from tests.unit.cli.failures.shown import Run, ids, on_terminal
from worker.errors import UsageError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--yes"], "--all"),
        (["--all", "--cause", "invalid", "--yes"], "no filters"),
        (["--all", "--until", "1h", "--yes"], "no filters"),
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


def test_an_id_that_no_failure_has_is_said(run: Run) -> None:
    """The others are forgotten, and the exit code is 1."""
    result = run("discard", "--id", "zero", "--id", "nobody", "--yes")
    assert "no failure has the id 'nobody'" in result.stderr
    assert result.exit_code == 1
    assert ids(run("list", "--json")) == ["minus", "sold", "row-1"]


def test_an_empty_group_is_no_failure_at_all(run: Run) -> None:
    """As a script writes it whose variable is not set."""
    assert run("discard", "--group", "", "--yes").exit_code == 0
    assert len(ids(run("list", "--json"))) == 4


def test_on_a_terminal_somebody_is_asked(config: Path, run: Run) -> None:
    """No means that nothing happens; yes goes on."""
    code, shown = on_terminal(config, "discard", "--all", answer="n\n")
    assert ("Forget 4 failures for good?" in shown, code) == (True, 130)
    assert len(ids(run("list", "--json"))) == 4
    assert on_terminal(config, "discard", "--all", answer="y\n")[0] == 0
    assert ids(run("list", "--json")) == []
