"""Secrets stay out of everything that is written: a distinctive one is put everywhere, and searched for everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from worker.sandbox import Behaviour
from worker.sandbox.credentials import Accepted
from worker.sandbox.misbehaviour import Rule

if TYPE_CHECKING:
    from tests.conftest import Api, Shell

Orders = Callable[..., list[dict[str, Any]]]
OpenShop = Callable[..., "Api"]

_SECRET: Final = "hunter2-4f9c1e77d0"
_BASIC: Final = "a25pZ2h0Omh1bnRlcjItNGY5YzFlNzdkMA"  # knight:hunter2-4f9c1e77d0

_SERVED: Final = '\nschemes = ["shopToken"]'  # whatever the contract asks for
_CREDENTIALS: Final = {
    "bearer": 'type = "bearer"\ntoken = "${env:SHOP_TOKEN}"',
    "basic": 'type = "basic"\nusername = "knight"\npassword = "${env:SHOP_TOKEN}"' + _SERVED,
    "header": 'type = "api_key"\nname = "X-Shop"\nin = "header"\nvalue = "${env:SHOP_TOKEN}"' + _SERVED,
    "query": 'type = "api_key"\nname = "shopkey"\nin = "query"\nvalue = "${env:SHOP_TOKEN}"' + _SERVED,
    "cookie": 'type = "api_key"\nname = "shopkey"\nin = "cookie"\nvalue = "${env:SHOP_TOKEN}"' + _SERVED,
}

_BAD_JOBS: Final[tuple[dict[str, Any], ...]] = (
    {"body": {"password": _SECRET, "qty": 0}},
    {"headers": {"X-Api-Key": _SECRET}, "body": {"qty": 0}},
    {"body": {"nested": [{"client_secret": _SECRET}]}},
    {"params": {"shop": "ulm", "token": _SECRET}},
    {"bdoy": {}, "body": {"apiKey": _SECRET}},
)

_BAD_DAYS: Final = (
    Rule(path="/shops/bonn/*", status=500),
    Rule(path="/shops/koeln/*", drop="before"),
    Rule(path="/shops/essen/*", status=302),
    Rule(path="/shops/trier/*", status=400, page="garbage"),
)


def traces(folder: Path, *texts: str) -> list[str]:
    """Where the secret stands, in texts and in the files of a folder."""
    found = [text for text in texts if _SECRET in text or _BASIC in text]
    files = (path for path in folder.iterdir() if path.suffix != ".jsonl")
    return found + [
        path.name for path in files if _SECRET.encode() in path.read_bytes() or _BASIC.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("kind", _CREDENTIALS)
def test_the_credential_is_sent_and_never_written(
    shell: "Shell", open_shop: OpenShop, orders: Orders, kind: str
) -> None:
    """Not in the output, not in the log at its most talkative, not in the database; whatever the API does."""
    shop = open_shop(Behaviour(faults=_BAD_DAYS), after="max_attempts = 2")
    config = (shell.folder / "preflight.toml").read_text()
    shell.write("preflight.toml", config.replace(_CREDENTIALS["bearer"], _CREDENTIALS[kind]))
    shell.environ["SHOP_TOKEN"] = _SECRET
    jobs = [*orders(10), *orders(1, 10, qty=0)]
    for job, name in zip(jobs, ("bonn", "koeln", "essen", "trier"), strict=False):
        job["params"]["shop"] = name
    shell.write("orders.jsonl", jobs)
    submitted = shell("--log-level", "debug", "submit", "orders.jsonl", "--json")
    ran = shell("--log-level", "debug", "run", "--until-empty", "--json")
    printed = [submitted.out, submitted.err, ran.out, ran.err]
    assert shop.requests >= 8
    assert traces(shell.folder, *printed) == []
    assert _SECRET not in str(shell.failures)


def test_a_rejected_credential_is_not_printed(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """Nor when it is a literal in the config, which draws a warning, nor when that key has a typo."""
    open_shop(Behaviour(credentials={"shopToken": Accepted(frozenset({"other"}))}))
    config = (shell.folder / "preflight.toml").read_text().replace("${env:SHOP_TOKEN}", _SECRET)
    shell.write("preflight.toml", config)
    shell.write("orders.jsonl", orders(3))
    shell("submit", "orders.jsonl")
    ran = shell("--log-level", "debug", "run", "--until-empty", "--json")
    shell.write("preflight.toml", config.replace("token =", "tokn ="))
    broken = shell("run")
    (shell.folder / "preflight.toml").unlink()
    assert (ran.code, broken.code) == (1, 2)
    assert "apis.shop.auth.token" in ran.err
    assert traces(shell.folder, ran.out, ran.err, broken.err) == []


def test_a_secret_in_a_job_is_kept_out_of_its_failure(shell: "Shell", open_shop: OpenShop) -> None:
    """The queue has to keep it, for the request; what a person sees of a bad job does not show it."""
    shop = open_shop()
    job = {"operation": "createOrder", "params": {"shop": "ulm"}}
    shell.write("orders.jsonl", [job | {"id": f"bad-{number}"} | bad for number, bad in enumerate(_BAD_JOBS)])
    checked, plain = shell("check", "orders.jsonl", "--json"), shell("check", "orders.jsonl")
    submitted = shell("--log-level", "debug", "submit", "orders.jsonl")
    ran = shell("--log-level", "debug", "run", "--until-empty", "--json")
    assert len(shell.failures) == len(_BAD_JOBS)
    assert shop.requests == 0
    for text in (checked.out, plain.out, submitted.err, ran.out, ran.err, str(shell.failures)):
        assert _SECRET not in text


def test_a_secret_that_the_api_answers_with_is_not_kept(shell: "Shell", open_shop: OpenShop, orders: Orders) -> None:
    """A job's own header that the API echoes; the failure's record and the database have the answer without it."""
    shop = open_shop(Behaviour(credentials={"shopToken": Accepted(forbidden=frozenset({_SECRET}))}))
    shell.environ["SHOP_TOKEN"] = _SECRET
    shell.write("orders.jsonl", orders(2))
    shell("submit", "orders.jsonl")
    ran = shell("run", "--until-empty")
    assert shop.statuses == {403: 2}
    assert traces(shell.folder, ran.out, ran.err, str(shell.failures)) == []
