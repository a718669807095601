import json
from pathlib import Path

import pytest

from tests.unit.cli.failures.shown import Run, ids, on_terminal
from worker.errors import UsageError


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
        (["--until", "2999-01-01T00:00:00Z"], ["zero", "minus", "sold", "row-1"]),
        (["--until", "1h"], []),
        (["--meta", "is=sold"], ["sold"]),
        (["--meta", "is=sold", "--meta", "is=zero"], []),
        (["--group", "e6b4a1f0"], []),
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
        "group": found[0]["group"],
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
    assert run("list", "--group").stdout.splitlines()[1].split()[:3] == [found[0]["group"], "2", "invalid"]


def test_the_id_of_a_group_chooses_its_failures(run: Run) -> None:
    """As it was printed, beside other filters too."""
    group = run("list", "--group").stdout.splitlines()[1].split()[0]

    assert ids(run("list", "--group", group, "--json")) == ["zero", "minus"]
    assert ids(run("list", "--group", group, "--meta", "is=minus", "--json")) == ["minus"]
    assert ids(run("export", "--group", group)) == ["zero", "minus"]
    assert len(run("list", "--group", "--cause", "invalid").stdout.splitlines()) == 2


def test_a_time_that_ends_before_it_begins_is_refused(run: Run) -> None:
    """Instead of finding nothing."""
    result = run("list", "--since", "1h", "--until", "2h")
    assert isinstance(result.exception, UsageError)
    assert "there is nothing between them" in str(result.exception)


def test_nothing_found_is_said(run: Run) -> None:
    """On stderr; stdout stays empty."""
    result = run("list", "--api", "other")
    assert (result.stdout, result.stderr) == ("", "no failures\n")


def test_a_terminal_gets_a_table(config: Path) -> None:
    """Rich's, with every cell as it is."""
    code, shown = on_terminal(config, "list")
    assert "──" in shown
    assert "send 1 or more" in shown
    assert code == 0


def test_a_narrow_terminal_gets_two_lines_for_each(config: Path) -> None:
    """As ``check`` prints rows: what and where, and then what is wrong and what to do."""
    code, shown = on_terminal(config, "list", columns=100)
    lines = shown.replace("\r\n", "\n").splitlines()
    assert lines[0] == "orders.jsonl:3 zero: invalid: 1 value is not allowed"
    assert lines[1] == "    #/body/qty: 0 is less than 1 (send 1 or more)"
    assert "    sold out" in lines
    assert code == 0
