"""The Credential seam: what a credential adds to a request, and until when it is good."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never
from urllib.parse import quote

import orjson

from worker.settings.sections import ApiKeyAuth, AuthSettings, BasicAuth, BearerAuth, NoAuth

_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")


class Credential(Protocol):
    """Adds itself to requests."""

    @property
    def expires_at(self) -> float | None:
        """Epoch seconds after which the API will refuse it; None where it does not say."""

    @property
    def origin(self) -> str:
        """Where it comes from, for messages: ``env:SHOP_TOKEN``. Never the secret itself."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that carry it."""

    @property
    def query(self) -> str:
        """A query string that carries it, encoded, without ``?``; mostly empty."""


@dataclass(frozen=True, slots=True)
class StaticCredential:
    """A credential that stays the same for the life of the process. Its secrets are kept out of ``repr``."""

    origin: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: str = field(default="", repr=False)
    expires_at: float | None = None


def from_settings(auth: AuthSettings) -> Credential:
    """The credential that the config names."""
    match auth:
        case NoAuth():
            return StaticCredential("no credential")
        case BearerAuth(token):
            headers = {"Authorization": f"Bearer {token.reveal()}"}
            return StaticCredential(token.origin, headers, expires_at=jwt_expiry(token.reveal()))
        case BasicAuth(username, password):
            pair = f"{username}:{password.reveal()}".encode()
            return StaticCredential(password.origin, {"Authorization": f"Basic {base64.b64encode(pair).decode()}"})
        case ApiKeyAuth(name, "header", value):
            return StaticCredential(value.origin, {name: value.reveal()}, expires_at=jwt_expiry(value.reveal()))
        case ApiKeyAuth(name, _, value):
            query = f"{quote(name, safe='')}={quote(value.reveal(), safe='')}"
            return StaticCredential(value.origin, query=query)
    assert_never(auth)


def jwt_expiry(token: str) -> float | None:
    """The ``exp`` of a JSON Web Token (RFC 7519), read without checking its signature; None where there is none."""
    match = _JWT.fullmatch(token)
    if match is None:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return float(expiry) if isinstance(expiry, int | float) and not isinstance(expiry, bool) else None
