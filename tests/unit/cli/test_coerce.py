"""``--coerce`` and ``--trim`` of ``check`` and ``submit``: what is changed, and what is told about it."""

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


def test_rows_of_json_are_changed_only_when_asked(shell: "Shell", orders: Orders) -> None:
    """Text is what the row says; with --coerce it is what the contract says."""
    shell.write("a.jsonl", orders(5, qty="2"))
    assert shell("check", "a.jsonl").code == 1
    told = shell("check", "a.jsonl", "--coerce")
    assert (told.code, told.out) == (0, "")
    assert told.err.splitlines()[1:] == [
        "coerced 5 values:",
        "  createOrder #/body/qty: text to integer (5 values, first in lines 1, 2, 3)",
    ]


def test_a_program_is_told_what_was_changed(shell: "Shell", orders: Orders) -> None:
    """In the summary of both commands, only where something was."""
    shell.write("a.jsonl", [*orders(2), *orders(2, 2, qty="2"), *orders(1, 4, qty="two")])
    checked, submitted = (
        shell("check", "a.jsonl", "--coerce", "--json"),
        shell("submit", "a.jsonl", "--coerce", "--json"),
    )
    wanted = [
        {
            "operation": "createOrder",
            "pointer": "#/body/qty",
            "from": "text",
            "to": "integer",
            "count": 2,
            "lines": [3, 4],
        }
    ]
    assert checked.lines[-1]["summary"]["coerced"] == wanted
    assert checked.lines[-1]["summary"]["bad"] == 1
    assert submitted.json["coerced"] == wanted
    shell.write("b.jsonl", orders(2))
    assert "coerced" not in shell("check", "b.jsonl", "--coerce", "--json").lines[-1]["summary"]
    assert "coerced" not in shell("submit", "b.jsonl", "--coerce", "--json").json


def test_what_is_submitted_is_what_was_checked(shell: "Shell", orders: Orders) -> None:
    """The job on the queue has the types; the same rows with types are known already."""
    shell.write("a.jsonl", orders(3, qty="2"))
    shell.write("b.jsonl", orders(3, qty=2))
    first, second = shell("submit", "a.jsonl", "--coerce", "--json"), shell("submit", "b.jsonl", "--json")
    assert (first.json["accepted"], second.json["duplicates"]) == (3, 3)


def test_blanks_are_taken_off_only_with_trim(shell: "Shell", orders: Orders) -> None:
    """Of JSON with --coerce, of a table by itself."""
    shell.write("a.jsonl", orders(1, qty=" 2 ", sku="BIKE-1 "))
    shell.write("a.csv", "shop,sku,qty,currency,email\nulm, BIKE-1, 1 ,EUR,a@b.de\n")
    assert shell("check", "a.jsonl", "--coerce").code == 1
    assert shell("check", "a.jsonl", "--coerce", "--trim").code == 0
    assert shell("check", "a.csv", "--operation", "createOrder").code == 1
    assert shell("check", "a.csv", "--operation", "createOrder", "--trim").code == 0
    refused = shell("check", "a.jsonl", "--trim")
    assert (refused.code, "--coerce is given too" in refused.err) == (2, True)


def test_a_column_that_no_file_has_is_a_mistake(shell: "Shell") -> None:
    """Nothing is submitted; the message has the columns that there are."""
    shell.write("a.csv", "shop,sku,qty,currency,email\nulm,BIKE-1,1,EUR,a@b.de\n")
    for command in ("check", "submit"):
        told = shell(command, "a.csv", "--operation", "createOrder", "--map", "amount=body.qty")
        assert told.code == 2
        assert "there is no column 'amount'; known here: shop, sku, qty, currency, email" in told.err
    assert shell.states == {}
