import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from worker.auth.credential import StaticCredential, from_settings
from worker.clock import SystemClock
from worker.contract.contract import Contract, from_document
from worker.engine.handwritten.curl import curl
from worker.engine.handwritten.draft import Draft, draft
from worker.job import from_payload
from worker.outcome import Refuse, Request, Unread
from worker.settings import ApiKeyAuth, ApiSettings, HmacAuth, OAuth2Auth
from worker.settings.load import load
from worker.settings.secret import Secret
from worker.stages.dispatch import Destination, compose
from worker.stages.validate import validate

if TYPE_CHECKING:
    from tests.unit.engine.handwritten.conftest import Bash, Recorder

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/shops/{shop}/orders": {
            "post": {
                "operationId": "createOrder",
                "parameters": [
                    {"name": "shop", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "tags", "in": "query", "schema": {"type": "array"}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "string"}},
                    {"name": "theme", "in": "cookie", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {},
                        "text/plain": {"schema": {"type": "string"}},
                        "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
                        "multipart/form-data": {"schema": {"type": "object"}},
                        "application/octet-stream": {},
                    }
                },
                "responses": {"201": {"description": "made"}},
            }
        }
    },
}
HOSTILE: Mapping[str, Any] = {
    "id": "order-17",
    "api": "shop",
    "operation": "createOrder",
    "params": {
        "shop": "it's $(id) `x` ü/..",
        "tags": ["a&b", "!c", "{{d}}"],
        "X-Trace": "\"q\" 'r' $s \\ @",
        "theme": "dark",
    },
    "headers": {"X-Own": "a; b: c"},
    "body": {"a": "it's $HOME\n\t`id` !x \x7f\x9b € 𝄞 \u2028", "@b": [None, 1.5, "{{SHOP_TOKEN}}"]},
}
#: More than letters and digits, so that a mistake in quoting or encoding shows.
ENVIRON = {
    "SHOP_TOKEN": "s%k+1'\"$HOME`id`!\\",
    "SHOP_WORD": "plain",
    "SHOP_ODD": "a b&c/ü+%",
    "SHOP_TEAM": 'the "A" team',
}
AUTHS = {
    "none": 'type = "none"',
    "bearer": 'type = "bearer"\ntoken = "${env:SHOP_TOKEN}"',
    "file": 'type = "bearer"\ntoken = "${file:my secret}"',
    "basic": 'type = "basic"\nusername = "it\'s $ada"\npassword = "${env:SHOP_TOKEN}"',
    "header": 'type = "api_key"\nname = "X-Key"\nin = "header"\nvalue = "a!${env:SHOP_WORD}b"',
    "query": 'type = "api_key"\nname = "key"\nin = "query"\nvalue = "${env:SHOP_WORD}"',
    "encoded": 'type = "api_key"\nname = "the-key"\nin = "query"\nvalue = "${env:SHOP_ODD}"',
}

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")


def shop(folder: Path, auth: str, url: str) -> tuple[ApiSettings, Contract]:
    """An API with a credential of some kind, and its contract."""
    (folder / "my secret").write_text("f-1 '$x'\n")
    (folder / "shop.json").write_text(json.dumps(DOCUMENT))
    config = folder / "preflight.toml"
    config.write_text(
        f'[apis.shop]\nbase_url = "{url}/v2"\ncontract = "shop.json"\nidempotency_header = "Idempotency-Key"\n'
        'headers = { "X-Team" = "${env:SHOP_TEAM}", "X-Plain" = "a $b" }\n'
        f"[apis.shop.auth]\n{AUTHS[auth]}\n"
    )
    return load(config, environ=ENVIRON).apis["shop"], from_document(folder / "shop.json")


def drafted(payload: Mapping[str, Any], api: ApiSettings, contract: Contract) -> Draft:
    """The draft of a job's request."""
    return draft(payload, contract, api, api.base_url or "", ENVIRON, SystemClock())


def composed(payload: Mapping[str, Any], api: ApiSettings, contract: Contract) -> Request:
    """What the worker itself sends for it, secrets and all."""
    job = from_payload(payload)
    checked = validate(job, contract, "enforce")
    assert not isinstance(checked, Refuse)
    credential = from_settings(api.auth)
    assert isinstance(credential, StaticCredential)
    made = compose(job, checked, Destination(api.base_url or "", credential, api.headers, api.idempotency_header))
    whole = made.body.complete() if isinstance(made.body, Unread) else made
    assert not isinstance(whole, Refuse)
    return whole


@needs_curl
@pytest.mark.parametrize("auth", AUTHS)
def test_what_is_printed_sends_what_the_worker_sends(
    recorder: "Recorder", bash: "Bash", tmp_path: Path, auth: str
) -> None:
    """Run in a shell, byte by byte: method, path, query, headers, body; with every kind of credential."""
    if auth == "encoded" and shutil.which("jq") is None:
        pytest.skip("there is no jq on this machine")
    api, contract = shop(tmp_path, auth, recorder.url)
    ours = recorder.sent_by_us(composed(HOSTILE, api, contract))
    done = bash(curl(drafted(HOSTILE, api, contract)), **ENVIRON)
    assert done.returncode == 0, done.stderr
    assert recorder.seen == [ours]


@needs_curl
@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/plain", "@it's\n\t$HOME !x ü"),
        ("application/x-www-form-urlencoded", {"a": "it's & =", "b": 1}),
        ("multipart/form-data", {"a": "it's\r\n", "scan": {"$base64": "AP/+", "filename": "a'b.png"}}),
        ("application/octet-stream", {"$base64": "AP/+"}),
    ],
)
def test_every_kind_of_body_is_printed(
    recorder: "Recorder", bash: "Bash", tmp_path: Path, media_type: str, body: Any
) -> None:
    """Text as text; bytes that no command line can hold by way of base64."""
    api, contract = shop(tmp_path, "none", recorder.url)
    payload = {**HOSTILE, "params": {"shop": "ulm"}, "headers": {"Content-Type": media_type}, "body": body}
    ours = recorder.sent_by_us(composed(payload, api, contract))
    done = bash(curl(drafted(payload, api, contract)), **ENVIRON)
    assert done.returncode == 0, done.stderr
    assert recorder.seen == [ours]


def test_a_mark_in_a_job_is_no_way_to_a_secret(tmp_path: Path) -> None:
    """A job cannot ask for a variable, whatever it holds."""
    api, contract = shop(tmp_path, "bearer", "https://shop.example")
    made = drafted(HOSTILE, api, contract)
    assert [hole.name for hole in made.holes] == ["SHOP_TEAM", "SHOP_TOKEN"]
    assert b"{{SHOP_TOKEN}}" in (made.body or b"")


def test_what_the_job_keeps_secret_is_not_shown(tmp_path: Path) -> None:
    """The key that makes it the same job stays the real one."""
    api, contract = shop(tmp_path, "none", "https://shop.example")
    payload = {**HOSTILE, "params": {"shop": "ulm"}, "body": {"password": "hunter2", "qty": 1}}
    made = drafted(payload, api, contract)
    assert made.body == b'{"password":"[redacted]","qty":1}'
    assert made.remarks == ("the job holds secrets, which are not shown: write them where [redacted] stands",)
    real = composed(payload, api, contract).headers["Idempotency-Key"]
    assert dict(made.headers)["Idempotency-Key"] == (real,)


def test_a_credential_that_has_expired_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request can be written all the same."""
    token = "e30.eyJleHAiOjF9.x"  # {"exp": 1}
    monkeypatch.setitem(ENVIRON, "SHOP_TOKEN", token)
    api, contract = shop(tmp_path, "bearer", "https://shop.example")
    (remark,) = drafted({**HOSTILE, "params": {"shop": "ulm"}}, api, contract).remarks
    assert remark.startswith("the token of env:SHOP_TOKEN expired at 1970-01-01T00:00:01")


def test_a_token_that_is_fetched_is_a_variable_to_fill(tmp_path: Path) -> None:
    """The client's secret is for the token endpoint only."""
    api, contract = shop(tmp_path, "none", "https://shop.example")
    client = OAuth2Auth("https://login.example/token", "c", Secret("s", "env:SHOP_SECRET", ("s",)))
    made = drafted(HOSTILE, replace(api, auth=client), contract)
    assert [hole.name for hole in made.holes] == ["SHOP_TEAM", "SHOP_TOKEN"]
    assert made.remarks == ()


def test_what_signs_a_request_is_told_and_not_written(tmp_path: Path) -> None:
    """It would be of another time than the one at which somebody sends the request."""
    api, contract = shop(tmp_path, "none", "https://shop.example")
    auth = HmacAuth(Secret("hunter22", "env:K"), "X-Sign", timestamp_header="X-Time")
    made = drafted(HOSTILE, replace(api, auth=auth), contract)
    assert {"X-Sign", "X-Time"}.isdisjoint(dict(made.headers))
    assert made.remarks == ("X-Sign and X-Time are made when it leaves: they sign its bytes, and the time",)


def test_a_job_is_shown_with_the_credential_of_its_key(tmp_path: Path) -> None:
    """Where its key has one."""
    api, contract = shop(tmp_path, "bearer", "https://shop.example")
    api = replace(api, credentials={"a": ApiKeyAuth("X-Key", "header", Secret("s", "env:KEY_A", ("s",)))})
    shown = [dict(drafted({**HOSTILE, "key": key}, api, contract).headers) for key in ("a", "b")]
    assert ["X-Key" in headers for headers in shown] == [True, False]
