"""The sandbox lets in who may come in."""

import base64
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from worker.sandbox import Behaviour, Contract, Sandbox
from worker.sandbox.credentials import Accepted
from worker.sandbox.sandbox import Decision

Ask = Callable[..., Decision]

SCHEMES = {
    "token": {"type": "http", "scheme": "bearer"},
    "login": {"type": "http", "scheme": "Basic"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://example.com"},
    "digest": {"type": "http", "scheme": "Digest"},
    "tls": {"type": "mutualTLS"},
}

KNOWN = {
    "token": Accepted(frozenset({"good"}), frozenset({"banned"})),
    "login": Accepted(frozenset({"ada:secret"})),
    "query": Accepted(frozenset({"k"})),
}

GOOD_LOGIN = {"authorization": "Basic " + base64.b64encode(b"ada:secret").decode()}


def guarded(*alternatives: dict[str, list[str]], clock: Any = None) -> Sandbox:
    """A sandbox with GET /x behind these alternatives."""
    root = {
        "openapi": "3.1.0",
        "components": {"securitySchemes": SCHEMES},
        "paths": {"/x": {"get": {"operationId": "get", "security": list(alternatives), "responses": {}}}},
    }
    return Sandbox(Contract.of(root), Behaviour(credentials=KNOWN), clock)


def jwt(**claims: Any) -> str:
    """An unsigned token with such claims."""
    return "e30." + base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=") + ".x"


@pytest.mark.parametrize(
    ("scheme", "target", "headers", "status"),
    [
        ("token", "/x", {"authorization": "Bearer good"}, 200),
        ("token", "/x", {"authorization": "bearer good"}, 200),
        ("token", "/x", {"authorization": "Bearer other"}, 401),
        ("token", "/x", {"authorization": "Bearer "}, 401),
        ("token", "/x", {"authorization": "good"}, 401),
        ("token", "/x", {"authorization": ""}, 401),
        ("token", "/x", {"authorization": "Bearer banned"}, 403),
        ("token", "/x", GOOD_LOGIN, 401),
        ("login", "/x", GOOD_LOGIN, 200),
        ("login", "/x", {"authorization": "Basic ???"}, 401),
        ("login", "/x", {"authorization": "Basic eA=="}, 401),
        ("header", "/x", {"x-api-key": "whatever"}, 200),
        ("header", "/x", {}, 401),
        ("query", "/x?api_key=k", {}, 200),
        ("query", "/x?api_key=l", {}, 401),
        ("query", "/x", {}, 401),
        ("oauth", "/x", {"authorization": "Bearer any"}, 200),
        ("oauth", "/x", GOOD_LOGIN, 401),
        ("oidc", "/x", {"authorization": "Bearer any"}, 200),
        ("oidc", "/x", {"authorization": ""}, 401),
        ("digest", "/x", {"authorization": 'Digest username="ada"'}, 200),
        ("digest", "/x", {"authorization": "Bearer any"}, 401),
        ("login", "/x", {"authorization": "Basic \udcff"}, 401),
        ("cookie", "/x", {"cookie": "a=b; sid=31d4"}, 200),
        ("cookie", "/x", {"cookie": "a=sid; sid="}, 401),
        ("query", "/x?api_key=%6B", {}, 200),
        ("tls", "/x", {}, 200),
    ],
)
def test_a_credential_is_read_where_its_scheme_says(
    ask: Ask, scheme: str, target: str, headers: dict[str, str], status: int
) -> None:
    """401 for a missing or unknown one, 403 for a known one that may not."""
    answer = ask(guarded({scheme: []}), "GET", target, headers=headers).answer
    assert answer.status == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_the_challenge_tells_a_bad_token_from_none(ask: Ask) -> None:
    """RFC 6750: error only where a token was sent."""
    missing = ask(guarded({"token": []}), "GET", "/x", headers={"authorization": ""}).answer
    unknown = ask(guarded({"token": []}), "GET", "/x", headers={"authorization": "Bearer other"}).answer
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="sandbox"'
    assert unknown.headers["WWW-Authenticate"] == 'Bearer realm="sandbox", error="invalid_token"'


def test_a_token_whose_exp_has_passed_is_401(ask: Ask, clock: Any) -> None:
    """A JWT is good until its second comes."""
    sandbox = guarded({"oauth": []}, clock=clock)
    bearer = {"authorization": f"Bearer {jwt(exp=clock.now() + 10)}"}
    assert ask(sandbox, "GET", "/x", headers=bearer).answer.status == 200
    clock.at += 10
    assert ask(sandbox, "GET", "/x", headers=bearer).answer.status == 401


def test_alternatives_are_or_and_schemes_in_one_are_and(ask: Ask) -> None:
    """Any of the alternatives will do; all schemes in it are wanted."""
    sandbox = guarded({"token": [], "header": []}, {"query": []})
    assert ask(sandbox, "GET", "/x", headers={"authorization": "Bearer good"}).answer.status == 401
    both = {"authorization": "Bearer good", "x-api-key": "1"}
    assert ask(sandbox, "GET", "/x", headers=both).answer.status == 200
    assert ask(sandbox, "GET", "/x?api_key=k").answer.status == 200


@pytest.mark.parametrize(("own", "status"), [({}, 401), ({"security": []}, 200), ({"security": [{"token": []}]}, 200)])
def test_an_operation_may_say_more_or_less_than_its_document(ask: Ask, own: dict[str, Any], status: int) -> None:
    """Its own ``security`` replaces that of the root, an empty one opens it."""
    root = {
        "openapi": "3.1.0",
        "components": {"securitySchemes": SCHEMES},
        "security": [{"header": []}],
        "paths": {"/x": {"get": {"responses": {}, **own}}},
    }
    sandbox = Sandbox(Contract.of(root), Behaviour(credentials=KNOWN))
    assert ask(sandbox, "GET", "/x", headers={"authorization": "Bearer good"}).answer.status == status


def test_the_challenge_names_the_scheme(ask: Ask) -> None:
    """Whatever it is."""
    for scheme, expected in (("digest", 'Digest realm="sandbox"'), ("cookie", 'ApiKey realm="sandbox", in="cookie"')):
        answer = ask(guarded({scheme: []}), "GET", "/x", headers={"authorization": ""}).answer
        assert answer.headers["WWW-Authenticate"].startswith(expected)


def test_an_empty_alternative_lets_everybody_in(ask: Ask) -> None:
    """OpenAPI's way to make a credential optional."""
    assert ask(guarded({"token": []}, {}), "GET", "/x", headers={"authorization": ""}).answer.status == 200


def test_the_admin_operation_of_the_demo_wants_another_token(ask: Ask, demo: Contract) -> None:
    """What opens a shop does not open the head office."""
    known = {"shopToken": Accepted(frozenset({"s"})), "adminToken": Accepted(frozenset({"a"}))}
    sandbox = Sandbox(demo, Behaviour(credentials=known))
    shop = {"authorization": "Bearer s"}
    assert ask(sandbox, "GET", "/shops/ulm/orders", headers=shop).answer.status == 200
    assert ask(sandbox, "POST", "/admin/reports", b"{}", headers=shop).answer.status == 401
