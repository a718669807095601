import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from worker.cli.contract import command
from worker.contract.contract import from_document
from worker.errors import ContractError, UsageError
from worker.job import UNSET, Job
from worker.settings.load import load
from worker.stages.validate import Checked, validate

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
ORDER = '{"sku": "A-1", "qty": {{qty}}, "who": "ada@example.com", "tags": []}'
COLLECTION: dict[str, Any] = {
    "info": {"name": "Shop API", "schema": SCHEMA},
    "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{shopToken}}"}]},
    "variable": [{"key": "baseUrl", "value": "https://shop.example/v2"}, {"key": "qty", "value": "2"}],
    "item": [
        {
            "name": "Create order",
            "request": {
                "method": "POST",
                "url": "{{baseUrl}}/shops/:shop/orders?dry_run=true",
                "body": {"mode": "raw", "raw": ORDER},
            },
            "response": [{"code": 201}],
        },
        {"name": "Get order", "request": "{{baseUrl}}/orders/{{orderId}}"},
        {"name": "Socket", "request": "ws://shop.example"},
    ],
}

Run = Callable[..., Result]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The collection."""
    path = tmp_path / "shop.postman_collection.json"
    path.write_bytes(orjson.dumps(COLLECTION))
    return path


def run(*arguments: str | Path) -> Result:
    """``preflight contract`` with these arguments."""
    return CliRunner().invoke(command, list(map(str, arguments)), obj={"config": None, "log_level": None})


def test_a_collection_becomes_a_document_that_our_own_reader_takes(file: Path, tmp_path: Path) -> None:
    """It lists, shows and checks as any other; the example is a job that passes."""
    made = tmp_path / "shop.openapi.json"
    assert run("import", file, "-o", made).exit_code == 0

    listed = [json.loads(line) for line in run("list", "--contract", made, "--json").stdout.splitlines()]
    shown = json.loads(run("show", "createOrder", "--contract", made, "--json").stdout)
    assert [(one["name"], one["method"], one["path"]) for one in listed] == [
        ("createOrder", "POST", "/shops/{shop}/orders"),
        ("getOrder", "GET", "/orders/{orderId}"),
    ]
    job = shown["example"]
    assert job["body"] == {"sku": "A-1", "qty": 2, "who": "ada@example.com", "tags": []}
    assert run("lint", made).exit_code == 0
    contract = from_document(made)
    assert contract.operations["createOrder"].success == {201}
    good = Job("1", "shop", "createOrder", job["params"], job["body"])
    assert isinstance(validate(good, contract, "enforce"), Checked)
    for body in (job["body"] | {"qty": "x"}, UNSET):
        assert not isinstance(validate(replace(good, body=body), contract, "enforce"), Checked)


def test_the_document_is_data_and_the_rest_is_told(file: Path) -> None:
    """Standard output has JSON and nothing else, the same each time."""
    result = run("import", file)
    assert json.loads(result.stdout)["openapi"] == "3.1.0"
    assert result.stdout == run("import", file).stdout
    assert "2 requests make 2 operations at https://shop.example/v2" in result.stderr
    assert "left out: Socket: its URL leads to no HTTP server" in result.stderr


def test_the_lines_for_the_config_load(file: Path, tmp_path: Path) -> None:
    """As they are printed, with the variables that they name."""
    made = tmp_path / "shop.openapi.json"
    told = run("import", file, "--api", "shop", "-o", made).stderr
    config = tmp_path / "preflight.toml"
    config.write_text(told[told.index("[apis.shop]") :])
    shop = load(config, environ={"SHOP_TOKEN": "t"}).apis["shop"]
    assert (shop.base_url, shop.contract) == ("https://shop.example/v2", made)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "broken JSON"),
        (b'{"openapi": "3.1.0"}', "an OpenAPI document already"),
        (b"[" * 5000, "broken JSON"),
        (orjson.dumps(COLLECTION | {"item": []}), "no request that an operation could be made of"),
    ],
)
def test_a_file_that_is_no_collection_is_one_clear_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    """With the file's name and exit code 2."""
    path = tmp_path / "x.json"
    path.write_bytes(content)
    result = run("import", path)
    assert isinstance(result.exception, ContractError)
    assert said in str(result.exception)
    assert str(path) in str(result.exception)


def test_a_name_that_no_config_takes_is_refused(file: Path) -> None:
    """Before anything is written; a file that is not there as well."""
    result = run("import", file, "--api", "a b")
    assert isinstance(result.exception, UsageError)
    assert "--api a b" in str(result.exception)
    assert run("import", "gone.json").exit_code == 2
