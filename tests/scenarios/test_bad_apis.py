"""APIs that are away, broken, busy or do not know us: what it means is said, and no job is lost or charged for it."""

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from worker.sandbox import Behaviour
from worker.sandbox.credentials import Accepted
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]


def jwt(**claims: Any) -> str:
    """A JSON Web Token with these claims and no real signature."""
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({}, claims)]
    return ".".join([*parts, "c2lnbmF0dXJl"])


def test_an_api_that_is_down_at_start_costs_no_job_anything(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """The run gives up after a while with exit code 3; the jobs wait, and are delivered when it is back."""
    shop = open_shop(after="max_attempts = 1")
    shop.stop()
    shell.write("orders.jsonl", orders(100))
    shell("submit", "orders.jsonl")
    away = shell("run", "--until-empty", "--json")
    waiting = shell.states
    shop.start()
    back = shell("run", "--until-empty", "--json")
    assert away.code == 3
    assert away.json.items() >= {"delivered": 0, "dead": 0, "parked": 0, "waiting": 100, "retried": 0}.items()
    assert "shop: no connection: connection refused; 100 jobs wait untouched: check base_url and the API" in away.err
    assert waiting == {"ready": 100}
    assert (back.code, back.json["delivered"]) == (0, 100)
    assert shop.statuses == {201: 100}


def test_an_api_that_comes_up_later_gets_everything(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Within one run, and although one attempt is all that a job has."""
    shop = open_shop(after="max_attempts = 1")
    shop.stop()
    shell.write("orders.jsonl", orders(100))
    shell("submit", "orders.jsonl")
    with shell.start("--log-level", "info", "run", "--until-empty", "--json") as running:
        assert running.stderr is not None
        begun, closed = (json.loads(running.stderr.readline()) for _ in range(2))
        shop.start()
        out, err = running.communicate(timeout=30)
    assert begun["event"] == "worker_started"
    assert (closed["event"], closed["lane"], closed["state"]) == ("lane_stopped", "shop", "unreachable")
    assert "lane_opened" in err
    assert running.returncode == 0
    assert json.loads(out).items() >= {"delivered": 100, "dead": 0, "retried": 0}.items()
    assert shop.statuses == {201: 100}


def test_an_api_that_goes_away_in_the_middle_gets_the_rest_when_it_is_back(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    """Requests that were cut off are sent again with their key; nothing is delivered twice."""
    shop = open_shop(Behaviour(idempotency_header="Idempotency-Key", faults=(Rule(delay_s=0.01),)))
    shell.write("orders.jsonl", orders(400))
    shell("submit", "orders.jsonl")
    with shell.start("run", "--until-empty", "--json") as running:
        eventually(lambda: shop.requests >= 100)
        shop.stop()
        shop.start()
        out, _ = running.communicate(timeout=30)
    assert running.returncode == 0
    assert json.loads(out)["delivered"] == 400
    assert shop.statuses == {201: 400}


def test_a_web_page_instead_of_an_answer_is_no_delivery(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Success with HTML: a login page or a proxy. Parked with the question that helps; the others are delivered."""
    shop = open_shop(Behaviour(faults=(Rule(path="/shops/bonn/*", status=201, page="html"),)))
    jobs = orders(20)
    jobs[3]["params"]["shop"] = "bonn"
    shell.write("orders.jsonl", jobs)
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    (failure,) = shell.failures
    assert ran.code == 1
    assert (ran.json["delivered"], ran.json["parked"], ran.json["waiting"]) == (19, 1, 0)
    assert (failure["id"], failure["cause"], failure["retryable"]) == ("o3", "unknown", True)
    assert "is base_url right, is a proxy in between?" in failure["problem"]["detail"]
    assert failure["attempts"][0]["reply"].startswith("<!doctype html>")
    assert shop.requests == 20


def test_a_gateway_page_that_passes_is_forgotten(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """502 with HTML, once for each job: sent again with the same key."""
    rule = Rule(first=1, status=502, page="html")
    patient = "[apis.shop.breaker]\nenabled = false"
    shop = open_shop(Behaviour(idempotency_header="Idempotency-Key", faults=(rule,)), after=patient)
    shell.write("orders.jsonl", orders(20))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert ran.code == 0
    assert ran.json.items() >= {"delivered": 20, "retried": 20, "attempts": 40}.items()
    assert shop.statuses == {502: 20, 201: 20}


def test_a_gateway_page_that_stays_ends_the_job_with_its_attempts_on_record(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """502 with HTML for ever: dead as unavailable after max_attempts, exit code 1; the others are delivered."""
    rule = Rule(path="/shops/bonn/*", status=502, page="html")
    shop = open_shop(Behaviour(faults=(rule,)), after="max_attempts = 3")
    jobs = orders(20)
    jobs[3]["params"]["shop"] = "bonn"
    shell.write("orders.jsonl", jobs)
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    (failure,) = shell.failures
    assert ran.code == 1
    assert ran.json.items() >= {"delivered": 19, "dead": 1, "retried": 2, "attempts": 22}.items()
    assert (failure["cause"], failure["problem"]["status"]) == ("unavailable", 502)
    assert [attempt["number"] for attempt in failure["attempts"]] == [1, 2, 3]
    assert shop.statuses == {502: 3, 201: 19}


def test_a_429_closes_the_api_and_charges_nobody(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Now and then the API wants to be left alone, and each job has one attempt: all are delivered all the same."""
    rule = Rule(every=40, status=429, retry_after_s=1.0)
    shop = open_shop(Behaviour(faults=(rule,)), after="max_attempts = 1")
    shell.write("orders.jsonl", orders(100))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    assert ran.code == 0
    assert ran.json.items() >= {"delivered": 100, "dead": 0, "parked": 0, "retried": 0}.items()
    assert shop.statuses[201] == 100
    assert shop.statuses[429] == 2
    assert shell.failures == []


def test_a_rejected_credential_stops_the_lane_and_not_the_jobs(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """401: a handful of requests, exit code 1, every job waits; with the right token all are delivered."""
    shop = open_shop(
        Behaviour(credentials={"shopToken": Accepted(frozenset({"the-right-one"}))}), after="max_attempts = 1"
    )
    shell.write("orders.jsonl", orders(200))
    shell("submit", "orders.jsonl")
    refused = shell("run", "--until-empty", "--json")
    waiting, seen = shell.states, shop.requests
    shell.environ["SHOP_TOKEN"] = "the-right-one"
    ran = shell("run", "--until-empty", "--json")
    assert refused.code == 1
    assert refused.json.items() >= {"delivered": 0, "dead": 0, "parked": 0, "waiting": 200}.items()
    assert "shop: 401 Unauthorized: the API does not accept the credential" in refused.err
    assert "renew the credential, then run again" in refused.err
    assert waiting == {"ready": 200}
    assert seen <= 8
    assert (ran.code, ran.json["delivered"]) == (0, 200)


def test_a_forbidden_credential_parks_its_job(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """403 may be about this one request: it waits for a person, as unauthorised."""
    open_shop(Behaviour(credentials={"shopToken": Accepted(forbidden=frozenset({"practice-token"}))}))
    shell.write("orders.jsonl", orders(1))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    (failure,) = shell.failures
    assert (ran.code, ran.json["parked"]) == (1, 1)
    assert (failure["cause"], failure["problem"]["status"]) == ("unauthorised", 403)


def test_an_expired_token_is_caught_before_anything_is_sent(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """A JWT says itself until when it is good: the jobs are parked as unauthorised, and told how to go on."""
    shop = open_shop()
    shell.environ["SHOP_TOKEN"] = jwt(exp=1_700_000_000)
    shell.write("orders.jsonl", orders(3))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    failure = shell.failures[0]
    assert ran.code == 1
    assert ran.json.items() >= {"parked": 3, "refused": {"unauthorised": 3}, "attempts": 0}.items()
    assert (failure["stage"], failure["retryable"]) == ("authorise", True)
    assert "env:SHOP_TOKEN expired at 2023-11-14T22:13:20.000Z" in failure["problem"]["detail"]
    assert shop.requests == 0
