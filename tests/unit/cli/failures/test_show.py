import json

from tests.unit.cli.failures.shown import Run
from worker.errors import UsageError

GOOD = {"sku": "BIKE-1", "qty": 1, "currency": "EUR", "email": "ada@example.com"}


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
