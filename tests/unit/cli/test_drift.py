"""Drift, against a practice API: what people see of it, and where."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from worker import resources

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]


@pytest.fixture
def shop(shell: "Shell", open_shop: OpenShop) -> "Api":
    """The practice shop, which wants at least one of a thing; the contract that the worker has does not say so."""
    text = resources.path("schemas/demo.openapi.yaml").read_text("utf-8")
    shell.write("drifted.openapi.yaml", text.replace("minimum: 1\n", "minimum: 0\n"))
    return open_shop(contract="drifted.openapi.yaml", after="[apis.shop.drift]\nwindow = 10\npause_at = 0.5")


def test_a_run_ends_when_an_operation_drifts_and_says_what_is_left_and_why(
    shell: "Shell", shop: "Api", orders: Orders
) -> None:
    """Its jobs wait untouched; the exit code is 1."""
    shell.write("a.jsonl", orders(100, qty=0))
    shell("submit", "a.jsonl")
    told = shell("--log-level", "error", "run", "--until-empty", "--json")
    rejected = shop.statuses[422]
    assert told.code == 1
    assert 5 <= rejected < 5 + 8
    assert (told.json["dead"], told.json["waiting"], told.json["attempts"]) == (rejected, 100 - rejected, rejected)
    assert shell.states == {"dead": rejected, "ready": 100 - rejected}
    (line,) = told.err.splitlines()
    assert line.startswith(
        "shop/createOrder: 5 of the last 10 requests that the contract allows were rejected (#/body/qty: 0 is less"
    )
    assert f"; {100 - rejected} jobs wait untouched: compare `preflight failures list --group` with" in line


def test_the_log_says_so_at_once(shell: "Shell", shop: "Api", orders: Orders) -> None:
    """One line, whatever came after."""
    assert shop.requests == 0
    shell.write("a.jsonl", orders(40, qty=0))
    shell("submit", "a.jsonl")
    told = shell("run", "--until-empty", "--json")
    assert told.err.count('"event":"lane_stopped"') + told.err.count('"event": "lane_stopped"') == 1


@pytest.mark.usefixtures("shop")
def test_a_rejected_job_says_what_the_api_minds(shell: "Shell", orders: Orders) -> None:
    """As faults that point into the job, like those that we find ourselves."""
    shell.write("a.jsonl", orders(1, qty=0))
    shell("submit", "a.jsonl")
    shell("run", "--until-empty")
    (failure,) = shell.failures
    assert (failure["cause"], failure["stage"], failure["problem"]["status"]) == ("rejected", "judge", 422)
    (fault,) = failure["problem"]["errors"]
    assert (fault["pointer"], fault["in"], fault["rule"]) == ("#/body/qty", "body", "rejected")
    assert "0 is less than" in fault["detail"]


def test_what_drifts_is_grouped(shell: "Shell", shop: "Api", orders: Orders) -> None:
    """In ``failures list --group`` and in ``status``: by operation, place and what the API says."""
    shell.write("a.jsonl", [*orders(3, qty=0), *orders(1, 3)])
    shell("submit", "a.jsonl")
    shell("run", "--until-empty")
    assert shop.statuses == {201: 1, 422: 3}
    kind = {"api": "shop", "operation": "createOrder", "pointer": "#/body/qty", "rule": "rejected"}
    (group,) = shell("failures", "list", "--group", "--json").lines
    assert group | kind | {"cause": "rejected", "count": 3} == group
    assert "0 is less than" in group["message"]
    (row,) = shell("status", "--json").json["drift"]
    assert row == {name: value for name, value in group.items() if name != "cause"}
    *_, title, head, line = shell("status").out.splitlines()
    assert title.startswith("rejected although the contract allows it")
    assert head.split()[:3] == ["jobs", "operation", "where"]
    assert line.split()[:4] == ["3", "shop/createOrder", "#/body/qty", "0"]
