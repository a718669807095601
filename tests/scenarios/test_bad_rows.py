"""Rows that are no jobs: each is refused with its place and a remedy, and the good rows around it run."""

import json
import re
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING, Any

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

_RECORDS = {
    "c1,ulm,BIKE-100,1,EUR,ada@example.com,surplus": "7 columns, but the header has 6",
    "c2,ulm,BIKE-100,1": "4 columns, but the header has 6",
    'c3,ulm,"BIKE"-100,1,EUR,ada@example.com': "broken CSV",
    "c4,ulm,BIKE-100,many,EUR,ada@example.com": "#/body/qty",
    "c5,ulm,BIKE-100,,EUR,ada@example.com": "#/body/qty",
    "c6,ulm,BIKE-100,1,\udcff,ada@example.com": "not UTF-8",
}


def test_each_bad_row_is_one_failure_and_the_others_run(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """On every third line: check tells of each, submit or run keeps it as a failure, all others are delivered."""
    shop = open_shop()
    good = [json.dumps(job).encode() for job in orders(2 * len(_CASES))]
    bad = [line.replace(b'"bad', b'"b%02d' % number) for number, (line, _, _) in enumerate(_CASES.values())]
    shell.write("orders.jsonl", b"\n".join(chain.from_iterable(zip(good[::2], good[1::2], bad, strict=True))) + b"\n")
    checked = shell("check", "orders.jsonl")
    shell("submit", "orders.jsonl", "--json")
    ran = shell("run", "--until-empty", "--json")
    told = dict(re.findall(r"^orders\.jsonl:(\d+)\b(.*\n.*)", checked.out, re.MULTILINE))
    failures = {failure["source"]["line"]: failure for failure in shell.failures}
    assert checked.code == 1
    assert f"{3 * len(_CASES)} rows: {2 * len(_CASES)} valid, {len(_CASES)} bad" in checked.err
    assert len(told) == len(failures) == len(shell.failures) == len(_CASES)
    for place, (name, (_, cause, words)) in enumerate(_CASES.items(), 1):
        failure = failures[3 * place]
        assert words in told[str(3 * place)], name
        assert failure["source"] == {"file": "orders.jsonl", "line": 3 * place}, name
        assert cause is None or failure["cause"] == cause, name
        assert words in json.dumps(failure["problem"]), name
    assert ran.json["delivered"] == len(good)
    assert shop.statuses == {201: len(good)}


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


def test_each_bad_record_of_a_table_is_one_failure_and_the_others_run(shell: "Shell", open_shop: OpenShop) -> None:
    """Between two good ones."""
    shop = open_shop()
    good = [f"good-{number},ulm,BIKE-1,{number},EUR,a@b.de" for number in range(1, len(_RECORDS) + 2)]
    table = "\n".join(chain.from_iterable(zip(good, _RECORDS, strict=False)))
    table = f"id,shop,sku,qty,currency,email\n{table}\n{good[-1]}\n"
    shell.write("orders.csv", table.encode(errors="surrogateescape"))
    submitted = shell("submit", "orders.csv", "--operation", "createOrder", "--check")
    ran = shell("run", "--until-empty", "--json")
    told = dict(re.findall(r"^orders\.csv:(\d+)\b(.*\n.*)", submitted.err, re.MULTILINE))
    assert submitted.code == 1
    assert len(told) == len(shell.failures) == len(_RECORDS)
    for place, (record, words) in enumerate(_RECORDS.items(), 1):
        assert words in told[str(2 * place + 1)], ascii(record)
    assert ran.json["delivered"] == len(good)
    assert shop.statuses == {201: len(good)}


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
