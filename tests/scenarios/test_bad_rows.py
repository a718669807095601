"""Rows that are no jobs: each is refused with its place and a remedy, and the good rows around it run."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

_PLACE = b'"operation": "createOrder", "params": {"shop": "ulm"}'
_BODY = b'"sku": "BIKE-100", "currency": "EUR", "email": "ada@example.com"'
_DEEP = b"[" * 10_000 + b"]" * 10_000

_CASES = {
    "broken JSON": (b'{"id": "bad", ' + _PLACE + b', "body": {"qty": 1, ' + _BODY, "malformed", "broken JSON at col"),
    "not JSON at all": (b"sku;qty;email", "malformed", "broken JSON at column 1"),
    "no object": (b'["createOrder"]', "malformed", "object"),
    "50 MB": (b'{"id": "' + b"x" * 50_000_000 + b'"}', "malformed", "the line is longer than 8 MiB"),
    "an unknown field": (b'{"id": "bad", "bdoy": {}, ' + _PLACE + b"}", "malformed", "bdoy"),
    "an unknown API": (b'{"id": "bad", "api": "shopp", ' + _PLACE + b"}", "invalid", "shopp"),
    "an unknown operation": (b'{"id": "bad", "operation": "createOrdr"}', "invalid", "createOrder"),
    "NaN": (b'{"id": "bad", ' + _PLACE + b', "body": {"qty": NaN, ' + _BODY + b"}}", "malformed", "no NaN"),
    "10,000 deep": (b'{"id": "bad", ' + _PLACE + b', "meta": ' + _DEEP + b"}", "malformed", "nested too deeply"),
    "1,000 deep": (b'{"id": "bad", ' + _PLACE + b', "meta": ' + _DEEP[9000:11_000] + b"}", "malformed", "nested too"),
    "no UTF-8": (b'{"id": "bad\xff", ' + _PLACE + b"}", "malformed", "not UTF-8: byte 0xff at column 12"),
    "half a character": (b'{"id": "bad", "meta": "\\ud800", ' + _PLACE + b"}", "malformed", "surrogate"),
    "a date without offset": (b'{"id": "bad", "not_before": "2026-01-01", ' + _PLACE + b"}", None, "offset"),
    "a header that frames": (b'{"id": "bad", "headers": {"Content-Length": "1"}, ' + _PLACE + b"}", None, "Content-L"),
}  # fmt: skip


@pytest.mark.parametrize("name", _CASES)
def test_one_bad_row_is_one_failure_and_the_others_run(
    shell: "Shell", open_shop: OpenShop, orders: Orders, name: str
) -> None:
    """On line 17 of 31: check tells of it, submit or run keeps it as a failure, the 30 others are delivered."""
    line, cause, words = _CASES[name]
    shop = open_shop()
    lines = [json.dumps(job).encode() for job in orders(30)]
    shell.write("orders.jsonl", b"\n".join([*lines[:16], line, *lines[16:]]) + b"\n")
    checked = shell("check", "orders.jsonl")
    shell("submit", "orders.jsonl", "--json")
    ran = shell("run", "--until-empty", "--json")
    (failure,) = shell.failures
    assert checked.code == 1
    assert "orders.jsonl:17" in checked.out
    assert words in checked.out
    assert "31 rows: 30 valid, 1 bad" in checked.err
    assert failure["source"] == {"file": "orders.jsonl", "line": 17}
    assert cause is None or failure["cause"] == cause
    assert words in json.dumps(failure["problem"])
    assert ran.json["delivered"] == 30
    assert shop.statuses == {201: 30}


def test_a_byte_order_mark_and_empty_lines_harm_nobody(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """What an editor on Windows leaves behind; line numbers count the empty lines."""
    shop = open_shop()
    lines = [json.dumps(job) for job in orders(3)]
    shell.write("orders.jsonl", "\ufeff" + "\r\n\r\n  \r\n".join([*lines, '{"id": "bad"}']) + "\r\n\r\n")
    submitted = shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert submitted.code == 1
    assert "orders.jsonl:10" in submitted.err
    assert ran.json["delivered"] == 3
    assert shop.statuses == {201: 3}


def test_a_taken_id_with_other_content_is_refused_and_the_first_one_runs(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """In one file and across files; the same content under the same id is a duplicate and no mistake."""
    shop = open_shop()
    shell.write("orders.jsonl", [*orders(5), *orders(1, 2, qty=99), *orders(1, 3)])
    shell.write("more.jsonl", orders(1, 4, note="other"))
    first = shell("submit", "orders.jsonl", "--json")
    second = shell("submit", "more.jsonl")
    shell("run", "--until-empty")
    assert first.code == second.code == 1
    assert first.json.items() >= {"rows": 7, "accepted": 5, "duplicates": 1, "bad": 1}.items()
    assert "more.jsonl:1" in second.err
    assert "the id 'o4' is taken by a job with other content" in second.err
    assert {one["source"]["line"] for one in shell.failures} == {6, 1}
    assert {record["body"]["qty"] for record in shop.records} == {1, 2, 3, 4, 5}
    assert shell.states == {"delivered": 5}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("c,ulm,BIKE-100,1,EUR,ada@example.com,surplus", "7 columns, but the header has 6"),
        ("c,ulm,BIKE-100,1", "4 columns, but the header has 6"),
        ('c,ulm,"BIKE"-100,1,EUR,ada@example.com', "broken CSV"),
        ("c,ulm,BIKE-100,many,EUR,ada@example.com", "#/body/qty"),
        ("c,ulm,BIKE-100,,EUR,ada@example.com", "#/body/qty"),
        ("c,ulm,BIKE-100,1,\udcff,ada@example.com", "not UTF-8"),
    ],
)
def test_one_bad_record_of_a_table_is_one_failure_and_the_others_run(
    shell: "Shell", open_shop: OpenShop, row: str, words: str
) -> None:
    """On line 3 of 4."""
    shop = open_shop()
    table = f"id,shop,sku,qty,currency,email\na,ulm,BIKE-1,1,EUR,a@b.de\n{row}\nb,ulm,BIKE-2,2,EUR,a@b.de\n"
    shell.write("orders.csv", table.encode(errors="surrogateescape"))
    submitted = shell("submit", "orders.csv", "--operation", "createOrder", "--check")
    ran = shell("run", "--until-empty", "--json")
    assert submitted.code == 1
    assert "orders.csv:3" in submitted.err
    assert words in submitted.err
    assert ran.json["delivered"] == 2
    assert shop.statuses == {201: 2}


def test_a_bad_row_that_is_mended_in_the_file_is_a_good_row(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Submit says which line, the person corrects it, the same command adds just that one."""
    open_shop()
    jobs = orders(3)
    jobs[1]["bdoy"] = jobs[1].pop("body")
    shell.write("orders.jsonl", jobs)
    assert shell("submit", "orders.jsonl", "--json").json["accepted"] == 2
    shell.write("orders.jsonl", orders(3))
    again = shell("submit", "orders.jsonl", "--json")
    assert again.code == 0
    assert (again.json["accepted"], again.json["duplicates"]) == (1, 2)
    assert shell("run", "--until-empty", "--json").json["delivered"] == 3
