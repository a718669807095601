"""The sandbox gives tokens to clients it knows, and lets nobody else in."""

import base64
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import pytest

from worker.errors import UsageError
from worker.sandbox import Behaviour, Contract, Sandbox, behaviour
from worker.sandbox.answer import Answer
from worker.sandbox.credentials import Accepted
from worker.sandbox.received import Received
from worker.sandbox.tokens import Client
from worker.testing import ManualClock

_CONTRACT: Final = Contract.of(
    {
        "openapi": "3.1.0",
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/x": {"get": {"operationId": "get", "security": [{"token": []}], "responses": {}}}},
    }
)
_OWN: Final = {"grant_type": "client_credentials"}


def _sandbox(clock: ManualClock, *, tells: bool = True) -> Sandbox:
    client = Client("a:b+c", 2.0, tells)
    return Sandbox(_CONTRACT, Behaviour(credentials={"token": Accepted(frozenset({"key"}), client=client)}), clock)


def _asked(sandbox: Sandbox, form: dict[str, str], authorization: str = "") -> tuple[Answer, dict[str, Any]]:
    request = Received("POST", "", "", {"authorization": authorization}, urlencode(form).encode())
    answer = sandbox.tokens.grant(request)
    return answer, orjson.loads(answer.body)


def _status(sandbox: Sandbox, token: str) -> int:
    return sandbox.decide(Received("GET", "/x", "", {"authorization": f"Bearer {token}"}, b"")).answer.status


@pytest.mark.parametrize("style", ["basic", "body"])
def test_a_token_is_good_until_it_ends(style: str) -> None:
    """However the client says who it is; its name and secret are percent-encoded in a header."""
    clock = ManualClock()
    sandbox = _sandbox(clock)
    header = "Basic " + base64.b64encode(b"a:b%2Bc").decode()
    form = _OWN if style == "basic" else {**_OWN, "client_id": "a", "client_secret": "b+c"}
    answer, told = _asked(sandbox, form, header if style == "basic" else "")
    assert (answer.status, told["token_type"], told["expires_in"]) == (200, "Bearer", 2.0)
    assert _status(sandbox, told["access_token"]) == 200
    clock.advance(2)
    assert _status(sandbox, told["access_token"]) == 401


def test_nobody_else_is_let_in() -> None:
    """But who has one of the fixed credentials."""
    sandbox = _sandbox(ManualClock())
    assert [_status(sandbox, token) for token in ("made-up", "key")] == [401, 200]


def test_how_long_a_token_lasts_need_not_be_told() -> None:
    """There are such APIs."""
    assert (
        "expires_in"
        not in _asked(_sandbox(ManualClock(), tells=False), {**_OWN, "client_id": "a", "client_secret": "b+c"})[1]
    )


@pytest.mark.parametrize(
    ("form", "header", "status", "error"),
    [
        ({}, "", 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, "", 400, "unsupported_grant_type"),
        (_OWN, "", 401, "invalid_client"),
        ({**_OWN, "client_id": "a", "client_secret": "wrong"}, "", 401, "invalid_client"),
        (_OWN, "Basic ?", 401, "invalid_client"),
        (_OWN, "Basic " + base64.b64encode(b"\xff").decode(), 401, "invalid_client"),
    ],
)
def test_who_is_not_known_gets_none(form: dict[str, str], header: str, status: int, error: str) -> None:
    """In the words of RFC 6749, 5.2."""
    sandbox = _sandbox(ManualClock())
    answer, told = _asked(sandbox, form, header)
    assert (answer.status, told) == (status, {"error": error})
    assert (sandbox.tokens.issued, sandbox.tokens.refused) == (0, 1)


def test_the_file_says_who_gets_tokens(tmp_path: Path) -> None:
    """And is read as strictly as all of it."""
    path = tmp_path / "behaviour.toml"
    path.write_text('[credentials.token]\nclient = "a:b"\ntoken_life = "2s"\ntoken_life_untold = true\n')
    assert behaviour.read(path).credentials["token"].client == Client("a:b", 2.0, tells=False)
    for wrong in ('client = "a"', 'token_life = "2s"'):
        path.write_text(f"[credentials.token]\n{wrong}\n")
        with pytest.raises(UsageError, match="client"):
            behaviour.read(path)
