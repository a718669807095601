"""What a credential adds to a request: the seam, and the credentials that add the same to every request."""

import base64
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never
from urllib.parse import quote

from worker.auth.cookie import joined
from worker.auth.expiry import jwt_expiry
from worker.auth.hmac_signature import HmacCredential
from worker.auth.standard_webhooks import StandardWebhooksCredential
from worker.auth.striking import SHORTEST
from worker.errors import ConfigError
from worker.outcome import Request
from worker.settings import (
    ApiKeyAuth,
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

_COOKIE_VALUE: Final = re.compile(r"[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+")


class Credential(Protocol):
    """Adds itself to requests. A frozen value: where it is replaced in time, that is its Keeper's business."""

    @property
    def origin(self) -> str:
        """Where it comes from, for messages: ``env:SHOP_TOKEN``. Never the secret itself."""

    @property
    def expires_at(self) -> float | None:
        """Epoch seconds after which the API will refuse it; None where it does not say."""

    @property
    def secrets(self) -> Sequence[bytes]:
        """The secret in every form in which it is sent, so that it can be struck out of answers that repeat it."""

    @property
    def names(self) -> Collection[str]:
        """Of the headers that it sets."""

    def apply(self, request: Request, job_id: str, now: float) -> Request:
        """The request with the credential on it, as it leaves.

        Args:
            request: complete otherwise; its body is bytes, or None.
            job_id: whose request it is.
            now: epoch seconds at which it leaves.
        """


@dataclass(frozen=True, slots=True)
class StaticCredential:
    """The same for every request. Its secrets are kept out of ``repr``.

    Attributes:
        query: a query string that carries it, encoded, without ``?``; mostly empty.
        cookie: a cookie that carries it, ``name=value``; mostly empty.
    """

    origin: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: str = field(default="", repr=False)
    expires_at: float | None = None
    secrets: tuple[bytes, ...] = field(default=(), repr=False)
    cookie: str = field(default="", repr=False)

    @property
    def names(self) -> Collection[str]:
        """See ``Credential``."""
        return self.headers.keys()

    def apply(self, request: Request, job_id: str, now: float) -> Request:  # noqa: ARG002 - the same for all
        """See ``Credential``."""
        headers, url = {**request.headers, **self.headers}, request.url
        if self.cookie:
            headers["Cookie"] = joined(headers.get("Cookie", ""), self.cookie)
        if self.query:
            url += ("&" if "?" in url else "?") + self.query
        return request._replace(headers=headers, url=url)


def from_settings(auth: AuthSettings) -> Credential:
    """The credential that the config names. Of ``oauth2`` that is one without a token, which has to be fetched.

    Raises:
        ConfigError: it cannot be sent; the message names where it comes from.
    """
    match auth:
        case NoAuth():
            return StaticCredential("no credential")
        case MtlsAuth(certificate=certificate):  # the connection carries it
            return StaticCredential(f"file:{certificate}")
        case BearerAuth(token=token):
            return bearer(token.reveal(), token.origin)
        case OAuth2Auth(client_id=name, client_secret=secret):
            return StaticCredential(f"{name} ({secret.origin})", {"Authorization": ""})
        case BasicAuth():
            return _basic(auth)
        case ApiKeyAuth():
            return _api_key(auth)
        case HmacAuth() | StandardWebhooksAuth():
            return _signing(auth)
    assert_never(auth)


def bearer(token: str, origin: str) -> StaticCredential:
    """``Authorization: Bearer TOKEN``.

    Raises:
        ConfigError: no header can hold the token.
    """
    headers = {"Authorization": f"Bearer {_in_header(Secret(token, origin))}"}
    return StaticCredential(origin, headers, "", jwt_expiry(token), struck(token))


def _signing(auth: HmacAuth | StandardWebhooksAuth) -> Credential:
    secrets = struck(auth.secret.reveal())
    if isinstance(auth, HmacAuth):
        return HmacCredential.made(auth, secrets)
    return StandardWebhooksCredential.made(auth.secret, secrets)


def _basic(auth: BasicAuth) -> StaticCredential:
    username, password = auth.username, auth.password
    if ":" in username:
        raise ConfigError(f"auth.username = {username!r}: a user name cannot hold a colon (RFC 7617)")
    encoded = base64.b64encode(f"{username}:{password.reveal()}".encode()).decode()
    headers = {"Authorization": f"Basic {encoded}"}
    return StaticCredential(password.origin, headers, secrets=struck(password.reveal(), encoded))


def _api_key(auth: ApiKeyAuth) -> StaticCredential:
    name, value = auth.name, auth.value
    text, expiry = value.reveal(), jwt_expiry(value.reveal())
    match auth.place:
        case "header":
            return StaticCredential(value.origin, {name: _in_header(value)}, "", expiry, struck(text))
        case "cookie":
            cookie = f"{name}={_in_cookie(value)}"
            return StaticCredential(value.origin, cookie=cookie, expires_at=expiry, secrets=struck(text))
        case "query":
            encoded = quote(text, safe="")
            query = f"{quote(name, safe='')}={encoded}"
            return StaticCredential(value.origin, query=query, secrets=struck(text, encoded))
    assert_never(auth.place)


def struck(*forms: str) -> tuple[bytes, ...]:
    """What is struck out of answers. Shorter than this it is no secret, and would be found in any text."""
    return tuple(dict.fromkeys(form.encode() for form in forms if len(form) >= SHORTEST))


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
