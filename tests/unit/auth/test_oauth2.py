import base64
import math
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
import pytest

from tests.unit.auth.conftest import AWAY
from worker.auth import oauth2
from worker.auth.oauth2 import Denied, Granted
from worker.outcome import Answer, Reply, Request
from worker.settings import OAuth2Auth
from worker.settings.secret import Secret

_URL: Final = "https://login.example/token"
_SECRET: Final = "gX1fBat3bV"
_NOW: Final = 1_767_225_600.0


def _auth(name: str = "s6BhdRkqt3", secret: str = _SECRET, **settings: Any) -> OAuth2Auth:
    return OAuth2Auth(_URL, name, Secret(secret, "env:SHOP_SECRET"), **settings)


def _form(request: Request) -> dict[str, str]:
    assert isinstance(request.body, bytes)
    return dict(parse_qsl(request.body.decode()))


def _read(reply: Reply) -> Granted | Denied:
    auth = _auth(secret="hunter22+/hunter22")
    return oauth2.read(reply, auth, oauth2.secrets(auth, "refresh-me-99"), _NOW)


def _answer(status: int = 200, headers: dict[str, str] | None = None, **members: Any) -> Answer:
    return Answer(status, headers or {}, orjson.dumps(members), 1.0)


def test_a_client_asks_with_its_own_credentials() -> None:
    """The example of RFC 6749, 4.4.2, in the header of 2.3.1; no refresh token, scope or audience that it has not."""
    request = oauth2.ask(_auth(), None)
    assert (request.method, request.url, request.body) == ("POST", _URL, b"grant_type=client_credentials")
    assert request.headers["Authorization"] == "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_name_and_secret_are_percent_encoded_before_they_are_joined() -> None:
    """RFC 6749, 2.3.1: a colon in the name, or a plus in the secret, would be read as something else."""
    header = oauth2.ask(_auth("a:b", "p+q/r s"), None).headers["Authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")) == b"a%3Ab:p%2Bq%2Fr+s"


def test_a_client_may_say_who_it_is_in_the_body() -> None:
    """And then not in a header."""
    request = oauth2.ask(_auth("a:b", "p+q", style="body", scopes=("read", "write"), audience="shop"), None)
    assert _form(request) == {
        "grant_type": "client_credentials",
        "scope": "read write",
        "audience": "shop",
        "client_id": "a:b",
        "client_secret": "p+q",
    }
    assert "Authorization" not in request.headers


def test_a_refresh_token_is_what_is_asked_with_where_there_is_one() -> None:
    """RFC 6749, 6."""
    assert _form(oauth2.ask(_auth(), "r&1")) == {"grant_type": "refresh_token", "refresh_token": "r&1"}


@pytest.mark.parametrize(
    ("members", "lifetime_s"),
    [
        ({"expires_in": 3600}, 3600.0),
        ({"expires_in": "3600"}, 3600.0),
        ({"expires_in": 1.5}, 1.5),
        ({}, math.inf),
        ({"expires_in": None}, math.inf),
        ({"expires_in": 0}, math.inf),
        ({"expires_in": -1}, math.inf),
        ({"expires_in": True}, math.inf),
        ({"expires_in": "soon"}, math.inf),
        ({"expires_in": 1e30}, math.inf),
        ({"expires_in": "9" * 5000}, math.inf),
    ],
)
def test_a_token_lasts_as_long_as_its_answer_says(members: dict[str, Any], lifetime_s: float) -> None:
    """As a number or as text; nonsense, and what is not said, is for ever: then a 401 tells."""
    granted = _read(_answer(access_token="abcdef", token_type="Bearer", **members))
    assert isinstance(granted, Granted)
    assert granted.credential.headers == {"Authorization": "Bearer abcdef"}
    assert granted.lifetime_s == lifetime_s


@pytest.mark.parametrize(("exp", "lifetime_s"), [(_NOW + 90, 90.0), (_NOW - 90, math.inf)])
def test_a_token_may_say_itself_when_it_ends(exp: float, lifetime_s: float) -> None:
    """Where the answer does not; one that has ended already is of a server whose clock is not ours."""
    claims = base64.urlsafe_b64encode(orjson.dumps({"exp": exp})).decode().rstrip("=")
    granted = _read(_answer(access_token=f"e30.{claims}.x"))
    assert isinstance(granted, Granted)
    assert granted.lifetime_s == lifetime_s


@pytest.mark.parametrize("kind", ["bearer", "BEARER", "", None])
def test_the_type_of_a_token_is_compared_without_case(kind: str | None) -> None:
    """RFC 6749, 5.1; some leave it out."""
    assert isinstance(_read(_answer(access_token="abcdef", token_type=kind)), Granted)


def test_a_rotated_refresh_token_is_told() -> None:
    """RFC 6749, 6: the old one is thrown away."""
    granted = _read(_answer(access_token="abcdef", refresh_token="next"))
    assert isinstance(granted, Granted)
    assert granted.refresh_token == "next"


@pytest.mark.parametrize(
    ("reply", "final", "said"),
    [
        (_answer(400, error="invalid_grant"), True, "it answered 400 (invalid_grant)"),
        (_answer(401, error="invalid_client"), True, "it answered 401 (invalid_client)"),
        (Answer(404, {}, b"<html>", 1.0), True, "it answered 404"),
        (Answer(302, {}, b"", 1.0), True, "it answered 302"),
        (Answer(200, {}, b"<html>", 1.0), False, "its answer has no access_token; is token_url right?"),
        (Answer(200, {}, b"[]", 1.0), False, "its answer has no access_token; is token_url right?"),
        (_answer(access_token=5), False, "its answer has no access_token; is token_url right?"),
        (_answer(access_token="a\r\nb"), True, "no header can hold the one that came"),
        (_answer(access_token="abcdef", token_type="mac"), True, "its token_type is mac, and only bearer is known"),
        (_answer(200, error="bad"), True, "it answered 200 (bad)"),
        (Answer(503, {}, b"", 1.0), False, "it answered 503"),
        (_answer(429, error="slow_down"), False, "it answered 429 (slow_down)"),
        (AWAY, False, "no connection: connection refused"),
    ],
)
def test_what_is_no_token_is_told_from_what_may_pass(reply: Reply, final: bool, said: str) -> None:  # noqa: FBT001
    """A wrong secret or address needs a person; trouble at the endpoint does not."""
    denied = _read(reply)
    assert isinstance(denied, Denied)
    assert denied.final == final
    assert denied.reason.startswith("no token from login.example: ")
    assert denied.reason.endswith(said)


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:07 GMT"}, 7.0),
        ({"retry-after-ms": "7000"}, 7.0),
        ({"retry-after": "-7"}, None),
        ({}, None),
    ],
)
def test_an_endpoint_may_say_how_long_to_stay_away(headers: dict[str, str], wait_s: float | None) -> None:
    """In every way in which an API may; nonsense says nothing."""
    assert _read(Answer(503, headers, b"", 1.0)) == Denied(
        "no token from login.example: it answered 503", final=False, wait_s=wait_s
    )


@pytest.mark.parametrize(
    "repeated", ["hunter22+/hunter22", "hunter22%2B%2Fhunter22", "refresh-me-99", "Bearer abcdefgh"]
)
def test_an_endpoint_that_repeats_a_secret_does_not_get_it_into_the_log(repeated: str) -> None:
    """Nor control characters, nor a whole page."""
    denied = _read(_answer(400, error="bad", error_description=f"{repeated}\x1b[2J{'x' * 1000}"))
    assert isinstance(denied, Denied)
    assert repeated not in denied.reason
    assert denied.reason.isprintable()
    assert len(denied.reason) < 300
