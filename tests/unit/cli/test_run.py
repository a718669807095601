"""``preflight run``: what it says at its end, and what it ends with."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]


def test_an_empty_queue_is_done_at_once(shell: "Shell", open_shop: OpenShop) -> None:
    """With every count there, and zero."""
    open_shop()
    told = shell("run", "--until-empty", "--json")
    assert told.code == 0
    names = ["delivered", "dead", "parked", "waiting", "refused", "attempts", "retried", "seconds", "jobs_per_s"]
    assert list(told.json) == names
    assert told.err == ""


def test_a_person_reads_the_counts_and_where_to_look(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Two lines: what happened, and what was refused."""
    open_shop()
    shell.write("a.jsonl", [*orders(5), *orders(2, 5, qty=0)])
    shell("submit", "a.jsonl")
    told = shell("--log-level", "error", "run", "--until-empty")
    first, second = told.err.splitlines()
    assert told.code == 1
    assert first.startswith("5 delivered, 2 dead, 0 parked, 0 waiting in ")
    assert second == "refused before sending: 2 invalid; `preflight failures list` says why"


def test_each_refused_job_is_a_log_line_with_its_cause(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """A JSON object a line on standard error, and nothing else there."""
    open_shop()
    shell.write("a.jsonl", [*orders(1), *orders(2, 1, qty=0)])
    shell("submit", "a.jsonl")
    told = shell("run", "--until-empty", "--json")
    lines = [json.loads(line) for line in told.err.splitlines()]
    assert [(line["event"], line["level"], line["id"], line["cause"]) for line in lines] == [
        ("job_refused", "warning", "o1", "invalid"),
        ("job_refused", "warning", "o2", "invalid"),
    ]


def test_jobs_of_an_api_that_the_config_lost_wait_and_are_told_of(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Renamed in the config after they were submitted: the run ends with 1, and they are still there."""
    open_shop()
    shell.write("a.jsonl", orders(3))
    shell("submit", "a.jsonl")
    config = (shell.folder / "preflight.toml").read_text()
    shell.write("preflight.toml", config.replace("apis.shop", "apis.store"))
    told = shell("run", "--until-empty", "--json")
    assert (told.code, told.json["waiting"]) == (1, 3)
    assert "3 jobs wait: for an API that this config does not have" in told.err
    assert shell.states == {"ready": 3}
