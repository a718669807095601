"""Tokens that end, are revoked, wrong or renewed while a run is under way: no job is lost or charged for it."""

import json
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pytest

from worker.sandbox import Behaviour
from worker.sandbox.credentials import Accepted
from worker.sandbox.tokens import Client

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]
Eventually = Callable[[Callable[[], bool]], None]

_LIFE_S: Final = 2.0
_PER_S: Final = 40
_JOBS: Final = 200  # five seconds' worth: three tokens at least, and more on a slow machine
_LIMIT: Final = f'\n[[apis.shop.limits]]\nrate = {_PER_S}\nper = "1s"\n'
_SECRET: Final = "${env:SHOP_SECRET}"
_STATIC: Final = 'type = "bearer"\ntoken = "${env:SHOP_TOKEN}"'


def _oauth2(url: str, secret: str) -> str:
    return f'type = "oauth2"\ntoken_url = "{url}/__sandbox__/token"\nclient_id = "shop"\nclient_secret = "{secret}"'


def _configure(shell: "Shell", auth: str, more: str = "") -> None:
    config = (shell.folder / "preflight.toml").read_text()
    assert _STATIC in config
    shell.write("preflight.toml", config.replace(_STATIC, auth) + more)


@pytest.fixture
def login(open_shop: OpenShop, shell: "Shell") -> Callable[..., "Api"]:
    """A shop that gives tokens to the client ``shop`` with the secret ``s3cr+t`` in ``SHOP_SECRET``."""

    def opened(*, tells: bool = True) -> "Api":
        client = Client("shop:s3cr+t", _LIFE_S, tells)
        api = open_shop(Behaviour(credentials={"shopToken": Accepted(client=client)}))
        shell.environ["SHOP_SECRET"] = "s3cr+t"
        return api

    return opened


def test_tokens_that_end_every_two_seconds_cost_no_job_a_try(
    shell: "Shell", login: Callable[..., "Api"], orders: Orders
) -> None:
    """Each is replaced ahead of its end, and nothing prints one."""
    shop = login()
    _configure(shell, _oauth2(shop.url, _SECRET), _LIMIT)
    shell.write("orders.jsonl", orders(_JOBS))
    shell("submit", "orders.jsonl")
    ran = shell("--log-level", "debug", "run", "--until-empty", "--json")
    tokens = shop.sandbox.tokens
    assert (ran.code, ran.json["delivered"], ran.json["retried"]) == (0, _JOBS, 0)
    assert shop.statuses[201] == _JOBS
    assert (tokens.issued >= 3, tokens.refused) == (True, 0)
    assert "s3cr" not in ran.out + ran.err
    assert "sandbox-token" not in ran.out + ran.err


def test_tokens_that_end_without_a_word_waste_no_more_than_is_in_flight(
    shell: "Shell", login: Callable[..., "Api"], orders: Orders
) -> None:
    """Nobody says how long they last: a 401 tells, once each, and costs no job an attempt."""
    shop = login(tells=False)
    _configure(shell, _oauth2(shop.url, _SECRET), _LIMIT)
    shell.write("orders.jsonl", orders(_JOBS))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    ends = shop.sandbox.tokens.issued - 1
    assert (ran.code, ran.json["delivered"], ran.json["retried"], ran.json["dead"]) == (0, _JOBS, 0, 0)
    assert ends >= 2
    assert shop.statuses[201] == _JOBS
    assert ends <= shop.statuses[401] <= 8 * ends  # the concurrency of the config


def test_a_client_that_is_not_known_sends_nothing(shell: "Shell", login: Callable[..., "Api"], orders: Orders) -> None:
    """Its jobs wait, and the reason is the token endpoint's own."""
    shop = login()
    _configure(shell, _oauth2(shop.url, "wrong-secret-1"))
    shell.write("orders.jsonl", orders(20))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    status = shell("status", "--json").json
    assert ran.code == 1
    assert shop.requests == 0
    assert shell.states == {"ready": 20}
    assert {lane["state"] for lane in status["lanes"]} == {"unauthorised"}
    assert "it answered 401 (invalid_client)" in status["lanes"][0]["reason"]
    assert "wrong-secret-1" not in ran.out + ran.err + json.dumps(status)
    assert shop.sandbox.tokens.refused == 1


def test_a_rejected_token_in_a_file_stops_the_lane_until_the_file_is_renewed(
    shell: "Shell", open_shop: OpenShop, orders: Orders, eventually: Eventually
) -> None:
    """While the worker runs: nothing is sent meanwhile, nothing is charged, and nobody has to start anything."""
    shop = open_shop(Behaviour(credentials={"shopToken": Accepted(frozenset({"renewed-token"}))}))
    shell.write("token", "revoked-token\n")
    _configure(shell, 'type = "bearer"\ntoken = "${file:token}"')
    shell.write("orders.jsonl", orders(50))
    shell("submit", "orders.jsonl")
    with shell.start("--log-level", "info", "run", "--json") as running:
        eventually(lambda: shop.requests > 0)
        assert running.stderr is not None
        stopped = next(line for line in running.stderr if '"stop' in line or "unauthorised" in line)
        shell.write("token", "renewed-token\n")
        eventually(lambda: shop.statuses.get(201, 0) == 50)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert "the API does not accept the credential" in stopped
    assert "revoked-token" not in stopped + err
    assert shop.statuses[401] <= 8  # what was in flight
    assert shop.statuses[201] == 50
    assert shell.states == {"delivered": 50}


def test_of_several_credentials_only_the_rejected_one_stops(
    shell: "Shell", open_shop: OpenShop, orders: Orders
) -> None:
    """Each job travels with that of its key; the others of the API go on."""
    shop = open_shop(Behaviour(credentials={"shopToken": Accepted(frozenset({"token-of-a", "practice-token"}))}))
    shell.environ |= {"TOKEN_A": "token-of-a", "TOKEN_B": "revoked-token-b"}
    keyed = "".join(
        f'\n[apis.shop.credentials.{key}]\ntype = "bearer"\ntoken = "${{env:TOKEN_{key.upper()}}}"\n' for key in "ab"
    )
    _configure(shell, _STATIC, keyed)
    jobs = orders(60)
    for job, key in zip(jobs, 20 * ("a", "b", "c"), strict=True):
        job["key"] = key
    shell.write("orders.jsonl", jobs)
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty", "--json")
    lanes = {lane["key"]: lane["state"] for lane in shell("status", "--json").json["lanes"]}
    assert (ran.json["delivered"], ran.json["waiting"], ran.json["dead"]) == (40, 20, 0)
    assert lanes == {"b": "unauthorised"}
    assert shop.statuses[201] == 40
    assert shop.statuses[401] <= 8
