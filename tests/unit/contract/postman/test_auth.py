from typing import TYPE_CHECKING, Any

import orjson
import pytest

if TYPE_CHECKING:
    from tests.unit.contract.postman.conftest import Make

SECRET = "sk-live-0123456789"


def auth(kind: str, **parameters: Any) -> dict[str, Any]:
    """An auth as version 2.1 writes it."""
    return {"type": kind, kind: [{"key": key, "value": value} for key, value in parameters.items()]}


def item(name: str = "Create order", **request: Any) -> dict[str, Any]:
    """An item with a request in it."""
    return {"name": name, "request": {"method": "POST", "url": f"https://shop.example/{name[:1]}", **request}}


def security(made: Any) -> list[Any]:
    """What each operation asks for."""
    return [one.get("security") for path in made.document["paths"].values() for one in path.values()]


@pytest.mark.parametrize(
    ("given", "scheme", "lines"),
    [
        (auth("bearer", token="{{shopToken}}"), {"type": "http", "scheme": "bearer"}, ['token = "${env:SHOP_TOKEN}"']),
        (auth("bearer", token=SECRET), {"type": "http", "scheme": "bearer"}, ['token = "${env:SHOP_TOKEN}"']),
        (
            auth("basic", username="{{user}}", password="{{shopPassword}}"),
            {"type": "http", "scheme": "basic"},
            ['username = "${env:USER}"', 'password = "${env:SHOP_PASSWORD}"'],
        ),
        (
            auth("apikey", key="X-Shop", value="{{shopKey}}"),
            {"type": "apiKey", "in": "header", "name": "X-Shop"},
            ['name = "X-Shop"', 'in = "header"', 'value = "${env:SHOP_KEY}"'],
        ),
        (
            auth("apikey", **{"key": "key", "value": SECRET, "in": "query"}),
            {"type": "apiKey", "in": "query", "name": "key"},
            ['in = "query"', 'value = "${env:SHOP_KEY}"'],
        ),
        (
            auth("oauth2", grant_type="client_credentials", accessTokenUrl="https://l.example/t", scope="a b"),
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://l.example/t", "scopes": {"a": "", "b": ""}}},
            },
            ['type = "bearer"', 'token = "${env:SHOP_TOKEN}"'],
        ),
        (
            auth("oauth2", accessToken="{{accessToken}}"),
            {"type": "http", "scheme": "bearer"},
            ['token = "${env:ACCESS_TOKEN}"'],
        ),
        (
            auth("awsv4", secretKey=SECRET),
            {"type": "http", "scheme": "awsv4"},
            ["# the collection authenticates with awsv4, which this version has no credential for"],
        ),
    ],
)
def test_an_auth_becomes_a_scheme_and_lines_of_the_config(
    make: "Make", given: Any, scheme: dict[str, Any], lines: list[str]
) -> None:
    """With a variable of the environment for each secret."""
    made = make(item(), auth=given)
    assert list(made.document["components"]["securitySchemes"].values()) == [scheme]
    assert [line for line in lines if line not in made.config] == []
    assert SECRET not in made.config


def test_requests_inherit_have_their_own_or_have_none(make: "Make") -> None:
    """Each operation says which it asks for; ``noauth`` asks for nothing."""
    made = make(
        item("a"), item("b", auth=auth("basic")), item("c", auth={"type": "noauth"}), auth=auth("bearer", token="{{t}}")
    )
    assert security(made) == [[{"bearer": []}], [{"basic": []}], None]
    assert "# some requests authenticate with basic: that takes an API of its own" in made.config


def test_two_keys_are_two_schemes(make: "Make") -> None:
    """Each by its own name."""
    made = make(item("a", auth=auth("apikey", key="X-A")), item("b", auth=auth("apikey", key="X-B")))
    assert security(made) == [[{"apiKey": []}], [{"apiKey2": []}]]


@pytest.mark.parametrize(
    ("request_", "scheme"),
    [
        ({"header": [{"key": "Authorization", "value": f"Bearer {SECRET}"}]}, {"type": "http", "scheme": "bearer"}),
        (
            {"header": [{"key": "authorization", "value": "Basic YWRhOmh1bnRlcjI="}]},
            {"type": "http", "scheme": "basic"},
        ),
        (
            {"header": [{"key": "X-Api-Key", "value": SECRET}]},
            {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        ),
        (
            {"url": f"https://shop.example/C?api_key={SECRET}"},
            {"type": "apiKey", "in": "query", "name": "api_key"},
        ),
    ],
)
def test_a_credential_that_somebody_wrote_by_hand_is_one(
    make: "Make", request_: dict[str, Any], scheme: dict[str, Any]
) -> None:
    """It is no parameter of the operation."""
    made = make(item(**request_))
    assert list(made.document["components"]["securitySchemes"].values()) == [scheme]
    assert "parameters" not in made.document["paths"]["/C"]["post"]
    assert "${env:SHOP_" in made.config


def test_no_secret_of_a_collection_is_written(make: "Make") -> None:
    """Wherever it stands, and wherever it is repeated."""
    fields = [{"key": "client_secret", "value": SECRET}]
    text = orjson.dumps({"note": f"use {SECRET}", "qty": 1}).decode()
    made = make(
        item("Form", body={"mode": "urlencoded", "urlencoded": fields}),
        item("Raw", body={"mode": "raw", "raw": text}, description=f"Send {SECRET}."),
        item("Login", body={"mode": "raw", "raw": '{"password": "hunter2"}'}),
        item("Path", url=f"https://ada:hunter2@shop.example/x/{SECRET}?session={SECRET}"),
        item("Variable", url="https://shop.example/v/{{shopToken}}", header="Cookie: sid=hunter2"),
        item("Typed", url="https://shop.example/t/{{plain}}"),
        auth=auth("bearer", token=SECRET),
        variable=[
            {"key": "shopToken", "value": "hunter2"},
            {"key": "plain", "value": "hunter2", "type": "secret"},
        ],
    )
    told = orjson.dumps(made.document).decode() + made.config + made.read + "".join((*made.left_out, *made.notes))
    assert SECRET not in told
    assert "hunter2" not in told
    assert "Variable: its Cookie header is left out; a session is a secret" in made.notes


def test_an_idempotency_key_is_the_workers_to_make(make: "Make") -> None:
    """One line of the config, and no parameter."""
    made = make(item(header=[{"key": "Idempotency-Key", "value": "{{$guid}}"}]))
    assert 'idempotency_header = "Idempotency-Key"' in made.config
    assert "parameters" not in made.document["paths"]["/C"]["post"]
