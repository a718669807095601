"""Own checks, from the config to the report: the same rules wherever a job is held against its contract."""

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

RULES = """
from worker import Fault

def check_order(job, operation):
    if operation.name == "createOrder" and job.body["qty"] % 2:
        yield Fault("#/body/qty", "body", "even", f"{job.body['qty']} is odd", "send an even number")
"""


@pytest.fixture
def shop(shell: "Shell", open_shop: OpenShop, orders: Orders) -> "Api":
    """The practice shop, with a check that only even numbers pass, and four orders in a file: 1, 2, 3, 4 pieces."""
    (shell.folder / "rules").mkdir()
    shell.write("rules/shop_rules.py", RULES)
    path = os.pathsep.join([str(shell.folder / "rules"), shell.environ.get("PYTHONPATH", "")])
    shell.environ["PYTHONPATH"] = path.rstrip(os.pathsep)
    shell.write("a.jsonl", orders(4))
    return open_shop(api='checks = ["shop_rules:check_order"]')


@pytest.mark.usefixtures("shop")
def test_rows_are_held_against_own_checks(shell: "Shell") -> None:
    """By ``check``, and by ``submit --check``."""
    told = shell("check", "a.jsonl", "--json")
    assert told.code == 1
    bad = [(line["id"], line["problem"]["errors"]) for line in told.lines[:-1]]
    fault = {"pointer": "#/body/qty", "in": "body", "rule": "even", "hint": "send an even number"}
    assert bad == [("o0", [{**fault, "detail": "1 is odd"}]), ("o2", [{**fault, "detail": "3 is odd"}])]
    assert told.json["summary"]["causes"] == {"invalid": 2}
    assert shell("submit", "a.jsonl", "--check", "--json").json["bad"] == 2


def test_jobs_are_held_against_own_checks_before_they_are_sent_and_when_they_are_mended(
    shell: "Shell", shop: "Api"
) -> None:
    """Nothing that they refuse reaches the API."""
    shell("submit", "a.jsonl")
    assert shell("run", "--until-empty", "--json").json["refused"] == {"invalid": 2}
    assert shop.statuses == {201: 2}
    assert "3 is odd" in shell("failures", "replay").err + shell("failures", "replay").out
    shell("failures", "replay", "--set", "body.qty=8")
    assert shell("run", "--until-empty", "--json").json["delivered"] == 2


@pytest.mark.usefixtures("shop")
def test_a_check_that_raises_refuses_its_jobs_and_says_where_it_broke(shell: "Shell") -> None:
    """Each job with the reason; the traceback stands in the log once."""
    shell.write("rules/shop_rules.py", "def check_order(job, operation):\n    return [job.body['weight']]\n")
    shell("submit", "a.jsonl")
    told = shell("run", "--until-empty", "--json")
    assert told.json["refused"] == {"invalid": 4}
    (fault,) = shell.failures[0]["problem"]["errors"]
    assert fault["rule"] == "check"
    assert fault["detail"] == "shop_rules:check_order raised KeyError: 'weight'; this is a fault of the check"
    lines = [json.loads(line) for line in told.err.splitlines()]
    (line,) = [one for one in lines if one["event"] == "own_check_raised"]
    assert "shop_rules.py" in line["exception"]


@pytest.mark.usefixtures("shop")
def test_a_check_that_is_not_there_is_a_mistake_of_the_config(shell: "Shell", open_shop: OpenShop) -> None:
    """Told before anything is read or sent; a file beside the config is not found by accident."""
    open_shop(api='checks = ["beside:check_order"]')
    (shell.folder / "conf").mkdir()
    (shell.folder / "preflight.toml").rename(shell.folder / "conf/preflight.toml")
    shell.write("conf/beside.py", RULES)
    told = shell("--config", "conf/preflight.toml", "check", "a.jsonl")
    assert told.code == 2
    assert 'apis.shop.checks names "beside:check_order": there is no module beside: install it, or put its' in told.err


def test_an_operation_that_the_contract_does_not_have_is_a_mistake_of_the_config(
    shell: "Shell", open_shop: OpenShop
) -> None:
    """With the name that was meant."""
    open_shop(after='[apis.shop.operations.createOrdr]\nvalidation = "off"')
    told = shell("check", shell.write("a.jsonl", []))
    assert told.code == 2
    assert "apis.shop.operations: the contract has no operation 'createOrdr'; did you mean 'createOrder'?" in told.err
