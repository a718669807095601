"""SIGHUP: config and contracts are read again beside the work; what is wrong is refused, and the old ones stay."""

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.servers.valkey import ValkeyServer
from worker import resources
from worker.sandbox import Behaviour
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Heard, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]
Eventually = Callable[[Callable[[], bool]], None]

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no SIGHUP on this system")

_SHOP: Final = resources.path("schemas/demo.openapi.yaml").read_text("utf-8")
_READ: Final = "read again: jobs that wait are held to them"
_REFUSED: Final = "config not read again, the old one stays: "


def hang_up(running: "subprocess.Popen[str]", heard: "Heard") -> str:
    """Have it read its config again; what it says to that."""
    running.send_signal(signal.SIGHUP)
    return heard.line("read again")


def stop(running: "subprocess.Popen[str]") -> dict[str, Any]:
    """Have it end in order; its counts."""
    running.terminate()
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 0
    found: dict[str, Any] = json.loads(out)
    return found


def edit(path: Path, old: str, new: str) -> None:
    """Change what a file says."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_jobs_that_wait_are_held_to_what_the_contract_says_now(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually, processes: str
) -> None:
    """In every process; one that cannot be used is refused on one line, and the old one stays."""
    shop = open_shop(Behaviour())
    contract = shell.folder / shell.write("shop.yaml", _SHOP)
    shell.configure(shop.url, contract="shop.yaml")
    shell.write("orders.jsonl", orders(5))
    shell.write("more.jsonl", orders(60, 10))
    with shell.heard("run", "--processes", processes, "--json") as (running, heard):
        shell("submit", "orders.jsonl")
        eventually(lambda: shop.requests == 5)
        contract.write_text("openapi: 2.0")
        refused = hang_up(running, heard)
        contract.write_text(_SHOP.replace("operationId: createOrder", "operationId: placeOrder"))
        read = hang_up(running, heard)
        shell("submit", "more.jsonl")
        eventually(lambda: shell.states.get("dead") == 60)
        told = stop(running)
    assert refused.startswith(f"{_REFUSED}shop.yaml") or "shop.yaml" in refused
    assert _READ in read
    assert told.items() >= {"delivered": 5, "dead": 60}.items()
    assert shop.requests == 5


def test_a_new_config_holds_as_a_whole_and_the_counts_go_on(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """An API comes, one goes, and a credential is another; the results go on in the same file."""
    shop = open_shop(Behaviour())
    config = shell.folder / "preflight.toml"
    shell.write("old.jsonl", orders(5))
    shell.write("new.jsonl", [{**job, "api": "store"} for job in orders(5, 10)])
    with shell.heard("run", "--json", "--results", "r.jsonl") as (running, heard):
        shell("submit", "old.jsonl")
        eventually(lambda: shop.requests == 5)
        edit(config, "apis.shop", "apis.store")
        edit(config, "${env:SHOP_TOKEN}", "practice-token")
        read = hang_up(running, heard)
        warning = heard.line("warning")
        shell("submit", "new.jsonl")
        eventually(lambda: shop.requests == 10)
        eventually(lambda: shell.states == {"delivered": 10})
        told = stop(running)
    lines = [json.loads(line) for line in (shell.folder / "r.jsonl").read_text().splitlines()]
    assert _READ in read
    assert "apis.store.auth.token stands in the file" in warning
    assert told["delivered"] == 10
    assert {(line["api"], line["outcome"]) for line in lines} == {("shop", "delivered"), ("store", "delivered")}


@pytest.mark.parametrize("processes", ["1", "2"])
def test_what_is_wrong_is_refused_on_one_line_and_the_old_config_stays(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually, processes: str
) -> None:
    """However much is wrong; and what cannot change while it runs is refused by name."""
    shop = open_shop(Behaviour())
    config = shell.folder / "preflight.toml"
    good = config.read_text("utf-8")
    with shell.heard("run", "--processes", processes, "--json") as (running, heard):
        shell.write("a.jsonl", orders(5))
        shell("submit", "a.jsonl")
        eventually(lambda: shop.requests == 5)
        config.write_text(good.replace("concurrency = 8", "concurency = 8\ntimeout = 3"), "utf-8")
        misspelt = hang_up(running, heard)
        config.write_text(good.replace("${env:SHOP_TOKEN}", "${file:nowhere}"), "utf-8")
        without = hang_up(running, heard)
        config.write_text(good.replace("queue.db", "other.db"), "utf-8")
        elsewhere = hang_up(running, heard)
        shell.configure(shop.url)
        shell.write("b.jsonl", orders(5, 5))
        shell("submit", "b.jsonl")
        eventually(lambda: shop.requests == 10)
        told = stop(running)
    assert misspelt.startswith(_REFUSED)
    assert "concurency" in misspelt
    assert "apis.shop.timeout" in misspelt
    assert "nowhere" in without
    assert elsewhere == f"{_REFUSED}{config}: queue.url: read at the start only: restart\n"
    assert told["delivered"] == 10


def test_how_many_processes_there_are_cannot_change_unless_a_flag_says_so(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """A flag wins over the config, also when that is read again."""
    shop = open_shop()
    config = shell.folder / "preflight.toml"
    told = []
    for number, flags in enumerate([("--processes", "1"), ()]):
        shell.configure(shop.url)
        shell.write("a.jsonl", orders(1, number))
        shell("submit", "a.jsonl")
        with shell.heard("run", "--json", *flags) as (running, heard):
            eventually(lambda number=number: shop.requests == number + 1)  # type: ignore[misc]
            edit(config, "[queue]", "[worker]\nprocesses = 4\n[queue]")
            told.append(hang_up(running, heard))
            stop(running)
    assert _READ in told[0]
    assert told[1] == f"{_REFUSED}{config}: worker.processes: read at the start only: restart\n"


def test_requests_in_flight_finish_and_none_is_sent_twice(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """However often it is told to read again, while a hundred jobs are done that allow one attempt only."""
    shop = open_shop(Behaviour(faults=(Rule(delay_s=0.1),)), after="max_attempts = 1")
    shell.write("a.jsonl", orders(100))
    shell("submit", "a.jsonl")
    with shell.start("run", "--until-empty", "--json") as running:
        for requests in range(8, 80, 8):
            eventually(lambda requests=requests: shop.requests >= requests)  # type: ignore[misc]
            for _ in range(3):
                running.send_signal(signal.SIGHUP)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, json.loads(out)["delivered"]) == (0, 100)
    assert _READ in err
    assert "not read again" not in err
    assert shop.statuses == {201: 100}


def test_a_canary_goes_on_over_what_is_read_again(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """It has seen every answer once."""
    shop = open_shop(Behaviour())
    with shell.heard("run", "--brake", "0.5", "--json") as (running, heard):
        for number in (0, 5, 10):
            shell.write("a.jsonl", orders(5, number))
            shell("submit", "a.jsonl")
            eventually(lambda number=number: shop.requests == number + 5)  # type: ignore[misc]
            assert _READ in hang_up(running, heard)
        told = stop(running)
    assert told["canary"]["answers"] == 15


def test_nothing_is_read_again_while_the_store_is_away(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually, own_valkey: Callable[..., ValkeyServer]
) -> None:
    """What is in flight could not be written: the old config stays, and so does the worker."""
    server = own_valkey(durable=True)
    shop = open_shop()
    shell.environ["PREFLIGHT_QUEUE_URL"] = server.url
    shell.write("a.jsonl", orders(5))
    shell.write("b.jsonl", orders(5, 5))
    shell("submit", "a.jsonl")
    with shell.heard("run", "--json") as (running, heard):
        eventually(lambda: shop.requests == 5)
        server.kill()
        refused = hang_up(running, heard)
        server.start()
        shell("submit", "b.jsonl")
        eventually(lambda: shop.requests == 10)
        read = hang_up(running, heard)
        told = stop(running)
    assert refused.startswith(f"{_REFUSED}no connection to valkey://:...@")
    assert _READ in read
    assert told["delivered"] == 10


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_store_that_goes_away_meanwhile_is_waited_for(
    shell: "Shell",
    open_shop: OpenShop,
    orders: Orders,
    eventually: Eventually,
    own_valkey: Callable[..., ValkeyServer],
    processes: str,
) -> None:
    """Right after everything was found to be in order: what was in flight is written once it can be, then work goes on.

    However short the drain.
    """
    server = own_valkey(durable=True)
    slow = Behaviour(faults=(Rule(delay_s=2.0),))
    shop = open_shop(slow, before='[worker]\ndrain = "500ms"\n', after="max_attempts = 1")
    shell.environ["PREFLIGHT_QUEUE_URL"] = server.url
    shell.write("a.jsonl", orders(20))
    shell("submit", "a.jsonl")
    with shell.heard("run", "--until-empty", "--processes", processes, "--json") as (running, heard):
        eventually(lambda: shop.requests >= 8)
        running.send_signal(signal.SIGHUP)
        heard.line(_READ)
        server.kill()
        heard.line("store_gone")
        sent = shop.requests
        eventually(lambda: shop.statuses.get(201, 0) >= sent)
        server.start()
        out, _ = running.communicate(timeout=40)
    assert (running.returncode, json.loads(out)["delivered"]) == (0, 20)


def test_a_hangup_while_it_starts_is_not_forgotten(shell: "Shell", open_shop: OpenShop, eventually: Eventually) -> None:
    """It does not end it, as the system would have it; the config is read once more as soon as there is work."""
    open_shop(api='checks = ["slow:check"]\n')
    shell.write("slow.py", _SLOW)
    shell.environ["PYTHONPATH"] = str(shell.folder)
    with shell.heard("run", "--json") as (running, heard):
        eventually((shell.folder / "starting").exists)
        running.send_signal(signal.SIGHUP)
        shell.write("go", "")
        assert _READ in heard.line("")
        stop(running)


#: Own checks whose import lasts until a file is there.
_SLOW: Final = """
import pathlib, threading

pathlib.Path("starting").touch()
while not pathlib.Path("go").exists():
    threading.Event().wait(0.01)

def check(job, operation):
    return ()
"""
