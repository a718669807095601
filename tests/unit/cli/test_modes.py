"""``validation = "warn"``: jobs are sent, and the run says what it would have refused."""

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
    if job.body.get("qty") in (5, 6):
        yield Fault("#/body/qty", "body", "not-five", "five or six")
"""
WARN = '[apis.shop.operations.createOrder]\nvalidation = "warn"'


@pytest.fixture
def shop(shell: "Shell", open_shop: OpenShop, orders: Orders) -> "Api":
    """Ten orders on the queue: two that only a check of ours minds, one that the API minds too."""
    shell.write("shop_rules.py", RULES)
    shell.write("a.jsonl", [*orders(10), *orders(1, 10, qty=0)])
    shop = open_shop(api='checks = ["shop_rules:check_order"]', after=WARN)
    shell("submit", "a.jsonl")
    return shop


def test_a_run_counts_what_it_would_have_refused(shell: "Shell", shop: "Api") -> None:
    """By operation, place and rule; nothing is refused."""
    told = shell("run", "--until-empty", "--json")
    assert shop.statuses == {201: 10, 422: 1}
    assert (told.json["delivered"], told.json["dead"], told.json["refused"]) == (10, 1, {})
    warned = told.json["warned"]
    assert (warned["would_refuse"], warned["accepted"]) == (3, 2)
    assert [(one["rule"], one["would_refuse"], one["accepted"]) for one in warned["groups"]] == [
        ("not-five", 2, 2),
        ("minimum", 1, 0),
    ]
    assert warned["groups"][0] | {"pointer": "#/body/qty", "operation": "createOrder"} == warned["groups"][0]


@pytest.mark.usefixtures("shop")
def test_a_person_reads_a_table_of_what_would_have_been_refused(shell: "Shell") -> None:
    """On standard error, like all that is not data."""
    told = shell("--log-level", "error", "run", "--until-empty")
    assert told.out == ""
    _, sentence, head, first, second = told.err.splitlines()
    assert sentence == "would have refused 3; the API accepted 2 of them"
    assert head.split() == ["would", "refuse", "accepted", "operation", "where", "rule", "for", "example"]
    assert first.split() == ["2", "2", "shop/createOrder", "#/body/qty", "not-five", "five", "or", "six"]
    assert second.split()[:5] == ["1", "0", "shop/createOrder", "#/body/qty", "minimum"]


def test_without_warn_nothing_is_said_of_it(shell: "Shell", open_shop: OpenShop) -> None:
    """The keys are those that they always were."""
    open_shop(api='validation = "off"')
    assert "warned" not in shell("run", "--until-empty", "--json").json


@pytest.mark.usefixtures("shop")
def test_what_is_sent_with_a_warning_is_replayed_without_another_look(shell: "Shell") -> None:
    """A replay goes by the operation's mode, as the run does."""
    shell("run", "--until-empty")
    told = shell("failures", "replay", "--set", "body.qty=6", "--json")
    assert told.json["replayed"] == 1
