"""``preflight check``: what a person reads, what a program reads."""

import json
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


def test_good_files_are_one_line(shell: "Shell", orders: Orders) -> None:
    """Several files are one check."""
    shell.write("a.jsonl", orders(10))
    shell.write("b.jsonl", orders(5))
    told = shell("check", "a.jsonl", "b.jsonl")
    assert (told.code, told.out) == (0, "")
    assert told.err.startswith("15 rows: 15 valid, none bad in ")


def test_a_bad_row_is_its_place_its_cause_and_a_line_for_each_fault(shell: "Shell", orders: Orders) -> None:
    """Pointer, what is wrong, and what to do about it."""
    shell.write("a.jsonl", orders(1, qty=0, currency="eur"))
    told = shell("check", "a.jsonl")
    first, *faults = told.out.splitlines()
    assert first == "a.jsonl:1 o0: invalid: 2 values are not allowed"
    assert {line.partition(":")[0].strip() for line in faults} == {"#/body/currency", "#/body/qty"}
    assert all("(" in line for line in faults)


def test_a_person_sees_twenty_bad_rows_unless_they_ask_for_all(shell: "Shell", orders: Orders) -> None:
    """The number of the others is told; a program gets all of them."""
    shell.write("a.jsonl", orders(30, qty=0))
    some, every, records = (shell("check", "a.jsonl", *more) for more in ([], ["--all"], ["--json"]))
    assert some.out.count("a.jsonl:") == 20
    assert "... and 10 more bad rows; --all shows them" in some.out
    assert every.out.count("a.jsonl:") == 30
    assert len(records.lines) == 31
    assert {record["source"]["line"] for record in records.lines[:-1]} == set(range(1, 31))


def test_many_bad_rows_end_in_what_is_wrong_with_all_of_them(shell: "Shell", orders: Orders) -> None:
    """By kind of fault: how many rows, and the first three; with twenty bad rows or fewer there is nothing to add."""
    shell.write("a.jsonl", [*orders(25, qty=0), *orders(2, 25, qty="1"), *orders(1, 27, email="x")])
    many, few = shell("check", "a.jsonl"), shell("check", shell.write("b.jsonl", orders(20, qty=0)))
    *_, heading, columns, first, second, third = many.out.splitlines()
    assert heading == "all 28 by kind of fault:"
    assert columns.split() == ["rows", "operation", "where", "rule", "lines", "for", "example"]
    assert first.split()[:7] == ["25", "createOrder", "#/body/qty", "minimum", "1,", "2,", "3"]
    assert first.endswith("0 is less than 1 (send 1 or more)")
    assert second.split()[:6] == ["2", "createOrder", "#/body/qty", "type", "26,", "27"]
    assert third.split()[:5] == ["1", "createOrder", "#/body/email", "format", "28"]
    assert "kind of fault" not in few.out


def test_a_person_may_ask_for_the_kinds_alone(shell: "Shell", orders: Orders) -> None:
    """However few bad rows there are, and all kinds of them."""
    shell.write("a.jsonl", [{**job, "params": {"shop": "ulm", f"x{n}": 1}} for n, job in enumerate(orders(30))])
    alone, every = shell("check", "a.jsonl", "--group"), shell("check", "a.jsonl")
    assert len(alone.out.splitlines()) == 31
    assert "a.jsonl:" not in alone.out
    assert "... and 10 more kinds; --group shows them" in every.out
    assert (alone.code, shell("check", "a.jsonl", "--group", "--json").code) == (1, 2)


def test_a_row_with_many_faults_is_not_a_page(shell: "Shell", orders: Orders) -> None:
    """Unless all are asked for; then the last line says that even those are not all."""
    shell.write("a.jsonl", orders(1, tags=[None] * 5000))
    some, every = shell("check", "a.jsonl"), shell("check", "a.jsonl", "--all")
    assert len(some.out.splitlines()) == 22
    assert some.out.splitlines()[-1].strip() == "... and 981 more faults in this row; --all shows them"
    assert every.out.splitlines()[-1].strip().startswith("#: there are more than these 1,000 faults")


def test_what_a_row_says_cannot_steer_a_terminal(shell: "Shell", orders: Orders) -> None:
    """Neither a value nor a name, which is part of the pointer."""
    shell.write("a.jsonl", orders(1, **{"currency": "\x1b[31m", "\x1b[2J\u202e": 1}))
    told = shell("check", "a.jsonl")
    assert "\\x1b[2J\\u202e" in told.out
    assert told.out.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--api", "shopp"], "--api shopp: the config has no such API; it has shop"),
        (["--operation", "createOrdr"], "--operation createOrdr: shop has none; did you mean 'createOrder'"),
        (["--map", "amount"], "--map amount: write COLUMN=PLACE"),
        (["--map", "amount=bdoy.qty"], "'bdoy.qty' is no place in a job"),
    ],
)
def test_an_option_that_names_nothing_is_a_mistake(
    shell: "Shell", orders: Orders, options: list[str], words: str
) -> None:
    """Exit code 2, with what there is."""
    shell.write("a.jsonl", orders(1))
    told = shell("check", "a.jsonl", *options)
    assert told.code == 2
    assert words in told.err


def test_the_format_can_be_named_where_the_file_does_not_tell(shell: "Shell") -> None:
    """A table that comes through a pipe."""
    table = b"shop,sku,qty,currency,email\nulm,BIKE-1,1,EUR,a@b.de\n"
    told = shell("check", "-", "--format", "csv", "--operation", "createOrder", stdin=table)
    assert told.code == 0, told.err + told.out


def test_a_table_without_a_usable_header_is_a_mistake(shell: "Shell") -> None:
    """It is named with its line."""
    shell.write("a.csv", "id,,id\n1,2,3\n")
    told = shell("check", "a.csv")
    assert told.code == 2
    assert "a.csv: line 1 must name every column" in told.err


def test_what_is_deprecated_is_noted_and_no_fault(shell: "Shell") -> None:
    """It works still: how many rows use it, by operation and parameter."""
    query = {"name": "q", "in": "query", "deprecated": True, "schema": {"type": "string"}}
    paths = {"/a": {"get": {"operationId": "old", "deprecated": True}}}
    paths["/b"] = {"get": {"operationId": "new", "parameters": [query]}}
    shell.write("api.json", json.dumps({"openapi": "3.1.0", "paths": paths}))
    shell.configure("http://127.0.0.1:9", contract="api.json")
    shell.write("a.jsonl", [{"operation": "old"}, {"operation": "new"}, {"operation": "new", "params": {"q": "x"}}])
    told = shell("check", "a.jsonl")
    assert (told.code, told.out) == (0, "")
    assert told.err.splitlines()[1:] == [
        "note: parameter 'q' of shop/new is deprecated (1 row)",
        "note: operation shop/old is deprecated (1 row)",
    ]
