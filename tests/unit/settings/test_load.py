from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from worker.errors import ConfigError
from worker.settings import (
    ApiKeyAuth,
    ApiSettings,
    AuthSettings,
    BearerAuth,
    BreakerSettings,
    CallbackSettings,
    DriftSettings,
    LimitSettings,
    NoAuth,
    OperationSettings,
    Place,
    ProbeSettings,
    QueueSettings,
    RetrySettings,
    Secret,
    Settings,
    WorkerSettings,
    load,
)
from worker.settings.callback_apis import with_callbacks
from worker.settings.predicate import parse

Read = Callable[..., Settings]

SHOP = """
[queue]
url = "sqlite:////var/lib/shop.db"
[worker]
lease = "2m"
drain = "1s"
engine = "jsonschema-rs"
[apis.shop]
base_url = "https://api.shop.example/v2/"
contract_folders = ["common"]
nullable = "lenient"
read_only = "strip"
validation = "off"
checks = ["shop_rules:check_order", "shop.rules:check"]
check_budget = "5ms"
files = "uploads"
concurrency = "auto"
ordered = true
max_delayed = 10
allow_private = true
closes = "key"
success_when = "body:/ok == true"
capture = "errors"
capture_bytes = 100
timeout = "20s"
connect_timeout = "1500ms"
idempotency_header = "Idempotency-Key"
headers = { "X-Team" = "${env:TEAM}" }
reply_bytes = 1024
[apis.shop.auth]
type = "bearer"
token = "${env:SHOP_TOKEN}"
schemes = ["shopAuth"]
[apis.shop.credentials."tenant 7"]
type = "api_key"
in = "header"
name = "X-Key"
value = "${env:SHOP_TOKEN}"
[apis.shop.credentials.tenant-8]
type = "none"
[[apis.shop.limits]]
rate = 100
per = "1s"
[[apis.shop.limits]]
rate = 90_000
per = "1m"
by = "key"
cost = "tokens"
burst = 1_000
cost_from = "body:/usage/total_tokens"
estimate = 500
[[apis.shop.limits]]
rate = 5
per = "1s"
window = "sliding"
[apis.shop.retry]
max_attempts = 3
on_unknown = "park"
max_age = "1h"
statuses = [500]
errors = ["lost"]
schedule = ["1s", "1m"]
[apis.shop.breaker]
enabled = false
failure_ratio = 0.1
window = "1m"
minimum = 5
cool_down = "5s"
probes = 1
[apis.shop.callbacks]
on_delivered = "https://h/hooks?a=b"
on_failed = "http://h/"
secret = "${env:SHOP_TOKEN}"
[apis.shop.drift]
window = 50
pause_at = 0.25
[apis.shop.operations.createOrder]
method = "POST"
path = "/shops/{shop}/orders"
params = { type = "object" }
body = "order.json"
body_required = false
success = [201, 202]
answers = ["Application/JSON"]
idempotent = true
validation = "warn"
success_when = 'header:x-state == "done"'
[apis.shop.operations.createOrder.retry]
max_attempts = 9
[apis.shop.operations.createOrder.probe]
operation = "getOrder"
params = { id = "{body.id}" }
found = [200, 410]
missing = [404]
[apis.shop.operations.getOrder]
method = "GET"
path = "/orders/{id}"
[apis.shop.operations.getOrder.retry]
base = "1s"
cap = "1m"
"""


_TOKEN = Secret("hunter2", "env:SHOP_TOKEN")
_LIMITS = (
    LimitSettings(100, 1),
    LimitSettings(
        90_000, 60, "key", "tokens", 1000, cost_from=Place("body", steps=("usage", "total_tokens")), estimate=500
    ),
    LimitSettings(5, 1, window="sliding"),
)
_CREDENTIALS: dict[str, AuthSettings] = {"tenant 7": ApiKeyAuth("X-Key", "header", _TOKEN), "tenant-8": NoAuth()}
_RETRY = RetrySettings(3, on_unknown="park", max_age_s=3600, statuses=(500,), errors=("lost",), schedule_s=(1, 60))
_BREAKER = BreakerSettings(enabled=False, failure_ratio=0.1, window_s=60, minimum=5, cool_down_s=5, probes=1)
_CALLBACKS = CallbackSettings("https://h/hooks?a=b", "http://h/", _TOKEN)


def _order(folder: Path) -> OperationSettings:
    """The operation of ``SHOP``."""
    return OperationSettings(
        name="createOrder",
        method="POST",
        path="/shops/{shop}/orders",
        params={"type": "object"},
        body=folder / "order.json",
        body_required=False,
        success=(201, 202),
        answers=("application/json",),
        idempotent=True,
        validation="warn",
        success_when=parse('header:x-state == "done"'),
        retry={"max_attempts": 9},
        probe=ProbeSettings("getOrder", {"id": "{body.id}"}, (200, 410), (404,)),
    )


def _shop(folder: Path) -> ApiSettings:
    """The API of ``SHOP``."""
    return ApiSettings(
        name="shop",
        base_url="https://api.shop.example/v2",
        operations={
            "createOrder": _order(folder),
            "getOrder": OperationSettings("getOrder", "GET", "/orders/{id}", retry={"base_s": 1, "cap_s": 60}),
        },
        auth=BearerAuth(_TOKEN, ("shopAuth",)),
        limits=_LIMITS,
        credentials=_CREDENTIALS,
        retry=_RETRY,
        breaker=_BREAKER,
        callbacks=_CALLBACKS,
        drift=DriftSettings(50, 0.25),
        contract_folders=(folder / "common",),
        nullable="lenient",
        read_only="strip",
        validation="off",
        checks=("shop_rules:check_order", "shop.rules:check"),
        check_budget_s=0.005,
        files=folder / "uploads",
        concurrency="auto",
        ordered=True,
        max_delayed=10,
        allow_private=True,
        closes="key",
        success_when=parse("body:/ok == true"),
        capture="errors",
        capture_bytes=100,
        timeout_s=20,
        connect_timeout_s=1.5,
        idempotency_header="Idempotency-Key",
        headers={"X-Team": "orders"},
        reply_bytes=1024,
    )


def test_every_key_reaches_its_field(read: Read, tmp_path: Path) -> None:
    """One config with every section, compared whole."""
    (tmp_path / "order.json").write_text("{}")
    for name in ("common", "uploads"):
        (tmp_path / name).mkdir()
    settings = read(SHOP, {"TEAM": "orders", "SHOP_TOKEN": "hunter2"})
    assert settings == Settings(
        path=tmp_path / "preflight.toml",
        queue=QueueSettings("sqlite:////var/lib/shop.db"),
        worker=WorkerSettings(1, 120, 1, "jsonschema-rs"),
        apis=with_callbacks({"shop": _shop(tmp_path)}),
    )
    assert "hunter2" not in repr(settings)


def test_what_is_not_written_has_its_default(read: Read, api: str, tmp_path: Path) -> None:
    """The least config; the queue's file lies beside the config, not where the command was given."""
    settings = read(api)
    assert settings.worker == WorkerSettings()
    assert settings.queue.path == tmp_path / "preflight.db"
    assert settings.apis["shop"] == ApiSettings(
        "shop", "https://h", operations={"createOrder": OperationSettings("createOrder", "POST", "/orders")}
    )
    assert settings.warnings == ()


def test_a_contract_says_what_its_config_does_not(read: Read, tmp_path: Path) -> None:
    """Where it lives and what there is; the config says how strictly an operation is taken."""
    (tmp_path / "c.yaml").write_text("{}")
    shop = read(
        '[apis.shop]\ncontract = "c.yaml"\nserver_variables = { region = "${env:REGION}" }\n'
        '[apis.shop.operations."issues/create"]\nvalidation = "warn"\nretry = { max_attempts = 1 }\n',
        {"REGION": "eu"},
    ).apis["shop"]
    assert shop == ApiSettings(
        "shop",
        contract=tmp_path / "c.yaml",
        server_variables={"region": "eu"},
        operations={"issues/create": OperationSettings("issues/create", validation="warn", retry={"max_attempts": 1})},
    )


def test_flag_beats_environment_beats_file_beats_default(read: Read, api: str) -> None:
    """The same key from all four, taken away one by one."""
    text, environ, flags = (
        f'[worker]\ndrain = "1s"\n{api}',
        {"PREFLIGHT_WORKER_DRAIN": "2s"},
        {"worker.drain": "3s", "queue.url": None},
    )
    assert read(text, environ, flags).worker.drain_s == 3
    assert read(text, environ).worker.drain_s == 2
    assert read(text, {"PREFLIGHT_WORKER_DRAIN": ""}).worker.drain_s == 1
    assert read(api).worker.drain_s == 30


def test_a_path_from_a_flag_starts_where_the_command_was_given(
    read: Read, api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path in the file starts from the file; one that was typed starts from the shell's folder."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    text = f'[queue]\nurl = "sqlite:///x.db"\n{api}'
    assert read(text).queue.path == tmp_path / "x.db"
    assert read(text, {"PREFLIGHT_QUEUE_URL": "sqlite:///x.db"}).queue.path == tmp_path / "elsewhere" / "x.db"
    assert read(text, flags={"queue.url": "memory://"}).queue == QueueSettings("memory://")


def test_a_misspelt_environment_variable_draws_a_warning(read: Read, api: str) -> None:
    """It would otherwise do nothing and say nothing."""
    (warning,) = read(api, {"PREFLIGHT_WORKER_LEAS": "2m"}).warnings
    assert warning == 'environment: PREFLIGHT_WORKER_LEAS sets nothing: did you mean "PREFLIGHT_WORKER_LEASE"?'


def test_the_config_is_found_by_name_by_variable_or_here(
    api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this order: --config, PREFLIGHT_CONFIG, ./preflight.toml."""
    for name in ("named", "variable", "preflight"):
        (tmp_path / f"{name}.toml").write_text(api)
    monkeypatch.chdir(tmp_path)
    environ = {"PREFLIGHT_CONFIG": "variable.toml"}
    assert load(Path("named.toml"), environ=environ).path == tmp_path / "named.toml"
    assert load(None, environ=environ).path == tmp_path / "variable.toml"
    assert load(None, environ={}).path == tmp_path / "preflight.toml"


def test_without_a_config_it_is_said_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first thing that a newcomer sees."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"preflight\.toml: there is no such file: create it .*preflight demo"):
        load(None, environ={})


def test_a_byte_order_mark_does_no_harm(tmp_path: Path, api: str) -> None:
    """Editors on Windows write one."""
    file = tmp_path / "p.toml"
    file.write_text(api, "utf-8-sig")
    assert list(load(file, environ={}).apis) == ["shop"]


def test_an_operation_has_what_it_does_not_say_from_its_api(read: Read, api: str) -> None:
    """Retries key by key, with one way to space them; and what a success has to say."""
    retry = 'max_attempts = 3\non_unknown = "park"\nschedule = ["5s"]'
    text = f'{api}retry = {{ max_attempts = 9, base = "1s" }}\n[apis.shop.retry]\n{retry}\n'
    shop = read(text.replace("[apis.shop]\n", "[apis.shop]\nsuccess_when = 'body:/ok == true'\n")).apis["shop"]
    assert shop.retries("createOrder") == RetrySettings(9, base_s=1, on_unknown="park")
    assert shop.retries("another") == RetrySettings(3, on_unknown="park", schedule_s=(5,))
    assert shop.success("createOrder") == shop.success("another") == parse("body:/ok == true")


@pytest.mark.parametrize(
    ("closes", "by", "expected"),
    [
        ("auto", [], "api"),
        ("auto", ["key", "key"], "key"),
        ("auto", ["operation"], "operation"),
        ("auto", ["key", "api"], "api"),
        ("operation", ["key"], "operation"),
    ],
)
def test_what_an_api_closes_is_what_it_counts_by(closes: Literal["auto"], by: list[Any], expected: str) -> None:
    """Unless the config says it."""
    limits = tuple(LimitSettings(1, 1, one) for one in by)
    assert ApiSettings("shop", closes=closes, limits=limits).closing == expected
