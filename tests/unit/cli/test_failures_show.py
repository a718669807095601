import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from worker.cli.failures import command
from worker.clock import SystemClock
from worker.errors import UsageError
from worker.failure import Failure
from worker.job import Entry, Lane, Source
from worker.outcome import Cause, Dead, Fault, Problem, Settlement
from worker.ports import Want
from worker.queues.sqlite.store import SqliteStore
from worker.service import run_async

LANE = Lane("shop", "createOrder")
PROBLEM = Problem(Cause.REJECTED, "judge", "the API refused it", "sold out", status=422)
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/shops/{shop}/orders": {
            "post": {
                "operationId": "createOrder",
                "parameters": [
                    {"name": "shop", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "dry_run", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"type": "object", "properties": {"qty": {"type": "integer"}}}}
                    }
                },
                "responses": {"201": {"description": "made"}},
            }
        }
    },
}
GOOD: Mapping[str, Any] = {"params": {"shop": "ulm/1", "dry_run": False}, "body": {"qty": 2, "note": "it's $5"}}
JOBS: Mapping[str, Mapping[str, Any]] = {
    "good": GOOD,
    "bad": {**GOOD, "body": {"qty": "x\x1b"}},
    "pathless": {**GOOD, "params": {}},
    "secretive": {**GOOD, "body": {"qty": 2, "password": "hunter2"}},
}
#: The credential, and what it looks like in each form.
AUTHS = {
    "bearer": 'type = "bearer"\ntoken = "${env:SHOP_TOKEN}"',
    "file": 'type = "bearer"\ntoken = "${file:my secret}"',
    "literal": 'type = "bearer"\ntoken = "sk-literal"',
    "basic": 'type = "basic"\nusername = "ada"\npassword = "${env:SHOP_TOKEN}"',
    "header": 'type = "api_key"\nname = "X-Key"\nin = "header"\nvalue = "pre-${env:SHOP_TOKEN}"',
    "query": 'type = "api_key"\nname = "key"\nin = "query"\nvalue = "${env:SHOP_TOKEN}"',
    "cookie": 'type = "api_key"\nname = "key"\nin = "cookie"\nvalue = "${env:SHOP_TOKEN}"',
}
ENVIRON = {"SHOP_TOKEN": "sk-environment", "SHOP_TEAM": "orders"}

Show = Callable[..., Result]


def write_config(folder: Path, auth: str, url: str) -> Path:
    """A config of one API."""
    (folder / "my secret").write_text("sk-file\n")
    (folder / "shop.json").write_text(json.dumps(DOCUMENT))
    config = folder / "preflight.toml"
    config.write_text(
        '[queue]\nurl = "sqlite:///q.db"\n'
        f'[apis.shop]\nbase_url = "{url}/v2"\ncontract = "shop.json"\nidempotency_header = "Idempotency-Key"\n'
        'headers = { "X-Team" = "${env:SHOP_TEAM}", "X-Auth-Token" = "sk-header", "X-Plain" = "plain" }\n'
        f"[apis.shop.auth]\n{auth}\n"
    )
    return config


async def fill(path: Path) -> None:
    """A ledger in which every job has failed, and one row that is no job."""
    store = await SqliteStore.open(path, SystemClock())
    for id_, content in JOBS.items():
        payload = {"id": id_, "api": "shop", "operation": "createOrder", **content}
        await store.queue.enqueue([Entry(id_, LANE, json.dumps(payload), line=3)], "orders.jsonl")
        lease = (await store.queue.lease([Want(LANE, 1)], 60))[0]
        await store.queue.settle([Settlement(lease, Dead(PROBLEM))])
    problem = Problem(Cause.MALFORMED, "intake", "no job", "broken", faults=(Fault("#", "job", "json", "broken"),))
    row = Failure("row-1", LANE, problem, None, SystemClock().now(), source=Source("orders.jsonl", 17))
    await store.ledger.reject([row])
    await store.close()


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Show:
    """``preflight failures show`` with a credential of some kind."""
    run_async(lambda: fill(tmp_path / "q.db"))
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str, auth: str = "bearer", url: str = "https://shop.example") -> Result:
        config = write_config(tmp_path, AUTHS[auth], url)
        return CliRunner().invoke(command, ["show", *arguments], obj={"config": config, "log_level": None})

    return call


def test_the_request_is_what_would_be_sent_now(show: Show) -> None:
    """Everything in its place; secrets are the variables that the config names."""
    result = show("good", "--as", "curl")
    lines = result.stdout.splitlines()
    assert lines[0] == "curl -i -X POST 'https://shop.example/v2/shops/ulm%2F1/orders?dry_run=false' \\"
    assert '  -H "Authorization: Bearer $SHOP_TOKEN" \\' in lines
    assert '  -H "X-Team: $SHOP_TEAM" \\' in lines
    assert '  -H "X-Auth-Token: $SHOP_X_AUTH_TOKEN" \\' in lines
    assert "  -H 'X-Plain: plain' \\" in lines
    assert lines[-1] == """  --data-raw '{"qty":2,"note":"it'\\''s $5"}'"""
    assert "set before you send it: SHOP_X_AUTH_TOKEN\n" in result.stderr


@pytest.mark.parametrize(
    ("auth", "shown"),
    [
        ("bearer", '-H "Authorization: Bearer $SHOP_TOKEN"'),
        ("file", "-H \"Authorization: Bearer $(cat '{folder}/my secret')\""),
        ("literal", '-H "Authorization: Bearer $SHOP_SECRET"'),
        ("basic", '-u "ada:$SHOP_TOKEN"'),
        ("header", '-H "X-Key: pre-$SHOP_TOKEN"'),
        ("query", '?dry_run=false&key=$SHOP_TOKEN"'),
        ("cookie", '-H "Cookie: key=$SHOP_TOKEN"'),
    ],
)
def test_every_kind_of_credential_is_a_variable_or_a_file(show: Show, tmp_path: Path, auth: str, shown: str) -> None:
    """Wherever it stands in the request."""
    assert shown.replace("{folder}", str(tmp_path)) in show("good", "--as", "curl", auth=auth).stdout


@pytest.mark.parametrize("auth", AUTHS)
@pytest.mark.parametrize("program", ["curl", "httpie", "postman"])
def test_no_secret_is_printed(show: Show, auth: str, program: str) -> None:
    """Neither the config's nor the job's."""
    for id_ in ("good", "secretive"):
        result = show(id_, "--as", program, auth=auth)
        assert result.exit_code == 0, result.exception
        assert "sk-" not in result.output
        assert "hunter2" not in result.output
    assert "[redacted]" in result.stdout
    assert "the job holds secrets, which are not shown" in result.output


def test_a_job_that_the_contract_does_not_allow_can_be_tried_all_the_same(show: Show) -> None:
    """A comment says what is wrong with it; as little as possible that a terminal would act on."""
    first, second, command_, *_ = show("bad", "--as", "curl").stdout.splitlines()
    assert first == "# the contract does not allow this job: 1 value is not allowed"
    assert second.startswith("# #/body/qty: ")
    assert command_.startswith("curl ")
    assert "\x1b" not in show("bad", "--as", "curl").stdout
    assert "#/body/qty" in json.loads(show("bad", "--as", "postman").stdout)["info"]["description"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pathless", "--as", "curl"], "this job makes no request (#/params/shop: 'shop' is missing): mend it"),
        (["row-1", "--as", "curl"], "row-1 never became a job, so it has no request: correct orders.jsonl:17"),
        (["nobody", "--as", "curl"], "no failure has the id 'nobody'"),
        (["good", "--as", "curl", "--json"], "--as curl and --json are two forms of output: leave one out"),
    ],
)
def test_what_has_no_request_says_so(show: Show, arguments: list[str], said: str) -> None:
    """With exit code 2."""
    result = show(*arguments)
    assert isinstance(result.exception, UsageError)
    assert said in str(result.exception)
    assert show("good", "--as", "wget").exit_code == 2


@pytest.mark.usefixtures("show")
def test_an_api_that_the_config_has_no_more_is_named(tmp_path: Path) -> None:
    """With those that it has."""
    config = write_config(tmp_path, AUTHS["bearer"], "https://shop.example")
    config.write_text(config.read_text().replace("apis.shop", "apis.store"))
    obj = {"config": config, "log_level": None}
    result = CliRunner().invoke(command, ["show", "good", "--as", "curl"], obj=obj)
    assert isinstance(result.exception, UsageError)
    assert "the config has no API 'shop' any more" in str(result.exception)
