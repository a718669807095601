"""``preflight submit``: what it takes, what it says."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Shell

Orders = Callable[..., list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def config(shell: "Shell") -> None:
    """An API that is never asked."""
    shell.configure("http://127.0.0.1:9")


def test_it_says_what_it_did(shell: "Shell", orders: Orders) -> None:
    """To a person on standard error, to a program on standard output."""
    shell.write("a.jsonl", orders(10))
    person, program = shell("submit", "a.jsonl"), shell("submit", "a.jsonl", "--json")
    assert (person.code, person.out) == (0, "")
    assert person.err.startswith("10 rows: 10 accepted, 0 known already, 0 bad in ")
    assert program.err == ""
    assert list(program.json) == ["rows", "accepted", "duplicates", "bad", "seconds"]


def test_rows_are_held_against_the_contract_only_when_asked(shell: "Shell", orders: Orders) -> None:
    """Without --check they are refused when they run; with it they are kept as failures at once."""
    shell.write("a.jsonl", [*orders(2), *orders(1, 2, qty=0)])
    plain = shell("submit", "a.jsonl", "--json")
    shell.write("b.jsonl", [*orders(2, 3), *orders(1, 5, qty=0)])
    checked = shell("submit", "b.jsonl", "--json", "--check")
    assert (plain.code, plain.json["accepted"], plain.json["bad"]) == (0, 3, 0)
    assert (checked.code, checked.json["accepted"], checked.json["bad"]) == (1, 2, 1)
    assert [failure["source"] for failure in shell.failures] == [{"file": "b.jsonl", "line": 3}]


def test_a_person_sees_ten_bad_rows_and_the_ledger_has_all(shell: "Shell") -> None:
    """Twelve rows of nonsense, submitted twice: twelve failures."""
    shell.write("a.jsonl", "nonsense\n" * 12)
    told = shell("submit", "a.jsonl")
    shell("submit", "a.jsonl")
    assert told.code == 1
    assert told.err.count("a.jsonl:") == 10
    assert "... and 2 more; `preflight failures list` shows all" in told.err
    assert len(shell.failures) == 12


def test_an_empty_file_is_no_mistake(shell: "Shell") -> None:
    """Nothing in, nothing on the queue."""
    shell.write("a.jsonl", "")
    told = shell("submit", "a.jsonl", "--json")
    assert (told.code, told.json["rows"]) == (0, 0)
    assert shell.states == {}
