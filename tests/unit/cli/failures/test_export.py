from pathlib import Path

from tests.unit.cli.failures.shown import Run, ids


def test_an_export_has_a_record_a_line(run: Run, tmp_path: Path) -> None:
    """To stdout, or to a file that appears when it is whole."""
    assert ids(run("export", "--cause", "invalid")) == ["zero", "minus"]
    file = tmp_path / "failures.jsonl"
    assert run("export", "--output", str(file)).stdout == ""
    assert len(file.read_text().splitlines()) == 4
    assert not list(tmp_path.glob(".*part"))
