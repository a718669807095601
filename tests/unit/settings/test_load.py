from collections.abc import Callable
from pathlib import Path

import pytest

from worker.errors import ConfigError
from worker.settings import (
    ApiKeyAuth,
    ApiSettings,
    BasicAuth,
    BearerAuth,
    LimitSettings,
    NoAuth,
    OperationSettings,
    QueueSettings,
    RetrySettings,
    Secret,
    Settings,
    WorkerSettings,
    load,
)

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
validation = "off"
concurrency = 8
timeout = "20s"
connect_timeout = "1500ms"
idempotency_header = "Idempotency-Key"
headers = { "X-Team" = "${env:TEAM}" }
reply_bytes = 1024
[apis.shop.auth]
type = "bearer"
token = "${env:SHOP_TOKEN}"
[[apis.shop.limits]]
rate = 100
per = "1s"
[[apis.shop.limits]]
rate = 90_000
per = "1m"
by = "key"
cost = "tokens"
burst = 1_000
[apis.shop.retry]
max_attempts = 3
base = "1s"
cap = "1m"
on_unknown = "park"
[apis.shop.operations.createOrder]
method = "POST"
path = "/shops/{shop}/orders"
params = { type = "object" }
body = "order.json"
body_required = false
success = [201, 202]
answers = ["Application/JSON"]
idempotent = true
"""


def test_every_key_reaches_its_field(read: Read, tmp_path: Path) -> None:
    """One config with every section, compared whole."""
    (tmp_path / "order.json").write_text("{}")
    settings = read(SHOP, {"TEAM": "orders", "SHOP_TOKEN": "hunter2"})
    order = OperationSettings(
        name="createOrder",
        method="POST",
        path="/shops/{shop}/orders",
        params={"type": "object"},
        body=tmp_path / "order.json",
        body_required=False,
        success=(201, 202),
        answers=("application/json",),
        idempotent=True,
    )
    shop = ApiSettings(
        name="shop",
        base_url="https://api.shop.example/v2",
        operations={"createOrder": order},
        auth=BearerAuth(Secret("hunter2", "env:SHOP_TOKEN")),
        limits=(LimitSettings(100, 1), LimitSettings(90_000, 60, "key", "tokens", 1000)),
        retry=RetrySettings(3, 1, 60, "park"),
        validation="off",
        concurrency=8,
        timeout_s=20,
        connect_timeout_s=1.5,
        idempotency_header="Idempotency-Key",
        headers={"X-Team": "orders"},
        reply_bytes=1024,
    )
    assert settings == Settings(
        path=tmp_path / "preflight.toml",
        queue=QueueSettings("sqlite:////var/lib/shop.db"),
        worker=WorkerSettings(1, 120, 1, "jsonschema-rs"),
        apis={"shop": shop},
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


@pytest.mark.parametrize(
    ("auth", "expected"),
    [
        ('type = "none"', NoAuth()),
        ('type = "bearer"\ntoken = "${file:t}"', BearerAuth(Secret("v", "file:t"))),
        ('type = "basic"\nusername = "u"\npassword = "${env:P}"', BasicAuth("u", Secret("p", "env:P"))),
        (
            'type = "api_key"\nname = "X-Key"\nin = "query"\nvalue = "${env:P}"',
            ApiKeyAuth("X-Key", "query", Secret("p", "env:P")),
        ),
    ],
)
def test_each_type_of_credential_has_its_own_keys(
    auth: str, expected: object, read: Read, api: str, tmp_path: Path
) -> None:
    """The tag decides the section, and secrets keep their origin."""
    (tmp_path / "t").write_text("v\n")
    auth_read = read(f"{api}[apis.shop.auth]\n{auth}\n", {"P": "p"}).apis["shop"].auth
    assert repr(auth_read).replace(f"{tmp_path}/", "") == repr(expected)


def test_a_secret_in_the_file_draws_a_warning_that_does_not_show_it(read: Read, api: str) -> None:
    """It works, since a sandbox needs no better; the remedy is named."""
    settings = read(f'{api}[apis.shop.auth]\ntype = "bearer"\ntoken = "hunter2"\n')
    (warning,) = settings.warnings
    assert "apis.shop.auth.token stands in the file: write ${env:NAME} or ${file:PATH} instead" in warning
    assert "hunter2" not in warning


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
    assert warning == 'environment: PREFLIGHT_WORKER_LEAS sets nothing; did you mean "PREFLIGHT_WORKER_LEASE"?'


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
