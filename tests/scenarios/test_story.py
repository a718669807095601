"""The main story, as a user lives it: submit a file, run, and know what became of every row."""

import gzip
import json
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]
Eventually = Callable[[Callable[[], bool]], None]

_NEVER = {400, 401, 404, 415, 422, 429}
_KEYED = "Idempotency-Key"


def test_every_good_row_is_delivered_and_every_bad_one_is_refused_unsent(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """The counts of submit, of run, of the ledger and of the API are one story."""
    shop = open_shop()
    jobs = orders(300)
    jobs[7]["body"]["qty"] = 0
    del jobs[8]["body"]["email"]
    jobs[9]["params"] = {}
    shell.write("orders.jsonl", jobs)
    submitted = shell("submit", "orders.jsonl", "--json")
    ran = shell("run", "--until-empty", "--json")
    assert submitted.code == 0
    assert submitted.json.items() >= {"rows": 300, "accepted": 300, "duplicates": 0, "bad": 0}.items()
    assert ran.code == 1
    counts = {"delivered": 297, "dead": 3, "parked": 0, "waiting": 0, "attempts": 297, "retried": 0}
    assert ran.json.items() >= counts.items()
    assert ran.json["refused"] == {"invalid": 1, "missing": 2}
    assert shop.statuses == {201: 297}
    assert shell.states == {"delivered": 297, "dead": 3}
    pointers = {one["id"]: one["problem"]["errors"][0]["pointer"] for one in shell.failures}
    assert pointers == {"o7": "#/body/qty", "o8": "#/body/email", "o9": "#/params/shop"}
    assert {one["source"]["line"] for one in shell.failures} == {8, 9, 10}


def test_a_run_in_which_nothing_fails_exits_with_zero(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """And has nothing to say on standard error but its summary."""
    open_shop()
    shell.write("orders.jsonl", orders(20))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty")
    assert ran.code == 0
    assert ran.out == ""
    assert ran.err.startswith("20 delivered, 0 dead, 0 parked, 0 waiting in ")


def test_submitting_twice_adds_nothing(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """With ids and without; before the run and after it."""
    shop = open_shop()
    jobs = orders(50)
    for job in jobs[25:]:
        del job["id"]
    shell.write("orders.jsonl", jobs)
    first = shell("submit", "orders.jsonl", "--json").json
    again = shell("submit", "orders.jsonl", "--json").json
    shell("run", "--until-empty")
    later = shell("submit", "orders.jsonl", "--json").json
    shell("run", "--until-empty")
    assert (first["accepted"], first["duplicates"]) == (50, 0)
    assert (again["accepted"], again["duplicates"]) == (0, 50)
    assert (later["accepted"], later["duplicates"]) == (0, 50)
    assert shop.statuses == {201: 50}


def test_an_interrupted_submit_goes_on_where_it_stopped(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """Ctrl-C in the middle of a file: 130, whole batches are kept, and the same command adds the rest."""
    open_shop()
    shell.write("orders.jsonl", orders(60_000))
    with shell.start("submit", "orders.jsonl") as submitting:
        eventually((shell.folder / "queue.db-wal").exists)
        eventually(lambda: (shell.folder / "queue.db-wal").stat().st_size > 500_000)
        submitting.send_signal(signal.SIGINT)
        _, err = submitting.communicate(timeout=30)
    kept = shell.states["ready"]
    again = shell("submit", "orders.jsonl", "--json")
    assert submitting.returncode == 130
    assert f"interrupted: {kept:,} new rows are accepted, 0 were known; run the same command to go on" in err
    assert 0 < kept < 60_000
    assert again.json.items() >= {"rows": 60_000, "accepted": 60_000 - kept, "duplicates": kept}.items()
    assert shell.states == {"ready": 60_000}


def test_a_table_becomes_jobs_with_the_types_that_the_contract_asks_for(shell: "Shell", open_shop: OpenShop) -> None:
    """CSV with ``--map``: a renamed column, a parameter by its name, one left out, a number that is one."""
    shop = open_shop()
    head = "order,shop,sku,pieces,currency,email,remark\n"
    rows = "".join(f"c{n},ulm,BIKE-100,{n},EUR,ada@example.com,x\n" for n in range(1, 31))
    shell.write("orders.csv", head + rows)
    mapping = ("--map", "order=id", "--map", "pieces=body.qty", "--map", "remark=")
    submitted = shell("submit", "orders.csv", "--operation", "createOrder", "--json", *mapping)
    ran = shell("run", "--until-empty", "--json")
    assert submitted.json["accepted"] == 30
    assert (ran.code, ran.json["delivered"]) == (0, 30)
    assert sorted(record["body"]["qty"] for record in shop.records) == list(range(1, 31))
    assert all("remark" not in record["body"] for record in shop.records)


def test_standard_input_and_gzip_are_files_like_any_other(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Ten rows through a pipe, ten out of a compressed file."""
    shop = open_shop()
    text = b"".join(json.dumps(job).encode() + b"\n" for job in orders(10))
    more = b"".join(json.dumps(job).encode() + b"\n" for job in orders(10, start=10))
    shell.write("orders.jsonl.gz", gzip.compress(more))
    assert shell("submit", "-", "--json", stdin=text).json["accepted"] == 10
    assert shell("submit", "orders.jsonl.gz", "--json").json["accepted"] == 10
    assert shell("check", "-", "--json", stdin=text).json["summary"]["valid"] == 10
    assert shell("run", "--until-empty").code == 0
    assert shop.statuses == {201: 20}


def test_a_retry_carries_the_key_of_the_first_attempt(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """The first attempt of each job fails, some after having been carried out: no order is placed twice."""
    rules = (Rule(ratio=0.5, first=1, status=503), Rule(first=1, drop="after"))
    patient = "[apis.shop.breaker]\nenabled = false"
    shop = open_shop(Behaviour(idempotency_header=_KEYED, faults=rules), after=patient)
    shell.write("orders.jsonl", orders(40))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert (ran.code, ran.json["delivered"]) == (0, 40)
    assert ran.json["retried"] >= 40
    keys: dict[str, set[str]] = {}
    for record in shop.records:
        keys.setdefault(record["body_sha256"], set()).add(record["key"])
    assert shop.requests >= 80
    assert shop.statuses[201] == 40
    assert {len(found) for found in keys.values()} == {1}
    assert len(set().union(*keys.values())) == 40


def test_check_sends_nothing_and_needs_no_queue(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """A record for each bad row with its line, pointer, rule and hint; then the counts by cause."""
    shop = open_shop()
    jobs = orders(100)
    jobs[41]["body"]["qty"] = 500
    shell.write("orders.jsonl", jobs)
    checked = shell("check", "orders.jsonl", "--json")
    record, summary = checked.lines
    assert checked.code == 1
    assert record["source"] == {"file": "orders.jsonl", "line": 42}
    assert (record["id"], record["cause"], record["stage"]) == ("o41", "invalid", "validate")
    fault = record["problem"]["errors"][0]
    assert (fault["pointer"], fault["in"], fault["rule"]) == ("#/body/qty", "body", "maximum")
    assert summary["summary"].items() >= {"rows": 100, "valid": 99, "bad": 1, "causes": {"invalid": 1}}.items()
    assert shop.requests == 0
    assert not (shell.folder / "queue.db").exists()


def test_nothing_that_leaves_is_ever_a_bad_request(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Whatever is in the file, the API sees no 400, 401, 404, 415, 422 or 429."""
    limits = '[[apis.shop.limits]]\nrate = 400\nper = "1s"\n'
    shop = open_shop(Behaviour(), after=limits)
    bad: list[dict[str, Any]] = [
        {"qty": "2"}, {"qty": 1.5}, {"sku": None}, {"email": "no"}, {"currency": "eur"}, {"tags": ["a", "a"]},
        {"delivery": "24.12."}, {"items": [{"sku": "A"}]}, {"more": 1}, {"note": 1},
    ]  # fmt: skip
    jobs = orders(200) + [orders(1, 200 + number, **change)[0] for number, change in enumerate(bad)]
    shell.write("orders.jsonl", jobs)
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert (ran.json["delivered"], ran.json["dead"]) == (200, len(bad))
    assert not shop.statuses.keys() & _NEVER
