"""Files, settings and stores that cannot be used: one line with culprit and remedy, and nothing lost."""

import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Ending, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

#: Runs a command that may not write more than 400,000 bytes to any one file, as on a disk that is nearly full.
_NEARLY_FULL: Final = (
    sys.executable,
    "-c",
    (
        "import os, resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
        "os.execv(sys.argv[1], sys.argv[1:])"
    ),
)


def complaint(ending: "Ending") -> str:
    """The only line on standard error, which is the error."""
    assert ending.out == ""
    (line,) = ending.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("command", ["check", "submit"])
def test_a_missing_file_is_named(shell: "Shell", open_shop: OpenShop, command: str) -> None:
    """Exit code 2, and no queue is made for it."""
    open_shop()
    ended = shell(command, "orderz.jsonl")
    assert ended.code == 2
    assert complaint(ended) == "error: orderz.jsonl: cannot be opened (No such file or directory); check the path"
    assert not (shell.folder / "queue.db").exists()


def test_a_damaged_gzip_file_is_named_and_its_good_part_is_kept(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Cut short in the middle: exit code 2; the whole file adds the rest."""
    open_shop()
    whole = gzip.compress(b"".join(json.dumps(job).encode() + b"\n" for job in orders(20_000)))
    shell.write("orders.jsonl.gz", whole[: len(whole) // 2])
    ended = shell("submit", "orders.jsonl.gz")
    kept = shell.states["ready"]
    shell.write("orders.jsonl.gz", whole)
    again = shell("submit", "orders.jsonl.gz", "--json")
    assert ended.code == 2
    assert "orders.jsonl.gz: the gzip file is damaged or cut short" in complaint(ended)
    assert 0 < kept < 20_000
    assert (again.json["accepted"], again.json["duplicates"]) == (20_000 - kept, kept)


@pytest.mark.parametrize("command", [("check", "o.jsonl"), ("submit", "o.jsonl"), ("run", "--until-empty")])
def test_a_typo_in_the_config_is_found_before_anything_happens(
    shell: "Shell", open_shop: OpenShop, orders: Orders, command: tuple[str, ...]
) -> None:
    """File, key and the key that was meant; exit code 2."""
    shop = open_shop(api="concurency = 4")
    shell.write("o.jsonl", orders(1))
    ended = shell(*command)
    assert ended.code == 2
    line = complaint(ended)
    assert "preflight.toml: apis.shop.concurency" in line
    assert 'did you mean "concurrency"?' in line
    assert shop.requests == 0


def test_an_unset_variable_is_named(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """File, key, variable and remedy; exit code 2."""
    open_shop()
    shell.write("o.jsonl", orders(1))
    del shell.environ["SHOP_TOKEN"]
    ended = shell("run", "--until-empty")
    assert ended.code == 2
    assert "preflight.toml: apis.shop.auth.token" in complaint(ended)
    assert "export SHOP_TOKEN=" in ended.err


def test_a_config_that_is_not_there_is_one_line(shell: "Shell") -> None:
    """What a person meets who has just installed it."""
    ended = shell("run")
    assert ended.code == 2
    assert complaint(ended).startswith("error: preflight.toml: there is no such file")


def test_a_contract_that_is_not_there_is_one_line(shell: "Shell") -> None:
    """It is a key of the config whose file is missing."""
    shell.configure("http://127.0.0.1:9", contract="shop.yaml")
    ended = shell("run")
    assert ended.code == 2
    assert "preflight.toml: apis.shop.contract" in complaint(ended)


@pytest.mark.parametrize("command", [("submit", "o.jsonl"), ("run", "--until-empty")])
@pytest.mark.parametrize("content", [b"Dear diary, today nothing happened. " * 20, b"SQLite format 3\0 cut off"])
def test_a_file_that_is_no_database_is_left_alone(
    shell: "Shell", open_shop: OpenShop, orders: Orders, command: tuple[str, ...], content: bytes
) -> None:
    """Exit code 3, its name, the remedy; not a byte of it changes."""
    open_shop()
    shell.write("o.jsonl", orders(1))
    shell.write("queue.db", content)
    ended = shell(*command)
    assert ended.code == 3
    assert "queue.db is not a database: name another file in queue.url" in complaint(ended)
    assert (shell.folder / "queue.db").read_bytes() == content


def test_a_full_disk_ends_submit_and_keeps_what_was_accepted(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Exit code 3 with the remedy; once there is room, the same command adds exactly the rest."""
    open_shop()
    shell.write("orders.jsonl", orders(5000))
    full = shell("submit", "orders.jsonl", wrapper=_NEARLY_FULL)
    kept = shell.states.get("ready", 0)
    again = shell("submit", "orders.jsonl", "--json")
    assert full.code == 3
    assert "no room left for" in complaint(full)
    assert "queue.db: free space on its disk" in full.err
    assert kept < 5000
    assert (again.code, again.json["accepted"], again.json["duplicates"]) == (0, 5000 - kept, kept)
    assert shell.states == {"ready": 5000}


def test_a_full_disk_ends_run_and_the_next_run_delivers_all(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """What was sent and could not be recorded is sent again with its key, so nothing happens twice."""
    behaviour = Behaviour(idempotency_header="Idempotency-Key")
    shop = open_shop(behaviour, before='[worker]\nlease = "2s"\n', api='timeout = "1s"\nconnect_timeout = "500ms"')
    shell.write("orders.jsonl", orders(1500))
    shell("submit", "orders.jsonl")
    shell.environ["PREFLIGHT_QUEUE_PATIENCE"] = "1s"
    full = shell("run", "--until-empty", wrapper=_NEARLY_FULL)
    again = shell("run", "--until-empty", "--json")
    assert full.code == 3
    assert "no room left for" in full.err
    assert again.code == 0
    assert shell.states == {"delivered": 1500}
    assert shop.statuses == {201: 1500}


def test_two_workers_on_one_file_deliver_every_job_once(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """They share the queue: neither takes what the other has, and together they deliver all."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.005),)))
    shell.write("orders.jsonl", orders(1500))
    shell("submit", "orders.jsonl")
    with shell.start("run", "--until-empty", "--json") as one, shell.start("run", "--until-empty", "--json") as two:
        outs = [json.loads(worker.communicate(timeout=60)[0]) for worker in (one, two)]
    assert [one.returncode, two.returncode] == [0, 0]
    assert all(out["delivered"] > 0 for out in outs)
    assert sum(out["delivered"] for out in outs) == 1500
    assert set(Counter(record["body_sha256"] for record in shop.records).values()) == {15}
    assert shop.statuses == {201: 1500}
    assert shell.states == {"delivered": 1500}


def test_a_worker_and_a_submit_share_the_file(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """As a service does: jobs come in while others are sent."""
    shop = open_shop()
    shell.write("first.jsonl", orders(500))
    shell.write("second.jsonl", orders(3000, start=500))
    shell("submit", "first.jsonl")
    with shell.start("run", "--until-empty", "--json") as working:
        submitted = shell("submit", "second.jsonl", "--json")
        working.communicate(timeout=60)
    rest = shell("run", "--until-empty", "--json")
    assert submitted.json["accepted"] == 3000
    assert (working.returncode, rest.code) == (0, 0)
    assert shop.statuses == {201: 3500}
