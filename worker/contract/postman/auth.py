"""Reads what a Postman request authenticates with: OpenAPI's security scheme for it, and the config's lines."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from worker.contract.postman.collection import Pair, Request
from worker.contract.postman.variables import VARIABLE, text
from worker.redaction import is_secret

_NO_AUTH: Final = frozenset({"", "noauth"})
_FLOWS: Final = {
    "authorization_code": "authorizationCode",
    "authorization_code_with_pkce": "authorizationCode",
    "implicit": "implicit",
    "password_credentials": "password",
    "client_credentials": "clientCredentials",
}


class Scheme(NamedTuple):
    """How requests authenticate.

    Attributes:
        name: what the document calls it.
        definition: the Security Scheme Object.
        config: the keys of ``[apis.NAME.auth]``; empty where this version cannot make such a credential. A secret is
            never among the values: each is the name of an environment variable, or empty for the caller to choose.
    """

    name: str
    definition: Mapping[str, Any]
    config: Mapping[str, str]


def scheme(request: Request, query: tuple[Pair, ...]) -> Scheme | None:
    """What a request authenticates with: its own auth or what it inherits, or else a header or parameter by hand."""
    auth = request.auth if isinstance(request.auth, dict) else {}
    kind = text(auth.get("type")).lower()
    if kind not in _NO_AUTH:
        return _declared(kind, _settings(auth.get(kind)), request)
    for pair in request.headers:
        if pair.enabled and pair.name.lower() == "authorization":
            return _by_hand(pair)
    found = next((pair for pair in request.headers if is_credential(pair)), None)
    if found is not None:
        return _api_key(found.name, "header", found.value)
    found = next((pair for pair in query if is_credential(pair)), None)
    return _api_key(found.name, "query", found.value) if found else None


def is_credential(pair: Pair) -> bool:
    """Whether a header or query parameter carries a credential, by its name."""
    return pair.enabled and is_secret(pair.name) and pair.name.lower() not in {"cookie", "set-cookie"}


def environment_name(*words: str) -> str:
    """``shopToken`` -> ``SHOP_TOKEN``."""
    split = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word) for word in words]
    return re.sub(r"[^A-Z0-9]+", "_", "_".join(split).upper()).strip("_")


def _settings(given: Any) -> dict[str, str]:
    """The parameters of an auth: a list of keys with values (version 2.1), or an object."""
    if isinstance(given, dict):
        return {name: text(value) for name, value in given.items()}
    listed = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
    return {text(one.get("key")): text(one.get("value")) for one in listed}


def _declared(kind: str, given: Mapping[str, str], request: Request) -> Scheme:
    match kind:
        case "bearer" | "jwt":
            return _bearer(given.get("token", ""))
        case "basic":
            return _basic(given.get("username", ""), given.get("password", ""))
        case "apikey":
            place = "query" if given.get("in") == "query" else "header"
            name = request.variables.resolved(given.get("key", "")) or "X-Api-Key"
            return _api_key(name, place, given.get("value", ""))
        case "oauth2":
            flows = _flows(given, request)
            definition = {"type": "oauth2", "flows": flows} if flows else {"type": "http", "scheme": "bearer"}
            return Scheme("oauth2", definition, {"type": "bearer", "token": _variable(given.get("accessToken", ""))})
    return Scheme(kind, {"type": "http", "scheme": kind}, {})


def _bearer(token: str) -> Scheme:
    return Scheme("bearer", {"type": "http", "scheme": "bearer"}, {"type": "bearer", "token": _variable(token)})


def _basic(username: str, password: str) -> Scheme:
    config = {"type": "basic", "username": _variable(username), "password": _variable(password)}
    return Scheme("basic", {"type": "http", "scheme": "basic"}, config)


def _api_key(name: str, place: str, value: str) -> Scheme:
    config = {"type": "api_key", "name": name, "in": place, "value": _variable(value)}
    return Scheme("apiKey", {"type": "apiKey", "in": place, "name": name}, config)


def _by_hand(header: Pair) -> Scheme:
    """A header ``Authorization`` that somebody wrote."""
    kind, _, value = header.value.partition(" ")
    match kind.lower():
        case "bearer":
            return _bearer(value.strip())
        case "basic":
            return _basic("", "")
    return _api_key("Authorization", "header", header.value)


def _variable(value: str) -> str:
    """The environment variable for a value that is a variable of the collection; empty for any other."""
    match = VARIABLE.fullmatch(value.strip())
    return environment_name(match[1]) if match and not match[1].startswith("$") else ""


def _flows(given: Mapping[str, str], request: Request) -> dict[str, Any]:
    """The flow, as far as its addresses are known: OpenAPI wants them to be URLs."""
    flow = _FLOWS.get(given.get("grant_type") or "authorization_code")
    wanted = {"tokenUrl": "accessTokenUrl"} if flow in {"clientCredentials", "password"} else {}
    wanted |= {"authorizationUrl": "authUrl"} if flow == "implicit" else {}
    wanted |= {"authorizationUrl": "authUrl", "tokenUrl": "accessTokenUrl"} if flow == "authorizationCode" else {}
    urls = {name: request.variables.resolved(given.get(key, "")) for name, key in wanted.items()}
    complete = flow is not None and all("://" in url and not VARIABLE.search(url) for url in urls.values())
    scopes = given.get("scope", "").split() if not VARIABLE.search(given.get("scope", "")) else []
    return {flow: {**urls, "scopes": dict.fromkeys(scopes, "")}} if complete and flow else {}
