from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from worker.contract.access import Access, from_settings
from worker.contract.library import Library
from worker.contract.operation import Operation, Parameter, ParameterPlace
from worker.contract.security import read
from worker.outcome import Cause
from worker.settings import (
    ApiKeyAuth,
    ApiSettings,
    AuthSettings,
    BasicAuth,
    BearerAuth,
    HmacAuth,
    MtlsAuth,
    NoAuth,
    OAuth2Auth,
    StandardWebhooksAuth,
)
from worker.settings.secret import Secret

_SECRET: Final = Secret("hunter22", "env:X")
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "Bearer"},
    "password": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
    "login": {"type": "oauth2", "flows": {}},
    "id": {"type": "openIdConnect", "openIdConnectUrl": "https://h"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "raw": {"type": "apiKey", "in": "header", "name": "Authorization"},
    "query": {"type": "apiKey", "in": "query", "name": "k"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "cert": {"type": "mutualTLS"},
    "hook": {"type": "apiKey", "in": "header", "name": "Webhook-Signature"},
    "again": {"$ref": "#/components/securitySchemes/key"},
}
_K: Final = Parameter("k", "query", "k", required=False, schema={}, style="form", explode=True)
BEARER: Final = BearerAuth(_SECRET)
BASIC: Final = BasicAuth("u", _SECRET)
NONE: Final = NoAuth()
OAUTH2: Final = OAuth2Auth("https://login.example/token", "shop", _SECRET)


def _key(place: Any, name: str) -> ApiKeyAuth:
    return ApiKeyAuth(name, place, _SECRET)


def _operation(*alternatives: tuple[str, ...]) -> Operation:
    library = Library({"components": {"securitySchemes": _SCHEMES}})
    required: Any = [{name: [] for name in names} for names in alternatives]
    return Operation("op", "GET", "/", (_K,), security=read(library, required))


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [
        (BEARER, "token"),
        (BEARER, "login"),
        (BEARER, "id"),
        (BEARER, "raw"),
        (BASIC, "password"),
        (BASIC, "raw"),
        (_key("header", "x-key"), "key"),
        (_key("header", "X-Key"), "again"),
        (_key("header", "Authorization"), "digest"),
        (_key("header", "Authorization"), "token"),
        (_key("query", "k"), "query"),
        (_key("cookie", "sid"), "cookie"),
        (OAUTH2, "token"),
        (OAUTH2, "login"),
        (HmacAuth(_SECRET, "x-key"), "key"),
        (HmacAuth(_SECRET, "X-Signature", timestamp_header="X-Key"), "key"),
        (HmacAuth(_SECRET, "Authorization"), "digest"),
        (StandardWebhooksAuth(_SECRET), "hook"),
        (MtlsAuth(Path("client.pem")), "cert"),
        (NONE, "never described"),
    ],
)
def test_a_credential_meets_schemes_of_its_kind(auth: AuthSettings, scheme: str) -> None:
    """And those of which nobody can say what they ask for."""
    assert Access(auth, ()).faults(_operation((scheme,)), (), ()) == []


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [
        (NONE, "token"),
        (BASIC, "token"),
        (BEARER, "password"),
        (BEARER, "digest"),
        (BEARER, "cert"),
        (MtlsAuth(Path("client.pem")), "token"),
        (OAUTH2, "password"),
        (_key("header", "X-Other"), "key"),
        (_key("query", "K"), "query"),
        (_key("query", "sid"), "cookie"),
    ],
)
def test_an_operation_that_asks_for_another_is_not_called(auth: AuthSettings, scheme: str) -> None:
    """The API would answer 401."""
    (fault,) = Access(auth, ()).faults(_operation((scheme,)), (), ())
    assert (fault.cause, fault.rule) == (Cause.UNAUTHORISED, "security")
    assert scheme in fault.detail


def test_each_job_is_held_to_the_credential_of_its_key() -> None:
    """Where it has none of its own, to the API's; the hint names the section that is meant."""
    api = replace(ApiSettings("shop"), auth=BEARER, credentials={"a": BASIC, "b": NONE})
    access, operation = from_settings(api), _operation(("password",))
    assert access.of("a").faults(operation, (), ()) == []
    hints = [access.of(key).faults(operation, (), ())[0].hint for key in ("b", "c", None)]
    sections = ["apis.shop.credentials.b", "apis.shop.auth", "apis.shop.auth"]
    for hint, section in zip(hints, sections, strict=True):
        assert hint is not None
        assert f"[{section}]" in hint


def test_what_one_of_several_credentials_sends_is_asked_of_no_job() -> None:
    """Who has no such credential is told that, and not that a parameter is missing."""
    parameter = Parameter("k", "query", "k", required=True, schema={}, style="form", explode=True)
    access = from_settings(replace(ApiSettings("shop"), credentials={"a": _key("query", "k")}))
    (relieved,) = access.relieved(Operation("op", "GET", "/", (parameter,))).parameters
    assert not relieved.required


def test_any_alternative_lets_in_by_all_of_its_schemes() -> None:
    """An empty one lets everybody in."""
    both = _operation(("token", "key"), ("query",))
    assert Access(BEARER, ()).faults(both, (), ())
    assert Access(BEARER, ["X-Key"]).faults(both, (), ()) == []
    assert Access(_key("query", "k"), ()).faults(both, (), ()) == []
    assert Access(NONE, ()).faults(_operation(("token",), ()), (), ()) == []
    assert Access(NONE, ()).faults(_operation(), (), ()) == []


def test_a_job_may_bring_its_own_key() -> None:
    """In a header, or in a parameter that the contract describes; the next job has to bring its own."""
    access = Access(NONE, ())
    assert access.faults(_operation(("key",)), ["x-KEY"], ()) == []
    assert access.faults(_operation(("query",)), (), ["k"]) == []
    assert access.faults(_operation(("key",)), (), ())


def test_schemes_that_the_config_names_are_the_ones_that_are_met() -> None:
    """Whatever their kind: a gateway may add what is asked for."""
    auth = BearerAuth(_SECRET, ("cert",))
    assert Access(auth, ()).faults(_operation(("cert",)), (), ()) == []
    assert Access(auth, ()).faults(_operation(("token",)), (), ())


def test_what_the_config_sends_is_not_asked_of_jobs() -> None:
    """Its headers, its credential, and the header that says who we are; what it does not send still is."""
    names: tuple[tuple[ParameterPlace, str], ...] = (
        ("header", "X-Version"),
        ("header", "user-agent"),
        ("query", "k"),
        ("header", "X-Other"),
        ("cookie", "k"),
    )
    parameters = tuple(
        Parameter(name, place, f"{place}.{name}", required=True, schema={}, style="form", explode=True)
        for place, name in names
    )
    access = Access(_key("query", "k"), ["x-version"])
    relieved = access.relieved(Operation("op", "GET", "/", parameters))
    assert [one.flat for one in relieved.parameters if one.required] == ["header.X-Other", "cookie.k"]
