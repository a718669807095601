import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.failures.shown import Run, ids

Ready = Callable[[], list[Any]]


@pytest.fixture
def export(run: Run) -> list[Any]:
    """What ``failures export`` wrote, decoded."""
    return [json.loads(line) for line in run("export").stdout.splitlines()]


def write(path: Path, records: list[Any]) -> str:
    """A file of these records; its name."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_an_edited_export_is_queued_as_it_stands(run: Run, ready: Ready, export: list[Any], tmp_path: Path) -> None:
    """Line by line; what was left out of the file stays a failure."""
    zero, _, sold, _ = export
    zero["job"]["body"]["qty"] = 4

    result = run("import", write(tmp_path / "bad.jsonl", [zero, sold]), "--yes", "--json")

    assert json.loads(result.stdout) == {
        "selected": 2, "changed": 1, "replayed": 2, "still_bad": 0, "rows": 0, "unknown": 0,
    }  # fmt: skip
    assert result.exit_code == 0
    assert "2 selected: 1 change, 2 can be sent now" in result.stderr
    assert [(id_, body["qty"]) for id_, body in ready()] == [("zero", 4), ("sold", 1)]
    assert ids(run("list", "--json")) == ["minus", "row-1"]


def test_every_bad_line_is_explained_and_the_good_are_queued(run: Run, export: list[Any], tmp_path: Path) -> None:
    """With its number; the exit code is 1."""
    zero, minus, sold, row = export
    file = write(tmp_path / "bad.jsonl", [zero, minus, {"id": "nobody", "job": {}}, row, sold])

    result = run("import", file)

    told = [line for line in result.stderr.splitlines() if line.startswith(file)]
    assert [line.split(": ")[0] for line in told] == [f"{file}:{line}" for line in (3, 4, 1, 2)]
    assert "#/body/qty: 0 is less than 1" in told[2]
    assert result.exit_code == 1
    assert ids(run("list", "--json")) == ["zero", "minus", "row-1"]


def test_an_import_can_be_spread(run: Run, ready: Ready, export: list[Any], tmp_path: Path) -> None:
    """As a replay can."""
    assert run("import", write(tmp_path / "bad.jsonl", [export[2]]), "--rate", "1/h").exit_code == 0
    assert ready() == []
