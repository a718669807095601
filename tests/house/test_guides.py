"""Guides that cannot lie: every command in ``docs/`` prints what it is said to print."""

from pathlib import Path

import pytest

from tests.house.guides import POSTGRES, VALKEY, run

_GUIDES = sorted((Path(__file__).parents[2] / "docs").glob("*.md"))


def test_there_are_guides() -> None:
    """The test below has something to hold."""
    assert _GUIDES


@pytest.mark.parametrize("guide", _GUIDES, ids=lambda path: path.stem)
def test_every_command_prints_what_the_guide_shows(guide: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """In the order of the guide, with its own files, and empty stores on servers where it uses them."""
    text = guide.read_text("utf-8")
    stores = {POSTGRES: "own_postgres", VALKEY: "own_valkey"}
    servers = {name: request.getfixturevalue(store)(durable=True).url for name, store in stores.items() if name in text}
    shown = list(run(text, tmp_path, servers))
    assert shown
    wrong = [f"{guide.name}:{one.line}: {one.command}\n{one.printed}" for one in shown if not one.holds]
    assert not wrong, "\n".join(wrong)
