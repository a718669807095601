import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.auth.credential import StaticCredential, from_settings
from worker.auth.expiry import jwt_expiry
from worker.errors import ConfigError
from worker.outcome import Request
from worker.settings import ApiKeyAuth, AuthSettings, BasicAuth, BearerAuth, NoAuth
from worker.settings.secret import Secret


def _secret(value: str) -> Secret:
    return Secret(value, "env:SHOP_TOKEN")


def jwt(claims: Any) -> str:
    """A JSON Web Token with these claims and no real signature."""
    payload = base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{payload}.c2ln"


@pytest.mark.parametrize(
    ("auth", "headers", "query"),
    [
        (NoAuth(), {}, ""),
        (BearerAuth(_secret("abc")), {"Authorization": "Bearer abc"}, ""),
        (BasicAuth("me", _secret("p:ä")), {"Authorization": "Basic bWU6cDrDpA=="}, ""),
        (ApiKeyAuth("X-Key", "header", _secret("abc")), {"X-Key": "abc"}, ""),
        (ApiKeyAuth("api key", "query", _secret("a&b=c/ä")), {}, "api%20key=a%26b%3Dc%2F%C3%A4"),
    ],
)
def test_each_credential_adds_what_its_type_says(auth: AuthSettings, headers: dict[str, str], query: str) -> None:
    """A header or a query, encoded."""
    made = from_settings(auth)
    assert isinstance(made, StaticCredential)
    assert (made.headers, made.query, made.expires_at) == (headers, query, None)


def test_a_key_in_a_cookie_is_a_name_and_a_value() -> None:
    """What sends requests joins it with the cookies that are parameters."""
    made = from_settings(ApiKeyAuth("sid", "cookie", _secret("abc=/+d")))
    assert isinstance(made, StaticCredential)
    assert (made.cookie, made.headers, made.query) == ("sid=abc=/+d", {}, "")
    assert made.secrets == (b"abc=/+d",)


@pytest.mark.parametrize(
    ("auth", "header", "url"),
    [
        (BearerAuth(_secret("new")), ("Authorization", "Bearer new"), "https://h/a?q=1"),
        (ApiKeyAuth("k", "query", _secret("n&w")), ("Cookie", "lang=de; sid=old"), "https://h/a?q=1&k=n%26w"),
        (ApiKeyAuth("sid", "cookie", _secret("new")), ("Cookie", "lang=de; sid=new"), "https://h/a?q=1"),
    ],
)
def test_a_credential_is_put_on_a_request_that_leaves(auth: AuthSettings, header: tuple[str, str], url: str) -> None:
    """Its header, parameter or cookie, in the place of one of that name; the request that was made stays as it is."""
    request = Request("GET", "https://h/a?q=1", {"Cookie": "lang=de; sid=old"}, None, idempotent=True)
    sent = from_settings(auth).apply(request, "job-1", 0.0)
    assert sent.headers.items() >= {header}
    assert sent.url == url
    assert request.headers == {"Cookie": "lang=de; sid=old"}


@pytest.mark.parametrize("value", ["", "a b", "a;b", "a,b", 'a"b', "a\\b", "a\r\nX: b", "ä"])
def test_a_secret_that_no_cookie_can_hold_is_refused_at_the_start(value: str) -> None:
    """It would end the cookie, or start another."""
    with pytest.raises(ConfigError, match=r"SHOP_TOKEN is empty, or holds .* which no cookie can"):
        from_settings(ApiKeyAuth("sid", "cookie", _secret(value)))


@pytest.mark.parametrize(
    "auth",
    [
        BearerAuth(_secret("hunter2")),
        BasicAuth("me", _secret("hunter2")),
        ApiKeyAuth("k", "header", _secret("hunter2")),
        ApiKeyAuth("k", "query", _secret("hunter2")),
        ApiKeyAuth("k", "cookie", _secret("hunter2")),
    ],
)
def test_no_credential_shows_its_secret(auth: AuthSettings) -> None:
    """But where it came from."""
    shown = f"{from_settings(auth)!r} {auth!r}"
    assert "SHOP_TOKEN" in shown
    assert "hunter2" not in shown
    assert base64.b64encode(b"me:hunter2").decode() not in shown


@pytest.mark.parametrize("value", ["", "a\r\nX: b", "a\n", " a", "a ", "ä", "a\0"])
def test_a_secret_that_no_header_can_hold_is_refused_at_the_start(value: str) -> None:
    """With where it comes from, and without itself."""
    for auth in (BearerAuth(_secret(value)), ApiKeyAuth("k", "header", _secret(value))):
        with pytest.raises(ConfigError, match="SHOP_TOKEN") as caught:
            from_settings(auth)
        assert not value.strip() or repr(value)[1:-1] not in str(caught.value) or len(value) < 3


def test_a_user_name_has_no_colon() -> None:
    """The password would begin there (RFC 7617)."""
    with pytest.raises(ConfigError, match="colon"):
        from_settings(BasicAuth("a:b", _secret("x")))


@pytest.mark.parametrize(
    ("claims", "expiry"),
    [
        ({"exp": 1_767_225_600}, 1_767_225_600.0),
        ({"exp": 1.5}, 1.5),
        ({"exp": -(10**18)}, 0.0),
        ({"exp": 10**18}, 253_402_300_799.0),
        ({"exp": "soon"}, None),
        ({"exp": True}, None),
        ({}, None),
        ([], None),
        (5, None),
    ],
)
def test_a_token_that_says_when_it_ends_is_read(claims: Any, expiry: float | None) -> None:
    """As bearer and as a key; nonsense says nothing, and what is no date is the nearest one."""
    token = _secret(jwt(claims))
    assert jwt_expiry(token.reveal()) == expiry
    assert from_settings(BearerAuth(token)).expires_at == expiry
    assert from_settings(ApiKeyAuth("k", "header", token)).expires_at == expiry


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{1,9}\.[A-Za-z0-9_-]{1,12}\.[A-Za-z0-9_-]{0,9}", fullmatch=True))
def test_any_token_is_read_without_an_exception(token: str) -> None:
    """Most tokens are no JSON Web Tokens."""
    assert jwt_expiry(token) is None or isinstance(jwt_expiry(token), float)
