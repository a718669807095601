"""The Credential seam: what a credential adds to a request, and until when it is good."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never
from urllib.parse import quote

import orjson

from worker.errors import ConfigError
from worker.settings import ApiKeyAuth, AuthSettings, BasicAuth, BearerAuth, NoAuth
from worker.settings.secret import Secret

_SHORTEST_SECRET: Final = 6
_JWT: Final = re.compile(r"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")

_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+")

_LAST_MOMENT: Final = 253_402_300_799.0  # the end of the year 9999, beyond which there are no dates


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
    def secrets(self) -> Sequence[bytes]:
        """The secret in every form in which it is sent, so that it can be struck out of answers that repeat it."""

    @property
    def cookie(self) -> str:
        """A cookie that carries it, ``name=value``; mostly empty."""

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
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    cookie: str = field(default="", repr=False)


def from_settings(auth: AuthSettings) -> Credential:
    """The credential that the config names.

    Raises:
        ConfigError: it cannot be sent; the message names where it comes from.
    """
    match auth:
        case NoAuth():
            return StaticCredential("no credential")
        case BearerAuth(token=token):
            headers = {"Authorization": f"Bearer {_in_header(token)}"}
            return StaticCredential(token.origin, headers, "", jwt_expiry(token.reveal()), _struck(token.reveal()))
        case BasicAuth(username=username, password=password):
            if ":" in username:
                raise ConfigError(f"auth.username = {username!r}: a user name cannot hold a colon (RFC 7617)")
            pair = f"{username}:{password.reveal()}".encode()
            encoded = base64.b64encode(pair).decode()
            headers = {"Authorization": f"Basic {encoded}"}
            return StaticCredential(password.origin, headers, secrets=_struck(password.reveal(), encoded))
        case ApiKeyAuth(name=name, place="header", value=value):
            headers = {name: _in_header(value)}
            return StaticCredential(value.origin, headers, "", jwt_expiry(value.reveal()), _struck(value.reveal()))
        case ApiKeyAuth(name=name, place="cookie", value=value):
            cookie, expiry = f"{name}={_in_cookie(value)}", jwt_expiry(value.reveal())
            return StaticCredential(value.origin, cookie=cookie, expires_at=expiry, secrets=_struck(value.reveal()))
        case ApiKeyAuth(name=name, value=value):
            encoded = quote(value.reveal(), safe="")
            query = f"{quote(name, safe='')}={encoded}"
            return StaticCredential(value.origin, query=query, secrets=_struck(value.reveal(), encoded))
    assert_never(auth)


def _struck(*forms: str) -> tuple[bytes, ...]:
    """What is struck out of answers. Shorter than this it is no secret, and would be found in any text."""
    return tuple(dict.fromkeys(form.encode() for form in forms if len(form) >= _SHORTEST_SECRET))


def _in_header(secret: Secret) -> str:
    """A secret that a header can hold: a line break in it would end the header, or start another."""
    text = secret.reveal()
    if not text or not text.isascii() or not text.isprintable() or text != text.strip():
        raise ConfigError(
            f"the credential of {secret.origin} is empty, or holds spaces around it, line breaks or characters outside "
            f"of ASCII, which no header can; is it the right value?"
        )
    return text


def _in_cookie(secret: Secret) -> str:
    """A secret that a cookie can hold (RFC 6265): other characters would end it, or start another."""
    text = secret.reveal()
    if not _COOKIE_VALUE.fullmatch(text):
        raise ConfigError(
            f"the credential of {secret.origin} is empty, or holds blanks, quotes, commas, semicolons, backslashes or "
            f"characters outside of ASCII, which no cookie can; is it the right value?"
        )
    return text


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
    if not isinstance(expiry, int | float) or isinstance(expiry, bool):
        return None
    return min(max(float(expiry), 0.0), _LAST_MOMENT)
